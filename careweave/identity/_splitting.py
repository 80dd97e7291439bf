"""A person parted: a local identity taken out, or a whole part, with the id that it had.

Source: reference/identity.md section 11.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from careweave.db import Session
from careweave.identity._by import By, Method
from careweave.identity._conflicts import Veto
from careweave.identity._doing import act, walls_of
from careweave.identity._incoming import Means
from careweave.identity._journal import Acted
from careweave.identity._moving import Intent
from careweave.identity._overruling import objections
from careweave.identity._parting import formers, keeps_id, with_retired
from careweave.identity._scene import (
    Placed,
    Scene,
    Stay,
    anew,
    members_of,
    roots,
    scene_of,
    trails,
    unknown,
    whose,
)
from careweave.terms import Conflict, PersonId, SubjectId

_KEEP_APART = frozenset({Veto.NUMBER, Veto.NOT_SAME, Veto.SEALED})

History = Mapping[SubjectId, Sequence[Stay]]


@dataclass(frozen=True, slots=True)
class _Parted:
    """Who goes, and to which person."""

    movers: tuple[Placed, ...]
    target: PersonId
    is_new: bool = False


def unlink(session: Session, subject: SubjectId, *, by: By, means: Means) -> Acted:
    """Takes a local identity out of its person, and what was merged into it with it.

    It goes back to where it was, where nobody else came with it; else it becomes a new person.
    What the machine had linked may not be linked by it again.
    """
    own = whose(session, (subject,))[subject]
    return _part(session, own, {subject}, Intent("unlink"), by=by, means=means)


def split(
    session: Session, person: PersonId, part: Collection[SubjectId], *, by: By, means: Means
) -> Acted:
    """Parts a person in two: `part`, with what was merged into it, and the rest."""
    return _part(session, person, part, Intent("split"), by=by, means=means)


def _part(
    session: Session,
    person: PersonId,
    wanted: Collection[SubjectId],
    intent: Intent,
    *,
    by: By,
    means: Means,
) -> Acted:
    scene, members, history = _known(session, person)
    part, rest = _halves(members, wanted)
    parted = _parted(scene, part, rest, history, means)
    are_machine = any(one.method != Method.HUMAN for one in parted.movers)
    done = Intent(
        intent.kind,
        {one.subject: parted.target for one in parted.movers},
        persons=(parted.target,) if parted.is_new else (),
        apart=walls_of(part, rest) if are_machine else (),
    )
    return act(session, scene, done, by=by, means=means)


def _known(session: Session, person: PersonId) -> tuple[Scene, tuple[Placed, ...], History]:
    """Returns the person with all persons that its members came from, locked."""
    found = roots(session, (person,)).get(person)
    if found is None:
        raise unknown()
    history = trails(session, [one.subject for one in members_of(session, (found.person,))])
    before = {stay.person for stays in history.values() for stay in stays}
    scene = scene_of(session, tuple({person, *before}))
    members = scene.members(scene.root(person))
    if {one.subject for one in members} != set(history):
        raise anew()
    return scene, members, history


def _halves(
    members: Sequence[Placed], wanted: Collection[SubjectId]
) -> tuple[tuple[Placed, ...], tuple[Placed, ...]]:
    own = with_retired(wanted, members)
    part = tuple(one for one in members if one.subject in own)
    rest = tuple(one for one in members if one.subject not in own)
    are_known = own <= {one.subject for one in members}
    if not are_known or any(one.member.state == "sealed" for one in members):
        raise unknown()
    if any(one.replaced_by in {other.subject for other in rest} for one in part):
        raise Conflict("A record was merged into another at its source: undo that merge first.")
    if not part or not rest:
        raise Conflict("A person is parted in two: nobody would be left in one of them.")
    return part, rest


def _parted(
    scene: Scene, part: Sequence[Placed], rest: Sequence[Placed], history: History, means: Means
) -> _Parted:
    back = _way_back(scene, part, rest, history, means)
    if back is not None:
        return _Parted(tuple(part), back)
    back = _way_back(scene, rest, part, history, None)
    if back is not None:
        return _Parted(tuple(rest), back)
    leaving = rest if keeps_id(part, rest) else part
    return _Parted(tuple(leaving), means.new_person(), is_new=True)


def _way_back(
    scene: Scene,
    part: Sequence[Placed],
    rest: Sequence[Placed],
    history: History,
    means: Means | None,
) -> PersonId | None:
    """Returns the person that the part came from, if it may go back there.

    Where others live on it goes only if all of the part came from there and nothing forbids it;
    with no `means` to judge that, to an id without records only.
    """
    own = {one.subject for one in part}
    current = part[0].person
    for former in formers(own, {one.subject for one in rest}, history):
        target = scene.root(former.person)
        target = former.person if target == current else target
        others = scene.members(target)
        if target == current:
            continue
        if not others or (
            means is not None and own <= former.movers and _may_meet(scene, part, others, means)
        ):
            return target
    return None


def _may_meet(scene: Scene, part: Sequence[Placed], others: Sequence[Placed], means: Means) -> bool:
    return _KEEP_APART.isdisjoint(objections(part, others, scene.walls, means))
