"""What a batch of messages makes of the entries that it speaks of.

What is newer than all before is applied to what is held; anything late, repeated or taken back
makes the entry be folded again from all that was ever said of it. A constant number of statements.
Source: docs/decisions/0016.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from careweave import record
from careweave.db import Session
from careweave.formats import read_value
from careweave.intake._contribution import all_of, markers_of, members_of, newest_of, said_by
from careweave.intake._draft import told
from careweave.intake._fold import (
    Base,
    Contribution,
    Marker,
    Moment,
    Place,
    Step,
    fold,
    leaves_out,
    listed,
)
from careweave.intake._fold_merge import Value
from careweave.intake._work import Ref
from careweave.record import Held
from careweave.terms import LABEL_SYSTEM, Heading, Json, Label, SourceId

_TAGGED = "tag"


@dataclass(frozen=True, slots=True)
class Said:
    """All that a batch says: contributions, lists given whole, and whose words are taken back.

    `beside` are entries that are not folded and written along with the others.
    """

    contributions: tuple[Contribution, ...]
    lists: tuple[tuple[str, int, Marker], ...]
    taken_back: frozenset[int]
    beside: frozenset[Ref] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it is to be: `value` None where nobody speaks of it any more.

    `steps` lead there from what is held, or from nothing. `owner` is the source that it belongs to.
    """

    ref: Ref
    held: Held | None
    steps: tuple[Step, ...]
    value: Value | None
    meta: Value
    heading: Heading | None
    owner: SourceId
    event_at: datetime | None
    received_at: datetime | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to become of entries, and all that is held of what was asked for."""

    entries: Mapping[Ref, Entry]
    held: Mapping[Ref, Held]


@dataclass(slots=True)
class _Ground:
    """What the database holds of what the batch touches."""

    new: dict[Ref, list[Contribution]]
    held: Mapping[Ref, Held]
    newest: Mapping[Ref, Place]
    again: set[Ref] = field(default_factory=set)
    stored: Mapping[Ref, list[Contribution]] = field(default_factory=dict)
    list_of: dict[Ref, str] = field(default_factory=dict)
    markers: dict[str, Marker] = field(default_factory=dict)


def plan(session: Session, said: Said, sources: frozenset[SourceId]) -> Plan:
    """Returns the entries that change, or may; what they hold is locked until the end."""
    ground = _ground(session, said, sources)
    found = {}
    refs = {*ground.new, *ground.again, *ground.list_of}
    for ref in sorted(refs):
        entry = _entry(ref, ground)
        if entry is not None:
            found[ref] = entry
    return Plan(found, ground.held)


def _ground(session: Session, said: Said, sources: frozenset[SourceId]) -> _Ground:
    new: dict[Ref, list[Contribution]] = {}
    for one in said.contributions:
        new.setdefault((one.said.type, one.said.id), []).append(one)
    old_refs, old_lists = said_by(session, said.taken_back)
    given = old_lists.union(name for name, _, _ in said.lists)
    list_of = members_of(session, given)
    for ref, ones in new.items():
        for one in ones:
            if one.said.snapshot is not None:
                list_of[ref] = one.said.snapshot
    refs = {*new, *old_refs, *list_of}
    held = record.held(session, refs | said.beside, sources=sources, lock=True)
    ground = _Ground(new, held, newest_of(session, refs), list_of=list_of)
    ground.again = old_refs.union(ref for ref in new if _is_late(ref, ground))
    # A list that is taken back may have left out what the one before it did not.
    ground.again.update(ref for ref, name in list_of.items() if name in old_lists)
    stored = all_of(session, ground.again)
    ground.stored = {
        ref: [one for one in ones if one.message not in said.taken_back]
        for ref, ones in stored.items()
    }
    for ref, ones in ground.stored.items():
        for one in ones:
            if one.said.snapshot is not None:
                list_of.setdefault(ref, one.said.snapshot)
    lists = given.union(list_of.values())
    stored_markers = markers_of(session, lists, said.taken_back)
    ground.markers = _newest_markers(stored_markers, said.lists)
    return ground


def _newest_markers(
    stored: Mapping[str, Marker], new: Iterable[tuple[str, int, Marker]]
) -> dict[str, Marker]:
    found = dict(stored)
    for name, _, marker in new:
        if name not in found or found[name].moment <= marker.moment:
            found[name] = marker
    return found


def _is_late(ref: Ref, ground: _Ground) -> bool:
    """Says whether what is new of an entry belongs before something that was said of it."""
    newest, held = ground.newest.get(ref), ground.held.get(ref)
    if newest is None:
        return False
    if held is None or held.gone or newest.rank == 0:
        return True
    return any(one.place.rank and one.place <= newest for one in ground.new[ref])


def _entry(ref: Ref, ground: _Ground) -> Entry | None:
    held = ground.held.get(ref)
    new = ground.new.get(ref, [])
    base = None
    if ref in ground.again:
        steps = fold([*ground.stored.get(ref, []), *new])
        if not steps:
            return None if held is None or held.gone else _gone(ref, held)
    else:
        base = None if held is None or held.gone else _base(held)
        steps = fold(new, base)
    if not steps and (base is None or held is None):
        return None
    return _made(ref, ground, steps, base)


def _made(ref: Ref, ground: _Ground, steps: tuple[Step, ...], base: Base | None) -> Entry | None:
    held = ground.held.get(ref)
    value = steps[-1].value if steps else base.value if base else {}
    event_at = steps[-1].by.place.event_at if steps else None
    received_at = steps[-1].by.received_at if steps else None
    name = ground.list_of.get(ref)
    if name is not None:
        marker = ground.markers.get(name)
        if marker is not None and leaves_out(marker, ref[1], _moment(ref, ground, steps)):
            value = listed(ref[0], value, is_left_out=True)
            event_at, received_at = marker.moment.event_at, marker.received_at
        elif steps:
            value = listed(ref[0], value, is_left_out=False)
        else:
            return None
    elif not steps:
        return None
    owner = held.source if base is not None and held is not None else steps[0].by.source
    heading = base.heading if base is not None else None
    for step in steps:
        heading = step.by.said.heading or heading
    meta = steps[-1].meta if steps else _meta(held)
    return Entry(ref, held, steps, value, meta, heading, owner, event_at, received_at)


def _moment(ref: Ref, ground: _Ground, steps: Sequence[Step]) -> Moment | None:
    """Returns the moment of the newest that was said of an entry, now or before."""
    if steps:
        return steps[-1].by.place.moment
    newest = ground.newest.get(ref)
    return newest.moment if newest is not None else None


def _gone(ref: Ref, held: Held) -> Entry:
    return Entry(ref, held, (), None, {}, None, held.source, None, None)


def _base(held: Held) -> Base:
    meta = _meta(held)
    _, rule_id = told(meta)
    heading = held.heading if rule_id.split("+")[0] == _TAGGED else None
    return Base(_value(held), meta.get("profile"), heading, _said_security(meta))


def _said_security(meta: Value) -> Json:
    """Returns what a source said in `meta.security`: our labels of the entry are no words of it."""
    codings = meta.get("security")
    if not isinstance(codings, list):
        return None
    names = {label.value for label in Label}
    said: list[Json] = [
        one
        for one in codings
        if isinstance(one, dict)
        and not (one.get("system") == LABEL_SYSTEM and one.get("code") in names)
    ]
    return said or None


def _value(held: Held) -> Value:
    value = read_value(held.body) if held.body is not None else None
    found = dict(value) if isinstance(value, dict) else {}
    return {name: one for name, one in found.items() if name not in ("resourceType", "id", "meta")}


def _meta(held: Held | None) -> Value:
    value = read_value(b"{%b}" % held.meta) if held is not None and held.meta else None
    return value if isinstance(value, dict) else {}


def has_meta(held: Held, meta: Value) -> bool:
    """Says whether what is held was made with this meta: source, profile, how confidential."""
    if not meta.keys() <= {"source", "profile", "security"}:
        return False
    kept = _meta(held)
    if meta.get("security") != _said_security(kept):
        return False
    return all(kept.get(name) == meta.get(name) for name in ("source", "profile"))
