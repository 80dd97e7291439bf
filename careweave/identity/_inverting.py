"""A group taken back: everything that it did and that nobody has decided otherwise since.

The inverse is a new group that names the first. Source: reference/identity.md section 11.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from careweave.db import Queries, Session
from careweave.identity._by import By, Method
from careweave.identity._conflicts import Veto
from careweave.identity._doing import act, walls_of
from careweave.identity._incoming import Means
from careweave.identity._journal import Acted, StateChange, Wall
from careweave.identity._moving import Intent
from careweave.identity._overruling import objections
from careweave.identity._parting import with_retired
from careweave.identity._scene import Placed, Scene, belonging, scene_of, unknown
from careweave.terms import Conflict, Forbidden, PersonId, SubjectId

_QUERIES = Queries("careweave.identity")

_KEEP_APART = frozenset({Veto.NUMBER, Veto.NOT_SAME, Veto.SEALED})
_BY_PEOPLE = frozenset({str(Method.HUMAN), str(Method.SOURCE_MERGE)})


@dataclass(frozen=True, slots=True)
class _Done:
    """What a group did: the event, the subjects that are still where it put them."""

    seq: int
    before: Mapping[SubjectId, PersonId | None]
    forwarded: frozenset[PersonId]
    walled: tuple[SubjectId, ...]
    states: tuple[StateChange, ...]


@dataclass(frozen=True, slots=True)
class _Walls:
    """The barriers that a group set and that stand, and those that it lifted."""

    standing: tuple[Wall, ...]
    lifted: tuple[Wall, ...]


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
    targets, persons = _targets(_with_states(scene, states, walls), done, means)
    states = _coherent(scene, states, targets)
    again = _again(scene, walls.lifted, targets)
    if not targets and not states and not walls.standing and not again:
        raise Conflict("Nothing of this group stands any more, or nothing of it can be undone.")
    intent = Intent(
        kind,
        targets,
        persons=persons,
        apart=(*again, *_machine_walls(scene, targets, by)),
        ended_walls=walls.standing,
        states=states,
        inverse_of=group_id,
    )
    acted = act(session, scene, intent, by=by, means=means)
    session.run(_QUERIES["group_reopen"], seq=done.seq)
    return acted


def _done(session: Session, group_id: UUID) -> _Done:
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
    return _Done(seq, before, _forwarded(session, seq, before), walled, states)


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


def _persons(session: Session, done: _Done) -> tuple[PersonId, ...]:
    """Returns all persons that the group was about: of those it moved, and of those it walled."""
    rows = session.rows(_QUERIES["group_moved"], seq=done.seq)
    moved = {PersonId(one) for _, *persons, _ in rows for one in persons if one is not None}
    others = [one for state in done.states for one in _named(state)]
    return tuple(moved | set(belonging(session, (*done.walled, *others)).values()))


def _named(state: StateChange) -> list[SubjectId]:
    named = (state.subject, state.replaced_before, state.replaced_after)
    return [one for one in named if one is not None]


def _again(
    scene: Scene, walls: Sequence[Wall], targets: Mapping[SubjectId, PersonId]
) -> tuple[Wall, ...]:
    """Returns the barriers to be set again: not between those whom a later decision made one."""
    where = {one.subject: targets.get(one.subject, one.person) for one in scene.placed}
    return tuple(
        wall
        for wall in walls
        if where.get(wall.left) is None or where.get(wall.left) != where.get(wall.right)
    )


def _walls(session: Session, done: _Done) -> _Walls:
    if not done.walled:
        return _Walls((), ())
    rows = session.rows(_QUERIES["group_walls"], lefts=done.walled, seq=done.seq)
    walls = [
        (Wall(SubjectId(left), SubjectId(right), kind, basis), from_seq, until_seq)
        for left, right, kind, basis, from_seq, until_seq in rows
    ]
    return _Walls(
        tuple(wall for wall, since, until in walls if since == done.seq and until is None),
        tuple(wall for wall, _, until in walls if until == done.seq),
    )


def _states(session: Session, done: _Done, by: By) -> tuple[StateChange, ...]:
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


def _with_states(scene: Scene, states: Sequence[StateChange], walls: _Walls) -> Scene:
    """Returns the persons as they stand once states are back and the barriers are lifted."""
    after = {one.subject: one.after for one in states}
    placed = tuple(
        replace(one, member=replace(one.member, state=after.get(one.subject, one.member.state)))
        for one in scene.placed
    )
    standing = tuple(wall for wall in scene.walls if wall not in walls.standing)
    return replace(scene, placed=placed, walls=standing)


def _targets(
    scene: Scene, done: _Done, means: Means
) -> tuple[dict[SubjectId, PersonId], tuple[PersonId, ...]]:
    """Returns where each goes back to, and the persons that had to be made for them."""
    targets: dict[SubjectId, PersonId] = {}
    made: list[PersonId] = []
    for before, movers in _by_origin(scene, done):
        target = None if before is None else _home(scene, movers, before, done)
        if target is None or not _is_open(scene, movers, target, means):
            if not _share(scene, movers, done):
                continue
            target = means.new_person()
            made.append(target)
        targets |= dict.fromkeys(_with_followers(scene, movers, done), target)
    return targets, tuple(made)


def _with_followers(scene: Scene, movers: Sequence[Placed], done: _Done) -> list[SubjectId]:
    """Returns these with what was merged into them since: it goes where they go."""
    around = scene.members(movers[0].person)
    found = with_retired({one.subject for one in movers}, around)
    own = {one.subject for one in movers}
    return sorted(one for one in found if one in own or one not in done.before)


def _coherent(
    scene: Scene, states: Sequence[StateChange], targets: Mapping[SubjectId, PersonId]
) -> tuple[StateChange, ...]:
    """Returns the states that can come back: merged only where the survivor is.

    Conflict where somebody would be sealed among others.
    """
    where = {one.subject: targets.get(one.subject, one.person) for one in scene.placed}
    after = {one.subject: one.member.state for one in scene.placed}
    after |= {one.subject: one.after for one in states}
    for one in states:
        mates = [other for other, person in where.items() if person == where[one.subject]]
        if one.after == "sealed" and any(after[other] != "sealed" for other in mates):
            raise Conflict("The record is with others by now: seal it anew.")
    return tuple(
        one
        for one in states
        if one.replaced_after is None or where.get(one.replaced_after) == where[one.subject]
    )


def _by_origin(scene: Scene, done: _Done) -> Iterable[tuple[PersonId | None, tuple[Placed, ...]]]:
    """Yields those who came from one person together, in the order of persons."""
    origins: dict[tuple[PersonId | None, PersonId], list[Placed]] = {}
    for one in scene.placed:
        if one.subject in done.before:
            origins.setdefault((done.before[one.subject], one.person), []).append(one)
    for before, now in sorted(origins, key=str):
        yield before, tuple(origins[before, now])


def _home(scene: Scene, movers: Sequence[Placed], before: PersonId, done: _Done) -> PersonId | None:
    """Returns the person that answers for the one they came from; None when they are there.

    An id that the group had made answer for another answers for itself again.
    """
    root, current = scene.root(before), movers[0].person
    target = before if root == current or before in done.forwarded else root
    return None if target == current else target


def _is_open(scene: Scene, movers: Sequence[Placed], target: PersonId, means: Means) -> bool:
    others = scene.members(target)
    return not others or _KEEP_APART.isdisjoint(objections(movers, others, scene.walls, means))


def _share(scene: Scene, movers: Sequence[Placed], done: _Done) -> bool:
    """Tells whether they are in one person with somebody whom the group did not bring there."""
    return any(one.subject not in done.before for one in scene.members(movers[0].person))


def _machine_walls(scene: Scene, targets: Mapping[SubjectId, PersonId], by: By) -> tuple[Wall, ...]:
    """Returns barriers to those whom the machine had linked them to, if a human takes it back."""
    if not by.is_human:
        return ()
    left = [one for one in scene.placed if one.subject in targets]
    return tuple(
        wall
        for one in left
        if one.method not in _BY_PEOPLE
        for wall in walls_of(
            (one,), [o for o in scene.members(one.person) if o.subject not in targets]
        )
    )
