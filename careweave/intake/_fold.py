"""An entry as all that was said of it, in the order in which it happened. Pure.

What is folded carries its own place, never that of its arrival: any order, repetition or lateness
of arrival, and a replay, give the same entry. Source: docs/decisions/0016.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from careweave.intake._fold_merge import Value, has_element, in_order, merged
from careweave.intake._fold_status import may_move
from careweave.sources import Mapped, Write
from careweave.terms import CANONICAL, Heading, Json, Label, SourceId

_NOT_REPEATED = f"{CANONICAL}/StructureDefinition/not-repeated-by-source"
_number = re.compile(r"\d+")
_MOST_DIGITS = 18


class Place(NamedTuple):
    """Where something that was said belongs: sorts by when it happened.

    `rank` is 0 for a seed, which counts only while nothing else was said. Source: interop.md 6.1.
    """

    rank: int
    event_at: datetime
    sent_at: datetime
    turn: str
    digest: bytes
    part: int

    @property
    def moment(self) -> "Moment":
        """Returns the place of its message."""
        return Moment(*self[1:5])


class Moment(NamedTuple):
    """The place of a message: when it happened, was sent, its number, and what tells it apart."""

    event_at: datetime
    sent_at: datetime
    turn: str
    digest: bytes


def turn_of(control_id: str | None) -> str:
    """Returns a control id so that its numbers sort by their size: 9 before 10."""
    return _number.sub(lambda found: found[0].zfill(_MOST_DIGITS), control_id or "")


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one message says of one entry."""

    place: Place
    message: int
    received_at: datetime
    source: SourceId
    source_name: str
    said: Mapped


@dataclass(frozen=True, slots=True)
class Step:
    """An entry after one contribution: its elements and the meta that the mapping gave."""

    by: Contribution
    value: Value
    meta: Value
    is_move_refused: bool = False


@dataclass(frozen=True, slots=True)
class Base:
    """An entry as it is held, for what is newer than all that it was folded from.

    `security` is what was said last of how confidential a patient is.
    """

    value: Value
    profile: Json
    heading: Heading | None
    security: Json = None


@dataclass(frozen=True, slots=True)
class Marker:
    """A snapshot list as a message gave it whole."""

    moment: Moment
    received_at: datetime
    ids: frozenset[str]


def fold(said: Sequence[Contribution], base: Base | None = None) -> tuple[Step, ...]:
    """Returns the steps to what an entry is now; none where nothing counts.

    Seeds count only when all are seeds and nothing is held, and then only the first.
    """
    counting = sorted(
        (one for one in said if one.place.rank), key=lambda one: (one.place, one.message)
    )
    if not counting and base is None and said:
        counting = [min(said, key=lambda one: (one.place, one.message))]
    steps: list[Step] = []
    held = base
    for one in counting:
        step = _step(held, one)
        steps.append(step)
        held = Base(step.value, step.meta.get("profile"), None, step.meta.get("security"))
    return tuple(steps)


def _step(held: Base | None, one: Contribution) -> Step:
    before = plain(one.said.type, held.value) if held else {}
    meta = _meta(held, one)
    if held is None or one.said.write is not Write.MERGE:
        after = merged({}, one.said, one.place.event_at)
    else:
        after = merged(before, one.said, one.place.event_at)
    if one.said.snapshot is not None:
        after.pop("active", None)
    refused = one.said.type == "Encounter" and _settle_status(before, after, one)
    return Step(one, in_order(one.said.type, after), meta, is_move_refused=refused)


def _settle_status(before: Value, after: Value, one: Contribution) -> bool:
    """Keeps the status where it may not move so; tells whether it was kept."""
    held, said = before.get("status"), after.get("status")
    if isinstance(held, str) and isinstance(said, str):
        if not may_move(held, said, forced=one.said.forces_status):
            after["status"] = held
            return said != "unknown"
    elif said is None:
        after["status"] = held if held is not None else "unknown"
    return False


def _meta(held: Base | None, one: Contribution) -> Value:
    """Returns the meta of what the mapping gives, with the profile that was said last.

    So that of a patient whose address is protected: a message that says nothing of it opens nothing.
    """
    said = one.said.value.get("meta")
    found: Value = dict(said) if isinstance(said, dict) else {}
    if "profile" not in found and held is not None and held.profile is not None:
        found["profile"] = held.profile
    is_silent = one.said.write is Write.MERGE and "security" not in found
    if one.said.type == "Patient" and is_silent and held is not None and held.security is not None:
        found["security"] = held.security
    found["source"] = f"urn:careweave:source:{one.source_name}"
    return found


def plain(type_name: str, value: Value) -> Value:
    """Returns the elements without what the list that the entry is on says of it."""
    found = dict(value)
    extensions = found.get("extension")
    if isinstance(extensions, list) and not has_element(type_name, "active"):
        kept = [
            one
            for one in extensions
            if not (isinstance(one, dict) and one.get("url") == _NOT_REPEATED)
        ]
        found["extension"] = kept
        if not kept:
            del found["extension"]
    return found


def listed(type_name: str, value: Value, *, is_left_out: bool) -> Value:
    """Returns the elements of an entry on a snapshot list, as the newest list says of it.

    What has `active` loses it; anything else, allergies above all, only says that it was not
    repeated. Source: reference/interop.md 5.4.
    """
    found = plain(type_name, value)
    if has_element(type_name, "active"):
        found["active"] = not is_left_out
    elif is_left_out:
        mark: Json = {"url": _NOT_REPEATED, "valueBoolean": True}
        extensions = found.get("extension")
        found["extension"] = [*(extensions if isinstance(extensions, list) else []), mark]
    return in_order(type_name, found)


def leaves_out(marker: Marker | None, id_: str, newest: Moment | None) -> bool:
    """Says whether a list, given whole after the newest that was said of an entry, leaves it out."""
    if marker is None or id_ in marker.ids:
        return False
    return newest is None or marker.moment > newest


def labels_after(
    steps: Sequence[Step], found: Sequence[frozenset[Label]]
) -> tuple[frozenset[Label], frozenset[Label]]:
    """Returns the labels that the steps leave, and those that they took away for good.

    `found` are the labels that each step's own content asks for. What happened later decides, not
    what arrived later. Source: reference/record.md 6.1, reference/attacks.md 81.
    """
    labels: frozenset[Label] = frozenset()
    cleared: frozenset[Label] = frozenset()
    for step, own in zip(steps, found, strict=True):
        said = step.by.said
        labels = (labels - said.clears) | said.labels | own
        cleared = (cleared | said.clears) - said.labels - own
    return labels, cleared
