"""Whose are these records: a batch is locked, read, decided one by one, written, in one transaction.

Source: reference/identity.md section 6.
"""

from collections.abc import Sequence

from careweave.db import Session
from careweave.identity._board import Board
from careweave.identity._coming import Coming, Ready, come, ready
from careweave.identity._desk import Desk
from careweave.identity._early import Early
from careweave.identity._feed_links import apply_links
from careweave.identity._held import Arrived, People, arrived, people
from careweave.identity._incoming import Incoming, Means
from careweave.identity._locks import lock_keys, lock_persons
from careweave.identity._lookup import Hits, look_up
from careweave.identity._outcome import Outcome
from careweave.identity._placing import place
from careweave.identity._runs import ahead_of_links, run_of
from careweave.terms import PersonId, SubjectId


def lock(session: Session, records: Sequence[Incoming], *, means: Means) -> None:
    """Makes the transaction wait for all who could meet these records, and others for it.

    `resolve` does so itself; who resolves more than once in one transaction, or locks rows of
    other rooms, begins with this for all of them, so that nobody waits in a circle.
    """
    _lock(session, [come(one, means) for one in records])


def resolve(session: Session, records: Sequence[Incoming], *, means: Means) -> list[Outcome]:
    """Decides on each record in its order and returns what came of it, in the same order.

    The number of statements does not depend on the number of records, but for those that come twice
    or are linked by their source. Nothing is kept unless the caller's transaction commits.
    """
    return resolve_coming(session, [come(one, means) for one in records], means=means)


def resolve_coming(
    session: Session, coming: Sequence[Coming], *, means: Means, early_from: int | None = None
) -> list[Outcome]:
    """Decides on records that are normalised already; else as `resolve`.

    From so many records together, what is kept of them is sent while they are decided on; None is
    never.
    """
    _lock(session, coming)
    outcomes: list[Outcome] = []
    while len(outcomes) < len(coming):
        first = ahead_of_links(coming[len(outcomes) :])
        found = arrived(session, [one.incoming for one in first])
        run = run_of(first, found.linked)
        is_early = early_from is not None and len(run) >= early_from
        done = _resolve_run(session, run, found, means, is_early=is_early)
        outcomes += [done[one.incoming.subject] for one in run]
    return outcomes


def _resolve_run(
    session: Session, coming: Sequence[Coming], known: Arrived, means: Means, *, is_early: bool
) -> dict[SubjectId, Outcome]:
    found = [ready(one, known.known.get(one.incoming.subject), means.limits) for one in coming]
    outcomes = {
        one.incoming.subject: unchanged
        for one in found
        if (unchanged := _unchanged(one)) is not None
    }
    told = [one for one in found if one.incoming.subject not in outcomes]
    return outcomes | (_decided(session, told, known, means, is_early=is_early) if told else {})


def _lock(session: Session, coming: Sequence[Coming]) -> None:
    subjects = {one.incoming.subject for one in coming}
    lock_keys(session, subjects, [key for one in coming for key in one.found])


def _decided(
    session: Session, told: Sequence[Ready], known: Arrived, means: Means, *, is_early: bool
) -> dict[SubjectId, Outcome]:
    board, hits = _read(session, told, means)
    early = Early(session, told) if is_early else None
    desk = Desk(session, means, board, early)
    try:
        for one, met in zip(told, hits, strict=True):
            place(desk, one, met)
    finally:
        if early is not None:
            early.end()
    desk.write()
    # Only the last of a run may be linked by its source.
    last = told[-1].incoming
    if last.demographics.links or last.subject in known.linked:
        for acted in apply_links(session, [last], means=means):
            desk.note(acted)
    return desk.outcomes()


def _read(session: Session, told: Sequence[Ready], means: Means) -> tuple[Board, list[Hits]]:
    """Returns the persons whom the records may belong to, locked, and whom their keys met."""
    at = max(one.incoming.at for one in told)
    hits, persons = look_up(session, [one.keys for one in told], means.limits, at=at)
    own = [one.held for one in told if one.held is not None]
    persons |= {one.person for one in own if one.person is not None}
    subjects = {one.subject for one in own} | {one for met in hits for one in met.shared}
    return Board(_locked(session, subjects, persons)), hits


def _locked(session: Session, subjects: set[SubjectId], persons: set[PersonId]) -> People:
    """Returns the persons of the subjects as they are once nobody else can change them."""
    if not subjects:
        return People((), {})
    lock_persons(session, persons)
    found = people(session, subjects)
    while not (now := {group.person for group in found.groups}) <= persons:
        # Somebody moved one of them while these were waited for.
        persons |= now
        lock_persons(session, persons)
        found = people(session, subjects)
    return found


def _unchanged(one: Ready) -> Outcome | None:
    """Returns that nothing new was said of a record that belongs to somebody; None otherwise."""
    known = one.held
    if known is None or known.person is None or known.content_hash != one.coming.digest:
        return None
    return Outcome(
        subject=known.subject,
        person=known.person,
        verdict="unchanged",
        confidence=known.confidence,
        method=known.method,
        decision=known.decision,
    )
