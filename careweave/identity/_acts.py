"""What is decided of persons by a human or for a source, each act one group that can be inverted.

Source: reference/identity.md sections 7, 11 and 15.
"""

from collections.abc import Collection, Sequence

from careweave.db import Session
from careweave.identity._by import By
from careweave.identity._doing import act, survivor_of, walls_of
from careweave.identity._incoming import Means
from careweave.identity._journal import Acted, StateChange
from careweave.identity._moving import Intent
from careweave.identity._overruling import lifted
from careweave.identity._parting import with_retired
from careweave.identity._review_rules import review_rules
from careweave.identity._scene import Placed, Scene, scene_of, unknown, whose
from careweave.identity._sealing import hide
from careweave.identity._taking_up import take_up
from careweave.terms import Conflict, PersonId, SubjectId


def link(session: Session, subject: SubjectId, person: PersonId, *, by: By, means: Means) -> Acted:
    """Links a local identity, with all that was merged into it, to a person.

    It leaves the person that it belonged to; the last to leave makes that one answer as the new.
    """
    own = whose(session, (subject,))[subject]
    scene = scene_of(session, (own, person))
    movers = _movers(scene, subject)
    target = scene.root(person)
    if movers[0].person == target:
        raise Conflict("The record belongs to that person already.")
    ended = lifted(
        movers, scene.members(target), scene.walls, by=by, means=means, rules=review_rules()
    )
    targets = {one.subject: target for one in movers}
    return act(session, scene, Intent("link", targets, ended_walls=ended), by=by, means=means)


def join(session: Session, left: PersonId, right: PersonId, *, by: By, means: Means) -> Acted:
    """Makes two persons one: the one with the verified number survives, else the older.

    The id of the other answers as the survivor from now on.
    """
    scene = scene_of(session, (left, right))
    ours, theirs = scene.members(scene.root(left)), scene.members(scene.root(right))
    if scene.root(left) == scene.root(right):
        raise Conflict("These are one person already.")
    if not ours or not theirs:
        raise Conflict("One of these persons has no records.")
    ended = lifted(ours, theirs, scene.walls, by=by, means=means, rules=review_rules())
    survivor = survivor_of(scene, left, right)
    loser = ours if survivor == scene.root(right) else theirs
    targets = {one.subject: survivor for one in loser}
    return act(session, scene, Intent("join", targets, ended_walls=ended), by=by, means=means)


def not_same(session: Session, left: SubjectId, right: SubjectId, *, by: By, means: Means) -> Acted:
    """Decides that two local identities are two people, until the evidence changes."""
    persons = whose(session, (left, right))
    scene = scene_of(session, tuple(set(persons.values())))
    ours, theirs = scene.only({left})[0], scene.only({right})[0]
    if "sealed" in {ours.member.state, theirs.member.state}:
        raise unknown()
    if ours.person == theirs.person:
        raise Conflict("These are one person now: take one out of it first.")
    acted = _apart(session, scene, (ours,), (theirs,), by, means)
    if acted is None:
        raise Conflict("This was decided already.")
    return acted


def keep_apart(
    session: Session, subject: SubjectId, persons: Collection[PersonId], *, by: By, means: Means
) -> Acted | None:
    """Decides that a local identity is none of these persons, in one group.

    Returns None when that was decided already; those whose person it is by now are left out.
    """
    own = whose(session, (subject,))[subject]
    scene = scene_of(session, (own, *persons))
    movers = _movers(scene, subject)
    theirs = [one for one in scene.placed if one.person != movers[0].person]
    return _apart(session, scene, movers, theirs, by, means)


def unfreeze(session: Session, subject: SubjectId, *, by: By, means: Means) -> Acted | None:
    """Lets a local identity be shared again whose new demographics had raised an alarm.

    What came of it meanwhile is what it says from now on.
    """
    own = whose(session, (subject,))[subject]
    scene = scene_of(session, (own,))
    one = scene.only({subject})[0]
    if one.member.state != "frozen":
        return None
    take_up(session, subject, at=by.at, means=means)
    return act(
        session, scene, Intent("unfreeze", states=(_state(one, "live"),)), by=by, means=means
    )


def seal(
    session: Session,
    subjects: Collection[SubjectId],
    *,
    apart_from: Collection[SubjectId] = (),
    by: By,
    means: Means,
) -> Acted:
    """Seals local identities for ever: no comparison and no link reaches them again.

    They leave every person in which somebody else is; with barriers against those, and against
    the ones in `apart_from`. Source: Adoption and Children Act 2002; Gender Recognition Act 2004
    section 22, to be confirmed by the safety officer; reference/identity.md section 15.
    """
    persons = whose(session, (*subjects, *apart_from))
    scene = scene_of(session, tuple(set(persons.values())))
    own = with_retired(subjects, scene.placed)
    sealed = tuple(one for one in scene.only(own) if one.member.state != "sealed")
    if not sealed:
        raise Conflict("These are sealed already.")
    moved = _leaving(scene, own)
    home = means.new_person()
    others = [
        one
        for one in scene.placed
        if one.subject not in own
        and (one.subject in apart_from or one.person in {gone.person for gone in moved})
    ]
    intent = Intent(
        "seal",
        {one.subject: home for one in moved},
        persons=(home,) if moved else (),
        apart=walls_of(scene.only(own), others, kind="sealed"),
        states=tuple(_sealed(one, own) for one in sealed),
    )
    acted = act(session, scene, intent, by=by, means=means)
    hide(session, [one.subject for one in sealed], acted, by.at)
    return acted


def _apart(
    session: Session,
    scene: Scene,
    ours: Sequence[Placed],
    theirs: Sequence[Placed],
    by: By,
    means: Means,
) -> Acted | None:
    """Sets the barriers that do not stand yet; None when all do."""
    stand = {(wall.left, wall.right) for wall in scene.walls if wall.kind == "not_same"}
    walls = tuple(w for w in walls_of(ours, theirs) if (w.left, w.right) not in stand)
    if not walls:
        return None
    return act(session, scene, Intent("not_same", apart=walls), by=by, means=means)


def _movers(scene: Scene, subject: SubjectId) -> tuple[Placed, ...]:
    """Returns a record with all that were merged into it; Conflict when it was merged itself."""
    own = scene.only({subject})[0]
    if own.replaced_by is not None:
        raise Conflict("The record was merged into another at its source: undo that merge first.")
    return scene.only(with_retired({subject}, scene.members(own.person)))


def _state(one: Placed, after: str) -> StateChange:
    return StateChange(one.subject, one.member.state, after, one.replaced_by, one.replaced_by)


def _sealed(one: Placed, own: Collection[SubjectId]) -> StateChange:
    """Returns that a record is sealed, and no longer merged into one that is not."""
    stays = one.replaced_by if one.replaced_by in own else None
    return StateChange(one.subject, one.member.state, "sealed", one.replaced_by, stays)


def _leaving(scene: Scene, own: Collection[SubjectId]) -> tuple[Placed, ...]:
    """Returns those who are in a person with somebody else."""
    mixed = {one.person for one in scene.placed if one.subject not in own}
    return tuple(one for one in scene.only(own) if one.person in mixed)
