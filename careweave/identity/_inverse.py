"""What taking a group back amounts to: who goes where, what stands again. Pure.

Source: reference/identity.md section 11.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from careweave.identity._by import By, Method
from careweave.identity._conflicts import Veto
from careweave.identity._doing import walls_of
from careweave.identity._incoming import Means
from careweave.identity._journal import StateChange, Wall
from careweave.identity._overruling import objections
from careweave.identity._parting import with_retired
from careweave.identity._scene import Placed, Scene
from careweave.terms import Conflict, PersonId, SubjectId

_KEEP_APART = frozenset({Veto.NUMBER, Veto.NOT_SAME, Veto.SEALED})
_BY_PEOPLE = frozenset({str(Method.HUMAN), str(Method.SOURCE_MERGE)})


@dataclass(frozen=True, slots=True)
class Done:
    """What a group did: the event, the subjects that are still where it put them."""

    seq: int
    before: Mapping[SubjectId, PersonId | None]
    forwarded: frozenset[PersonId]
    walled: tuple[SubjectId, ...]
    states: tuple[StateChange, ...]


@dataclass(frozen=True, slots=True)
class SetWalls:
    """The barriers that a group set and that stand, and those that it lifted."""

    standing: tuple[Wall, ...]
    lifted: tuple[Wall, ...]


def with_states(scene: Scene, states: Sequence[StateChange], walls: SetWalls) -> Scene:
    """Returns the persons as they stand once states are back and the barriers are lifted."""
    after = {one.subject: one for one in states}
    placed = tuple(_with_state(one, after.get(one.subject)) for one in scene.placed)
    standing = tuple(wall for wall in scene.walls if wall not in walls.standing)
    return replace(scene, placed=placed, walls=standing)


def _with_state(one: Placed, change: StateChange | None) -> Placed:
    if change is None:
        return one
    member = replace(one.member, state=change.after)
    return replace(one, member=member, replaced_by=change.replaced_after)


def targets_of(
    scene: Scene, done: Done, means: Means
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


def coherent(
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


def walls_again(
    scene: Scene, walls: Sequence[Wall], targets: Mapping[SubjectId, PersonId]
) -> tuple[Wall, ...]:
    """Returns the barriers to be set again: not between those whom a later decision made one."""
    where = {one.subject: targets.get(one.subject, one.person) for one in scene.placed}
    return tuple(
        wall
        for wall in walls
        if where.get(wall.left) is None or where.get(wall.left) != where.get(wall.right)
    )


def machine_walls(scene: Scene, targets: Mapping[SubjectId, PersonId], by: By) -> tuple[Wall, ...]:
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


def _with_followers(scene: Scene, movers: Sequence[Placed], done: Done) -> list[SubjectId]:
    """Returns these with what was merged into them since: it goes where they go."""
    around = scene.members(movers[0].person)
    found = with_retired({one.subject for one in movers}, around)
    own = {one.subject for one in movers}
    return sorted(one for one in found if one in own or one not in done.before)


def _by_origin(scene: Scene, done: Done) -> Iterable[tuple[PersonId | None, tuple[Placed, ...]]]:
    """Yields those who came from one person together, in the order of persons."""
    free = _free(scene, done)
    origins: dict[tuple[PersonId | None, PersonId], list[Placed]] = {}
    for one in scene.placed:
        if one.subject in free:
            origins.setdefault((done.before[one.subject], one.person), []).append(one)
    for before, now in sorted(origins, key=str):
        yield before, tuple(origins[before, now])


def _home(scene: Scene, movers: Sequence[Placed], before: PersonId, done: Done) -> PersonId | None:
    """Returns the person that answers for the one they came from; None when they are there.

    An id that the group had made answer for another answers for itself again.
    """
    root, current = scene.root(before), movers[0].person
    target = before if root == current or before in done.forwarded else root
    return None if target == current else target


def _is_open(scene: Scene, movers: Sequence[Placed], target: PersonId, means: Means) -> bool:
    others = scene.members(target)
    return not others or _KEEP_APART.isdisjoint(objections(movers, others, scene.walls, means))


def _share(scene: Scene, movers: Sequence[Placed], done: Done) -> bool:
    """Tells whether they are in one person with somebody whom the group did not bring there."""
    return any(one.subject not in done.before for one in scene.members(movers[0].person))


def _free(scene: Scene, done: Done) -> frozenset[SubjectId]:
    """Returns those who may go back: what was merged since stays with a survivor who stays."""
    # What the group itself had merged, or parted from its survivor, is free to go.
    changed = {one.subject for one in done.states if one.replaced_before != one.replaced_after}
    survivors = {
        one.subject: None if one.subject in changed else one.replaced_by for one in scene.placed
    }
    free = {one for one in done.before if one in survivors}
    while bound := {one for one in free if survivors[one] not in {None, *free}}:
        free -= bound
    return frozenset(free)
