"""Records of one source that are one person: merged, or linked, by hand or by its message.

A message of a source moves that source's own records only; it never joins persons elsewhere.
Source: reference/identity.md section 11, HL7 v2 from a source.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from careweave.db import Queries, Session
from careweave.identity._by import By
from careweave.identity._conflicts import Veto
from careweave.identity._doing import act, survivor_of
from careweave.identity._hazard import Question, ask_of
from careweave.identity._incoming import Means
from careweave.identity._journal import Acted, StateChange, Wall
from careweave.identity._moving import Intent
from careweave.identity._overruling import lifted, objections, stops_source
from careweave.identity._parting import with_retired
from careweave.identity._review_rules import review_rules
from careweave.identity._scene import Placed, Scene, scene_of, whose
from careweave.terms import Conflict, SubjectId

_QUERIES = Queries("careweave.identity")


@dataclass(frozen=True, slots=True)
class Refused:
    """A source's order that was not followed: `is_silent` when nobody may learn of it."""

    is_silent: bool
    ours: tuple[Placed, ...]
    theirs: tuple[Placed, ...]


def merge_local(
    session: Session, survivor: SubjectId, retired: SubjectId, *, by: By, means: Means
) -> Acted:
    """Retires a local identity in favour of another of its authority; its records go with it."""
    done = merge(session, survivor, retired, by=by, means=means)
    if isinstance(done, Refused):
        raise Conflict("A veto stands between these records.")
    return done


def merge(
    session: Session, survivor: SubjectId, retired: SubjectId, *, by: By, means: Means
) -> Acted | Refused:
    """Does a merge, or returns that it is refused; Conflict where it leads back to itself."""
    scene = _scene(session, survivor, retired)
    (gone,) = scene.only({retired})
    _check_merge(session, scene, survivor, gone)
    movers = scene.only(with_retired({retired}, scene.placed))
    others = _apart_from(scene, survivor, movers)
    lifting = _lifting(scene, movers, others, by, means)
    if isinstance(lifting, Refused):
        return lifting
    target = scene.only({survivor})[0].person
    change = StateChange(retired, gone.member.state, "retired", gone.replaced_by, survivor)
    intent = Intent(
        "merge",
        {one.subject: target for one in movers},
        ended_walls=lifting,
        states=(change,),
    )
    acted = act(session, scene, intent, by=by, means=means)
    left = [one for one in scene.members(gone.person) if one not in movers]
    if left and gone.person != target:
        ask_of(session, Question("join", movers, left, acted.event.seq, by.at), means)
    return acted


def tie(
    session: Session, left: SubjectId, right: SubjectId, *, by: By, means: Means
) -> Acted | Refused | None:
    """Links one of two records of a source to the person of the other; None where they are one.

    The one whose person has the verified number, or is older, stays.
    """
    scene = _scene(session, left, right)
    (ours,), (theirs,) = scene.only({left}), scene.only({right})
    if ours.person == theirs.person:
        return None
    stays = survivor_of(scene, ours.person, theirs.person)
    mover = theirs if stays == ours.person else ours
    movers = scene.only(with_retired({mover.subject}, scene.members(mover.person)))
    lifting = _lifting(scene, movers, scene.members(stays), by, means)
    if isinstance(lifting, Refused):
        return lifting
    targets = {one.subject: stays for one in movers}
    return act(session, scene, Intent("link", targets, ended_walls=lifting), by=by, means=means)


def _scene(session: Session, left: SubjectId, right: SubjectId) -> Scene:
    if left == right:
        raise Conflict("A record is not merged into itself.")
    return scene_of(session, tuple(set(whose(session, (left, right)).values())))


def _check_merge(session: Session, scene: Scene, survivor: SubjectId, gone: Placed) -> None:
    if gone.replaced_by is not None:
        raise Conflict("The record was merged into another already.")
    (stays,) = scene.only({survivor})
    if stays.member.authority != gone.member.authority:
        raise Conflict("Only records of one authority are merged: link the others.")
    chain = session.rows(_QUERIES["merge_chain"], subject=survivor)
    if gone.subject in {row[0] for row in chain}:
        raise Conflict("These merges lead back to where they began.")


def _apart_from(scene: Scene, survivor: SubjectId, movers: Sequence[Placed]) -> tuple[Placed, ...]:
    own = {one.subject for one in movers}
    (stays,) = scene.only({survivor})
    if stays.person == movers[0].person:
        return ()
    return tuple(one for one in scene.members(stays.person) if one.subject not in own)


def _lifting(
    scene: Scene, ours: Sequence[Placed], theirs: Sequence[Placed], by: By, means: Means
) -> tuple[Wall, ...] | Refused:
    """Returns the barriers that a human lifts; a source lifts none and is refused by a veto."""
    if not theirs:
        return ()
    if by.is_human:
        return lifted(ours, theirs, scene.walls, by=by, means=means, rules=review_rules())
    found = objections(ours, theirs, scene.walls, means)
    if stops_source(found):
        return Refused(Veto.SEALED in found, tuple(ours), tuple(theirs))
    return ()
