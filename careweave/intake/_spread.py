"""Passes labels on to what was stored before: an entry never has fewer labels than it draws on.

Source: reference/record.md 6.2. Entries of the writer's own source only.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from careweave import ledger, record
from careweave.db import Session
from careweave.formats import Resource
from careweave.intake._accounts import account
from careweave.intake._draft import Draft, Drafter
from careweave.intake._facts import SourceSettings
from careweave.intake._kin import kin_of
from careweave.intake._matching import lock
from careweave.intake._patching import current
from careweave.intake._proving import proving
from careweave.intake._requests import Interaction, Writing
from careweave.intake._work import Ref, Work
from careweave.record import Change, Held
from careweave.terms import Label

Grown = Mapping[Ref, frozenset[Label]]
_NOTHING: Grown = MappingProxyType({})
_find_binaries = re.compile(rb'"Binary/([A-Za-z0-9.-]{1,64})"').findall


def spread_from(session: Session, works: Iterable[Work], drafter: Drafter) -> None:
    """Passes on the labels that the works have added to entries which others may refer to."""
    by_writer: dict[str, list[Work]] = {}
    for work in works:
        if _has_grown(work):
            by_writer.setdefault(work.writing.actor.name, []).append(work)
    for its in by_writer.values():
        grown: dict[Ref, frozenset[Label]] = {}
        owned: dict[Ref, frozenset[Label]] = {}
        for work in its:
            if work.draft is not None:
                _add(work, work.draft, grown, owned)
        spread(session, grown, its[0].writing, its[0].source, drafter, owned)


def _has_grown(work: Work) -> bool:
    if work.written is None or not work.written.changed or work.draft is None:
        return False
    before = work.held.labels if work.held is not None else frozenset()
    return not work.draft.classification.labels <= before


def _add(
    work: Work, draft: Draft, grown: dict[Ref, frozenset[Label]], owned: dict[Ref, frozenset[Label]]
) -> None:
    """Adds the labels of one work to what is passed on.

    A create under a new random id cannot have been referred to. A Binary has the labels of what
    points to it. Source: reference/store.md 2.9.
    """
    labels = draft.classification.labels
    if work.held is not None or work.request.interaction is not Interaction.CREATE:
        grown[work.ref] = labels
    for key in _find_binaries(draft.resource.body):
        ref = "Binary", key.decode()
        owned[ref] = owned.get(ref, frozenset()) | labels


def spread(
    session: Session,
    grown: Grown,
    writing: Writing,
    source: SourceSettings,
    drafter: Drafter,
    owned: Grown = _NOTHING,
) -> None:
    """Adds the labels to all that draws on these entries, and on what draws on that.

    `owned` are entries to which labels are added by themselves. Ends on cycles too, since labels
    only grow. What changes gets a new version and an account.
    """
    sources = writing.sources
    while grown or owned:
        # Who has looked at their labels to draw on them ends first, and is found here.
        if grown:
            lock(session, map(kin_of, grown))
        refs = {*record.children(session, list(grown), sources=sources), *owned}
        held = record.held(session, refs, sources=sources, lock=True)
        most = frozenset[Label]().union(*grown.values(), *owned.values())
        lacking = [one for one in held.values() if not most <= one.labels]
        drafts = [(one, _labelled(one, grown, owned, drafter)) for one in lacking]
        changes = [
            _change(one, draft, _ties_of(one, writing, source))
            for one, draft in drafts
            if draft is not None
        ]
        if not changes:
            return
        _append(session, changes, writing)
        grown = {(change.type, change.id): change.labels for change in changes}
        owned = _NOTHING


def _labelled(held: Held, grown: Grown, owned: Grown, drafter: Drafter) -> Draft | None:
    """Returns the entry with the labels of those that it draws on; None where it has them."""
    if held.gone or held.body is None:
        return None
    said = Resource(held.type, held.id, current(held), held.body, held.cut)
    draft = drafter.kept(said, held.id, held.heading, held.labels)
    parents = {(kind, key) for _, kind, key in draft.prepared.references}
    labels = held.labels.union(*(grown[ref] for ref in parents if ref in grown))
    labels |= owned.get((held.type, held.id), frozenset())
    return drafter.keeping(draft, labels) if labels != held.labels else None


def _ties_of(held: Held, writing: Writing, source: SourceSettings) -> frozenset[str]:
    """Returns the ties that an entry may prove: none for another feed, which proves them anew."""
    return source.ties if held.source == writing.actor.source else frozenset()


def _change(held: Held, draft: Draft, ties: frozenset[str]) -> Change:
    return Change(
        op="U",
        type=held.type,
        id=held.id,
        resource=draft.resource,
        prepared=proving(draft.prepared, ties),
        source=held.source,
        subject=held.subject,
        heading=held.heading,
        labels=draft.classification.labels,
        tags=draft.tags,
        held=held,
    )


def _append(session: Session, changes: Sequence[Change], writing: Writing) -> None:
    record.append(session, changes, at=writing.at, actor=writing.actor.name)
    subjects = sorted({change.subject for change in changes})
    ledger.append(session, [account(writing, "label", "labels", len(changes), subjects)])
