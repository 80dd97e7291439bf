"""Applies writes inside one transaction: a constant number of statements, however many."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from careweave import record
from careweave.db import Session
from careweave.intake._ages import label_the_young
from careweave.intake._draft import Draft, Drafter
from careweave.intake._identify import identify
from careweave.intake._kin import in_context, stored_parents
from careweave.intake._patching import patched
from careweave.intake._proving import proving
from careweave.intake._references import check_references
from careweave.intake._requests import Interaction, Written
from careweave.intake._spread import spread_from
from careweave.intake._targets import check_kept, check_subject, find_targets
from careweave.intake._work import Work
from careweave.record import Appended, Change, Held
from careweave.terms import CareweaveError, Fault, SourceId, SubjectId

_SHELF = ""


Kin = Callable[[Session, Sequence[Work], Drafter], None]
"""Lets what surrounds the works have its say on their headings and labels."""


def apply(
    session: Session, works: Sequence[Work], drafter: Drafter, kin: Kin | None = None
) -> None:
    """Applies the works and leaves with each its answer or its error.

    Works on the same entry follow each other in the order in which they came.
    """
    left = list(works)
    while left:
        now: dict[tuple[str, str], Work] = {}
        later = [work for work in left if now.setdefault(work.ref, work) is not work]
        _apply_once(session, list(now.values()), drafter, kin or settle_kin)
        left = later
    identify(session, works, drafter)


def _apply_once(session: Session, works: Sequence[Work], drafter: Drafter, kin: Kin) -> None:
    find_targets(session, works)
    _draft_patches(works, drafter)
    kin(session, works, drafter)
    label_the_young(session, works, drafter)
    for work in works:
        if work.is_open:
            _guard(work, check_kept)
    _enter(session, works, drafter)


def _guard(work: Work, check: Callable[[Work], None]) -> None:
    try:
        check(work)
    except CareweaveError as error:
        work.error = error


def _draft_patches(works: Sequence[Work], drafter: Drafter) -> None:
    def make(work: Work) -> None:
        said = patched(work)
        check_references(said)
        work.draft = drafter.draft(said, work.public_id, work.source)

    for work in works:
        if work.is_open and work.request.interaction is Interaction.PATCH:
            _guard(work, make)


def settle_kin(session: Session, works: Sequence[Work], drafter: Drafter) -> None:
    """Lets stored parents have their say, each writer's own sources only: one query a source."""
    by_source: dict[SourceId, list[Work]] = {}
    for work in works:
        if work.is_open and work.draft is not None and work.draft.prepared.references:
            by_source.setdefault(work.writing.actor.source, []).append(work)
    for source, its in by_source.items():
        drafts = [work.draft for work in its if work.draft is not None]
        stored = stored_parents(session, drafts, frozenset({source}))
        if stored:
            for work in its:
                if work.draft is not None:
                    work.draft = in_context(work.draft, stored, drafter, work.source)


def append(session: Session, works: Sequence[Work], drafter: Drafter) -> None:
    """Appends what is open and ready, and finds out whose it is where a patient has changed."""
    _enter(session, works, drafter)
    identify(session, works, drafter)


def _enter(session: Session, works: Sequence[Work], drafter: Drafter) -> None:
    """Appends what is open and ready: subjects, entries, and nothing for what is the same."""
    ready = [work for work in works if work.is_open]
    subjects = _subjects(session, ready)

    def check(work: Work) -> None:
        if work.draft is not None:
            name = _patients(work.draft)[0]
            check_subject(work, subjects[work.writing.actor.authority, name])

    for work in ready:
        _guard(work, check)
    ready = [work for work in ready if work.is_open]
    changes = [_change(work, subjects) for work in ready]
    for work, change, done in zip(ready, changes, _append(session, ready, changes), strict=True):
        work.written = _written(work, change, done)
    spread_from(session, ready, drafter)


def _patients(draft: Draft) -> tuple[str, ...]:
    """Returns the patients, the subject first: the shelf of the source where it is about nobody."""
    prepared = draft.prepared
    return prepared.patients if prepared.primary else (_SHELF, *prepared.patients)


def _subjects(session: Session, works: Sequence[Work]) -> dict[tuple[str, str], SubjectId]:
    """Returns the subject of every patient named, by authority: one query when all are known."""
    by_authority: dict[str, set[str]] = {}
    for work in works:
        if work.draft is not None:
            names = by_authority.setdefault(work.writing.actor.authority, set())
            names.update(_patients(work.draft))
    found: dict[tuple[str, str], SubjectId] = {}
    for authority, names in by_authority.items():
        for name, subject in record.subjects(session, authority, sorted(names)).items():
            found[authority, name] = subject
    return found


def _change(work: Work, subjects: dict[tuple[str, str], SubjectId]) -> Change:
    if work.draft is None:
        return _deletion(work)
    draft, held, actor = _same_bytes(work.draft, work.held), work.held, work.writing.actor
    own, *extras = (subjects[actor.authority, name] for name in _patients(draft))
    about = work.about
    return Change(
        op="C" if held is None else "U",
        type=draft.resource.type,
        id=work.public_id,
        resource=draft.resource,
        prepared=proving(draft.prepared, work.source.ties),
        source=actor.source if about is None else about.source,
        subject=own,
        heading=draft.classification.primary,
        labels=draft.classification.labels,
        extras=tuple(extras),
        tags=draft.tags,
        held=held,
        event_at=None if about is None else about.event_at,
        received_at=work.writing.at if about is None else about.received_at,
    )


def _deletion(work: Work) -> Change:
    held = work.held
    if held is None:
        raise Fault
    return Change(
        op="D",
        type=held.type,
        id=held.id,
        resource=None,
        prepared=None,
        source=held.source,
        subject=held.subject,
        heading=held.heading,
        labels=held.labels,
        held=held,
        received_at=work.writing.at,
    )


def _same_bytes(draft: Draft, held: Held | None) -> Draft:
    """Returns the draft with the held bytes where only id and meta are written differently.

    So an entry that is read and sent back as it was makes no new version.
    """
    if held is None or held.body is None or held.gone:
        return draft
    resource = draft.resource
    if _without(held.body, held.cut) != _without(resource.body, resource.cut):
        return draft
    return replace(
        draft,
        resource=replace(resource, body=held.body, cut=held.cut),
        prepared=replace(draft.prepared, digest=held.digest),
    )


def _without(body: bytes, cut: tuple[int, ...]) -> bytes:
    edges = (0, *cut, len(body))
    return b"".join(body[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2))


def _append(session: Session, works: Sequence[Work], changes: Sequence[Change]) -> list[Appended]:
    """Appends all creates in one go, and the changes of each writer in one go."""
    groups: dict[str, list[int]] = {}
    for place, (work, change) in enumerate(zip(works, changes, strict=True)):
        groups.setdefault("" if change.op == "C" else work.writing.actor.name, []).append(place)
    found: dict[int, Appended] = {}
    for actor, places in groups.items():
        at = max(works[place].writing.at for place in places)
        mine = [changes[place] for place in places]
        found.update(zip(places, record.append(session, mine, at=at, actor=actor), strict=True))
    return [found[place] for place in range(len(changes))]


def _written(work: Work, change: Change, done: Appended) -> Written:
    held, resource = work.held, change.resource
    is_new = held is None or held.gone
    return Written(
        status=204 if resource is None else 201 if is_new else 200,
        type=done.type,
        id=done.id,
        version=done.version,
        updated=done.updated,
        subject=done.subject,
        changed=done.changed,
        body=None if resource is None else resource.body,
        cut=() if resource is None else resource.cut,
        meta=change.tags,
        issues=() if work.draft is None else work.draft.remarks,
    )
