"""What becomes of a record that belongs to somebody already, when a new version of it comes. Pure.

It stays with its person, unless it is of somebody else now or must leave.
Source: reference/identity.md section 6, steps 2 and 10.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from careweave.identity._conflicts import Veto, group_conflicts, is_twin
from careweave.identity._decide import (
    Case,
    Decided,
    Doubt,
    Kind,
    decide,
    is_proven,
    open_questions,
    wrong_numbers,
)
from careweave.identity._member import Group, Member
from careweave.identity._overlay import is_overlay
from careweave.identity._weigh import Check, Weighed, weigh

_OF_STANDING = frozenset({Veto.SAME_SOURCE, Veto.SIZE, Veto.FROZEN})
"""Vetoes that say how a record stands, not that it is of somebody else."""


class Fate(StrEnum):
    """What happens to the membership.

    STAY: nothing. FREEZE: it stays, and nothing new of it is shared. LEAVE: its verified number is
    another than that of its person. CONFIRM: it stays, now by a verified number. MOVE: nobody but it
    was ever its person, and it would be linked elsewhere if it came only now.
    """

    STAY = "stay"
    FREEZE = "freeze"
    LEAVE = "leave"
    CONFIRM = "confirm"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Kept:
    """What was decided: `joins` are persons of the same verified number, `own` the rest of ours.

    `moved` is the link of a record that moves.
    """

    fate: Fate
    doubts: tuple[Doubt, ...] = ()
    joins: tuple[Group, ...] = ()
    walls: tuple[Member, ...] = ()
    own: Weighed | None = None
    moved: Decided | None = None


@dataclass(frozen=True, slots=True)
class Versions:
    """The new version alone, and the versions before it together."""

    fresh: Member
    before: Member


@dataclass(frozen=True, slots=True)
class Standing:
    """How a record belongs to its person: how surely, and whether nobody else ever did."""

    confidence: str
    is_single: bool


def keep(asked: Case, own: Group, versions: Versions, standing: Standing) -> Kept:
    """Returns what becomes of a known record; `own` are the other members of its person."""
    if _is_of_somebody_else(asked, versions):
        return Kept(Fate.FREEZE, doubts=(Doubt(Kind.OVERLAY, asked.ranked),))
    if standing.is_single and not own.members:
        moved = decide(asked)
        if moved.person is not None:
            return Kept(Fate.MOVE, moved.doubts, moved.joins, moved.walls, moved=moved)
    mine = _weighed(asked, own)
    if mine is not None and Veto.NUMBER in mine.vetoes:
        doubt = Doubt(Kind.WRONG_NUMBER, (mine,))
        return Kept(Fate.LEAVE, doubts=(doubt,), walls=(mine.vetoes[Veto.NUMBER],), own=mine)
    joins, doubts = _others(asked, own)
    is_proof = (
        mine is not None and mine.check is Check.AGREES and standing.confidence == "demographic"
    )
    return Kept(
        Fate.CONFIRM if is_proof else Fate.STAY,
        doubts=(*doubts, *_mixed(asked, mine)),
        joins=joins,
        own=mine,
    )


def _is_of_somebody_else(asked: Case, versions: Versions) -> bool:
    fresh, before = versions.fresh, versions.before
    if is_overlay(fresh.norm, before.norm, asked.model, asked.judging, fresh.source):
        return True
    return is_twin(fresh, before, asked.judging) and _is_known_twin(asked, fresh)


def _is_known_twin(asked: Case, fresh: Member) -> bool:
    """Says that the new version is of somebody known who is no twin of it, as the record is."""
    least = asked.model.thresholds.auto
    groups = [one.group for one in asked.ranked if one.weight >= least]
    found = weigh(fresh, groups, asked.model, asked.judging)
    return any(one.weight >= least and one.vetoes.keys() <= _OF_STANDING for one in found)


def _weighed(asked: Case, own: Group) -> Weighed | None:
    if not own.members:
        return None
    return next(iter(weigh(asked.record, (own,), asked.model, asked.judging)), None)


def _others(asked: Case, own: Group) -> tuple[tuple[Group, ...], tuple[Doubt, ...]]:
    """Returns the persons that are the same by their number, and what is to be asked of others."""
    members: Sequence[Member] = (*own.members, asked.record)
    joins: list[Group] = []
    near: list[Weighed] = []
    for one in asked.ranked:
        if is_proven(asked, one):
            if not group_conflicts(members, one.group.members, asked.judging):
                joins.append(one.group)
                members = (*members, *one.group.members)
                continue
            near.append(one)
        elif one.weight >= asked.model.thresholds.auto and not one.vetoes:
            near.append(one)
    return tuple(joins), _questions(asked, own, near)


def _questions(asked: Case, own: Group, near: Sequence[Weighed]) -> tuple[Doubt, ...]:
    numbers = wrong_numbers(asked)
    if numbers:
        return (Doubt(Kind.WRONG_NUMBER, tuple(numbers)),)
    if near:
        return (Doubt(Kind.JOIN, tuple(near)),)
    return () if own.members else tuple(open_questions(asked))


def _mixed(asked: Case, mine: Weighed | None) -> tuple[Doubt, ...]:
    if mine is None or mine.worst >= asked.model.thresholds.floor or mine.check is Check.AGREES:
        return ()
    return (Doubt(Kind.MIXED_EVIDENCE, (mine,)),)
