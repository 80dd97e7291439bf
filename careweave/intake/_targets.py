"""What an update, patch or delete may touch, and whether it may."""

from collections.abc import Iterable, Sequence

from careweave import record
from careweave.db import Session
from careweave.intake._requests import Interaction, Written
from careweave.intake._work import Ref, Work
from careweave.record import Held
from careweave.terms import (
    CareweaveError,
    Forbidden,
    Incorrect,
    NotFound,
    Role,
    Sight,
    SourceId,
    Stale,
    Unprocessable,
)

# Types whose update must name the version it was made from. Source: reference/store.md 6.4.
VERSIONED = frozenset({"CarePlan", "Task", "Consent"})


def find_targets(session: Session, works: Sequence[Work]) -> None:
    """Reads and locks what the works change, and settles those that may not, or need not, go on."""
    changing = [w for w in works if w.is_open and w.request.interaction is not Interaction.CREATE]
    if not changing:
        return
    held = record.held(session, [w.ref for w in changing], sources=own_sources(changing), lock=True)
    shown = _shown_at_work(session, changing)
    seen = {
        work.ref: held[work.ref]
        for work in changing
        if work.ref in held and _sees(work, held[work.ref], shown)
    }
    taken = _taken(session, [work for work in changing if work.ref not in seen])
    for work in changing:
        target = seen.get(work.ref)
        try:
            if target is None:
                _without_target(work, is_taken=work.ref in taken)
            else:
                _with_target(work, target)
        except CareweaveError as error:
            work.error = error


def own_sources(works: Iterable[Work]) -> frozenset[SourceId]:
    """Returns every source that the writers write for or may see, of all these works."""
    found: set[SourceId] = set()
    for work in works:
        found |= work.writing.sources
        for branch in work.writing.sight.branches:
            found |= branch.sources
    return frozenset(found)


def _sees(work: Work, held: Held, shown: frozenset[Ref]) -> bool:
    if work.writing.actor.role is not Role.SYSTEM:
        return work.ref in shown
    return any(
        held.source in branch.sources
        and held.heading in branch.headings
        and held.labels <= branch.labels
        for branch in work.writing.sight.branches
    )


def _shown_at_work(session: Session, works: Sequence[Work]) -> frozenset[Ref]:
    """Returns which of the entries somebody at work sees: a class alone does not tell, ties do too.

    Without, whoever knows an id could change what may not be seen, or learn that it is there.
    Source: `reference/attacks.md` 16.
    """
    by_sight: dict[int, tuple[Sight, set[Ref]]] = {}
    for work in works:
        writing = work.writing
        if writing.actor.role is Role.SYSTEM:
            continue
        # A patch can test what is there, value by value.
        is_patch = work.request.interaction is Interaction.PATCH
        sight = writing.whole if is_patch and writing.whole is not None else writing.sight
        by_sight.setdefault(id(sight), (sight, set()))[1].add(work.ref)
    return frozenset(
        (row.type, row.id)
        for sight, refs in by_sight.values()
        for row in record.located(session, sorted(refs), sight=sight)
    )


def _taken(session: Session, absent: Sequence[Work]) -> set[tuple[str, str]]:
    """Returns which of the ids that are to be made by an update are in use by anybody."""
    made = [work.ref for work in absent if _may_choose(work)]
    return record.taken(session, made) if made else set()


def _may_choose(work: Work) -> bool:
    """Says whether the writer may choose this id: an update inside the prefix of its source.

    Source: reference/store.md 6.4, reference/interop.md 6.1.
    """
    prefix = work.writing.actor.id_prefix
    is_update = work.request.interaction is Interaction.UPDATE
    return is_update and bool(prefix) and work.public_id.startswith(str(prefix))


def _without_target(work: Work, *, is_taken: bool) -> None:
    """Settles a work on an id that is not held: one answer, whoever else holds it or not."""
    if work.request.interaction is Interaction.DELETE:
        work.written = nothing(work)
    elif is_taken or not _may_choose(work):
        raise NotFound
    elif work.request.if_match is not None:
        raise Stale


def nothing(work: Work) -> Written:
    """Returns the answer to a delete of what is not there."""
    return Written(
        status=204,
        type=work.request.type,
        id=work.public_id,
        version=0,
        updated=work.writing.at,
        subject=None,
        changed=False,
    )


def _with_target(work: Work, held: Held) -> None:
    request = work.request
    if held.source != work.writing.actor.source:
        message = "This entry belongs to another system of your organisation; change it there."
        raise Forbidden(message, where=request.where)
    if request.interaction is Interaction.DELETE and held.gone:
        work.written = nothing(work)
        return
    if request.interaction is Interaction.PATCH and held.gone:
        raise NotFound
    _check_version(work, held)
    work.held = held


def _check_version(work: Work, held: Held) -> None:
    named = work.request.if_match
    if named is not None:
        if named != held.version:
            raise Stale
        return
    changes = work.request.interaction is not Interaction.DELETE and not held.gone
    if changes and work.request.type in VERSIONED:
        message = "An update of this type names the version it was made from: send If-Match."
        raise Incorrect(message, where="If-Match", code="required")


def check_kept(work: Work) -> None:
    """Raises when a client takes away a label. Source: reference/record.md 6.1."""
    held, draft = work.held, work.draft
    if held is None or draft is None:
        return
    if held.labels - draft.classification.labels:
        message = "A label is not taken away by an update; send meta.security as it was read."
        raise Unprocessable(message, where=f"{held.type}.meta.security")


def check_subject(work: Work, subject: int) -> None:
    """Raises when an update would move an entry to another patient."""
    if work.held is not None and work.held.subject != subject:
        message = "An entry stays with its patient; delete it here and create it there."
        raise Unprocessable(message, where=f"{work.held.type}.subject")
