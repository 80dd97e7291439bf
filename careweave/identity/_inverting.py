"""A group taken back: everything that it did and that nobody has decided otherwise since.

The inverse is a new group that names the first. Source: reference/identity.md section 11.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from careweave.db import Queries, Session
from careweave.identity._by import By
from careweave.identity._doing import act
from careweave.identity._incoming import Means
from careweave.identity._inverse import (
    Done,
    SetWalls,
    coherent,
    machine_walls,
    targets_of,
    walls_again,
    with_states,
)
from careweave.identity._journal import Acted, StateChange, Wall
from careweave.identity._moving import Intent
from careweave.identity._scene import Scene, belonging, scene_of, unknown
from careweave.identity._sealing import hide, show_again
from careweave.terms import Conflict, Forbidden, PersonId, SubjectId

_QUERIES = Queries("careweave.identity")


def invert(session: Session, group_id: UUID, *, by: By, means: Means) -> Acted:
    """Takes a group back and returns what that became.

    Who was moved again since stays there. Where something forbids by now that a record goes back
    to others, it becomes a new person. What the machine had linked and a human takes back, the
    machine may not link again. Conflict when nothing of the group stands.
    """
    return _inverted(session, group_id, "invert", by, means)


def unmerge_local(session: Session, retired: SubjectId, *, by: By, means: Means) -> Acted:
    """Takes back the merge of a local identity into another: it is its own again.

    What came under its own number goes back with it; what came since under the other's stays.
    """
    row = session.row(_QUERIES["merge_group"], subject=retired)
    if row is None:
        raise Conflict("The record was not merged into another.")
    return _inverted(session, row[0], "unmerge", by, means)


def _inverted(session: Session, group_id: UUID, kind: str, by: By, means: Means) -> Acted:
    first = _done(session, group_id)
    scene = scene_of(session, _persons(session, first))
    # Read again behind the locks.
    done = _done(session, group_id)
    walls = _walls(session, done)
    states = _states(session, done, by)
    targets, persons = targets_of(with_states(scene, states, walls), done, means)
    states = coherent(scene, states, targets)
    again = walls_again(scene, walls.lifted, targets)
    if not targets and not states and not walls.standing and not again:
        raise Conflict("Nothing of this group stands any more, or nothing of it can be undone.")
    intent = Intent(
        kind,
        targets,
        persons=persons,
        apart=(*again, *machine_walls(scene, targets, by)),
        ended_walls=walls.standing,
        states=states,
        inverse_of=group_id,
    )
    acted = act(session, scene, intent, by=by, means=means)
    session.run(_QUERIES["group_reopen"], seq=done.seq)
    _seal_or_show(session, scene, states, acted, by)
    return acted


def _seal_or_show(
    session: Session, scene: Scene, states: Sequence[StateChange], acted: Acted, by: By
) -> None:
    """Lets nobody find what is sealed again, and everybody what is so no longer."""
    sealed = [one.subject for one in states if one.after == "sealed"]
    shown = {one.subject for one in states if one.before == "sealed"}
    if sealed:
        hide(session, sealed, acted, by.at)
    if shown:
        show_again(session, scene.only(shown))


def _done(session: Session, group_id: UUID) -> Done:
    event = session.row(_QUERIES["group_event"], group_id=group_id)
    if event is None:
        raise unknown()
    seq, _kind, payload, is_inverted = event
    if is_inverted:
        raise Conflict("This was taken back already: take that back instead.")
    states = tuple(StateChange(*told) for told in payload.get("states", ()))
    homes = _homes(session, states)
    before = {
        SubjectId(subject): None if before is None else PersonId(before)
        for subject, before, after, now, since in session.rows(_QUERIES["group_moved"], seq=seq)
        # What was merged goes where its survivor goes, and is still where the merge put it.
        if after is not None
        and ((now == after and since == seq) or now in homes)
        # Who began a person cannot be taken out of it: there is nowhere to go back to.
        and not (before is None and str(after) in payload.get("persons", ()))
    }
    walls = [*payload.get("barriers", ()), *payload.get("ended_barriers", ())]
    walled = tuple(SubjectId(one) for left, right, _kind in walls for one in (left, right))
    return Done(seq, before, _forwarded(session, seq, before), walled, states)


def _homes(session: Session, states: Sequence[StateChange]) -> set[PersonId]:
    """Returns where the survivors of a merge are now."""
    survivors = [one.replaced_after for one in states if one.replaced_after is not None]
    return set(belonging(session, survivors).values()) if survivors else set()


def _forwarded(
    session: Session, seq: int, before: Mapping[SubjectId, PersonId | None]
) -> frozenset[PersonId]:
    """Returns the persons who were left empty by the group and are so still."""
    persons = sorted({person for person in before.values() if person is not None})
    rows = session.rows(_QUERIES["group_forwards"], persons=persons, seq=seq)
    return frozenset(PersonId(row[0]) for row in rows)


def _persons(session: Session, done: Done) -> tuple[PersonId, ...]:
    """Returns all persons that the group was about: of those it moved, and of those it walled."""
    rows = session.rows(_QUERIES["group_moved"], seq=done.seq)
    moved = {PersonId(one) for _, *persons, _ in rows for one in persons if one is not None}
    others = [one for state in done.states for one in _named(state)]
    return tuple(moved | set(belonging(session, (*done.walled, *others)).values()))


def _named(state: StateChange) -> list[SubjectId]:
    named = (state.subject, state.replaced_before, state.replaced_after)
    return [one for one in named if one is not None]


def _walls(session: Session, done: Done) -> SetWalls:
    if not done.walled:
        return SetWalls((), ())
    rows = session.rows(_QUERIES["group_walls"], lefts=done.walled, seq=done.seq)
    walls = [
        (Wall(SubjectId(left), SubjectId(right), kind, basis), from_seq, until_seq)
        for left, right, kind, basis, from_seq, until_seq in rows
    ]
    return SetWalls(
        tuple(wall for wall, since, until in walls if since == done.seq and until is None),
        tuple(wall for wall, _, until in walls if until == done.seq),
    )


def _states(session: Session, done: Done, by: By) -> tuple[StateChange, ...]:
    """Returns the changes of state that bring back what was, where it was not changed since."""
    if not done.states:
        return ()
    rows = session.rows(_QUERIES["group_states"], subjects=[one.subject for one in done.states])
    now = {subject: (state, replaced_by) for subject, state, replaced_by in rows}
    back = tuple(
        StateChange(one.subject, one.after, one.before, one.replaced_after, one.replaced_before)
        for one in done.states
        if now.get(one.subject) == (one.after, one.replaced_after)
    )
    if any(one.before == "sealed" for one in back) and not by.second:
        raise Forbidden("Two people must agree to unseal: name the second.")
    return back
