"""Who a record belongs to: the one place where thresholds decide. Pure.

Online and bulk, re-scoring and search all come here.
Source: reference/identity.md sections 0 and 6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from careweave.identity._conflicts import (
    KINDS_OF_NUMBER,
    Judging,
    Veto,
    group_conflicts,
    have_one_number,
)
from careweave.identity._explaining import Blocking, explanation
from careweave.identity._forenames import Closeness, closeness
from careweave.identity._likeness import are_births_far, are_births_near, have_one_household
from careweave.identity._member import Group, Member
from careweave.identity._model import Model
from careweave.identity._weigh import Check, Weighed, lead_of, weigh
from careweave.terms import Json

_VAGUE = frozenset({"year", "estimated"})


class Kind(StrEnum):
    """What a human is asked. Source: reference/identity.md section 14."""

    CANDIDATE = "candidate"
    JOIN = "join"
    MIXED_EVIDENCE = "mixed_evidence"
    OVERLAY = "overlay"
    WRONG_NUMBER = "wrong_number"
    SOURCE_DUPLICATE = "source_duplicate"
    DEATH_CONFLICT = "death_conflict"
    BARRIER_CHANGED = "barrier_changed"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One question to a human about the record: whom it may be, the best first."""

    kind: Kind
    persons: tuple[Weighed, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of one record. `person` None is a new person.

    `joins` are persons that hold the same verified number and become one with `person`; `walls` are
    members whose verified number differs.
    """

    person: Group | None
    method: str
    confidence: str
    reason: str
    weight: float | None
    lead: float | None
    explanation: Mapping[str, Json]
    doubts: tuple[Doubt, ...] = ()
    joins: tuple[Group, ...] = ()
    walls: tuple[Member, ...] = ()
    is_incomplete: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A record with all that its decision needs; `is_alone` records are never compared."""

    record: Member
    ranked: tuple[Weighed, ...]
    model: Model
    judging: Judging
    blocking: Blocking


def case(
    record: Member, groups: Sequence[Group], model: Model, judging: Judging, blocking: Blocking
) -> Case:
    """Returns the record with its candidates weighed."""
    return Case(record, weigh(record, groups, model, judging), model, judging, blocking)


def decide(asked: Case) -> Decided:
    """Returns who a record that belongs to nobody yet is linked to, or that it is a new person."""
    proven = [one for one in asked.ranked if is_proven(asked, one)]
    if proven:
        return _by_number(asked, proven)
    chosen = certain(asked)
    if chosen is not None and not wrong_numbers(asked):
        return _by_comparison(asked, chosen)
    return _as_new(asked)


def certain(asked: Case) -> Weighed | None:
    """Returns the person whom the record is linked to by comparison, or None.

    The weight, the lead over every other person and the worst member must all be good enough, and
    nothing may forbid it. Year and estimate of a birth are never enough without a number.
    """
    free = [one for one in asked.ranked if not one.vetoes]
    if not free or asked.record.is_provisional:
        return None
    best, limits = free[0], asked.model.thresholds
    if best.weight < limits.auto or best.worst < limits.floor:
        return None
    if lead_of(best, asked.ranked, asked.model) < limits.lead or not _is_enough(asked, best):
        return None
    return best


def _is_enough(asked: Case, one: Weighed) -> bool:
    """Says that it does not rest on half a birth date, nor on a number that nobody verified."""
    ours, theirs = asked.record.norm, one.best.norm
    if not _VAGUE.isdisjoint({ours.precision, theirs.precision}):
        return False
    if ours.birth == theirs.birth or ours.birth is None or theirs.birth is None:
        return True
    close = closeness(ours, theirs, asked.judging.shares, asked.judging.limits)
    return close is Closeness.EQUAL or _without_number(one) >= asked.model.thresholds.auto


def _without_number(one: Weighed) -> float:
    """Returns the weight without what national numbers say."""
    parts = (part for part in one.scored.parts if part.field in KINDS_OF_NUMBER)
    return one.weight - sum(part.weight + part.tf_weight for part in parts)


def is_proven(asked: Case, one: Weighed) -> bool:
    """Says that the number with the birth date proves the person, and nothing forbids it.

    Twins may be told apart by their numbers, so that a forename of its own forbids nothing, unless
    the sex differs too or the names point to somebody else: then the number may be the other's.
    So it may when either bore it only before, for it may have been put right.
    """
    if one.check is not Check.AGREES or not one.vetoes.keys() <= {Veto.TWINS}:
        return False
    if Veto.TWINS not in one.vetoes:
        return True
    is_now = any(have_one_number(asked.record.norm, other.norm) for other in one.group.members)
    return is_now and not _is_of_the_other(asked, one)


def _is_of_the_other(asked: Case, one: Weighed) -> bool:
    ours, theirs = asked.record.norm, one.vetoes[Veto.TWINS].norm
    if closeness(ours, theirs, asked.judging.shares, asked.judging.limits) is Closeness.UNKNOWN:
        return False
    if ours.sex and theirs.sex and ours.sex != theirs.sex:
        return True
    return any(_is_the_twin(asked, other) for other in asked.ranked if other is not one)


def _is_the_twin(asked: Case, other: Weighed) -> bool:
    """Says that somebody is known of this name, birth and household, whose number it is not."""
    if other.check is Check.AGREES or other.weight < asked.model.thresholds.review:
        return False
    ours, theirs = asked.record.norm, other.best.norm
    is_named = Veto.TWINS not in other.vetoes
    return is_named and are_births_near(ours, theirs) and have_one_household(ours, theirs)


def wrong_numbers(asked: Case) -> list[Weighed]:
    """Returns the persons whose verified number the record has against all else that it says."""
    return [
        one
        for one in asked.ranked
        if one.check is Check.WRONG or (one.check is Check.AGREES and _is_doubtful(asked, one))
    ]


def _is_doubtful(asked: Case, one: Weighed) -> bool:
    return Veto.TWINS in one.vetoes and _is_of_the_other(asked, one)


def _by_number(asked: Case, proven: Sequence[Weighed]) -> Decided:
    chosen, *others = proven
    joins, doubted = _joins(asked, chosen, others)
    doubts = [*_join_doubt(asked, chosen, doubted), *_number_doubt(wrong_numbers(asked))]
    return Decided(
        person=chosen.group,
        method="verified_number",
        confidence="verified",
        reason="The same verified number, confirmed by the birth date.",
        weight=chosen.weight,
        lead=lead_of(chosen, asked.ranked, asked.model),
        explanation=_explained(asked, chosen),
        doubts=tuple(doubts),
        joins=joins,
        walls=_walls(asked),
    )


def _joins(
    asked: Case, chosen: Weighed, others: Sequence[Weighed]
) -> tuple[tuple[Group, ...], list[Weighed]]:
    """Returns the persons that become one by their number, and those that a human must judge."""
    members = (*chosen.group.members, asked.record)
    joined: list[Group] = []
    doubted: list[Weighed] = []
    for other in others:
        if group_conflicts(members, other.group.members, asked.judging):
            doubted.append(other)
            continue
        joined.append(other.group)
        members = (*members, *other.group.members)
    return tuple(joined), doubted


def _by_comparison(asked: Case, chosen: Weighed) -> Decided:
    return Decided(
        person=chosen.group,
        method="probabilistic",
        confidence="demographic",
        reason="Linked by demographics, not verified: they agree well, and with nobody else nearly.",
        weight=chosen.weight,
        lead=lead_of(chosen, asked.ranked, asked.model),
        explanation=_explained(asked, chosen),
        doubts=tuple(_join_doubt(asked, chosen, ())),
        walls=_walls(asked),
    )


def _as_new(asked: Case) -> Decided:
    doubts = tuple(open_questions(asked))
    best = asked.ranked[0] if asked.ranked else None
    is_seen = best is not None and best.weight >= asked.model.thresholds.review
    return Decided(
        person=None,
        method="new_person",
        confidence="provisional" if asked.record.is_provisional else "demographic",
        reason=_reason(asked, doubts),
        weight=best.weight if best is not None else None,
        lead=lead_of(best, asked.ranked, asked.model) if best is not None else None,
        explanation=_explained(asked, best),
        doubts=doubts,
        walls=_walls(asked),
        is_incomplete=asked.blocking.is_incomplete and not is_seen,
    )


def _reason(asked: Case, doubts: Sequence[Doubt]) -> str:
    if doubts:
        return "A new person: somebody known may be the same, and a human is asked."
    if asked.record.is_provisional:
        return "A new person: too little is known to compare."
    return "A new person: nobody known agrees."


def open_questions(asked: Case) -> list[Doubt]:
    """Returns what a human is asked of a record that became a new person."""
    numbers = wrong_numbers(asked)
    if numbers:
        return _number_doubt(numbers)
    open_ = [one for one in asked.ranked if _is_open(asked, one)]
    if not open_ or asked.record.is_provisional:
        return []
    return [Doubt(_kind(open_[0], asked.model), tuple(open_))]


def _is_open(asked: Case, one: Weighed) -> bool:
    """Says that a human should look: near enough, and neither two for certain nor judged before."""
    if one.weight < asked.model.thresholds.review and one.check is not Check.AGREES:
        return False
    if Veto.NOT_SAME in one.vetoes:
        return _has_changed(asked, one)
    if _is_relative(asked.record, one):
        return False
    return Veto.NUMBER not in one.vetoes or _is_number_wrong(asked, one)


def _is_number_wrong(asked: Case, one: Weighed) -> bool:
    """Says that all but the verified numbers speaks for one person: one of them may be wrong.

    Two of one name and birth date with a number each are two, and nobody is asked.
    """
    if {Veto.TWINS, Veto.GENERATION} & one.vetoes.keys():
        return False
    return one.weight >= asked.model.thresholds.auto


def _is_relative(record: Member, one: Weighed) -> bool:
    """Says that forename and birth are another's, and no number speaks for one person."""
    if Veto.TWINS not in one.vetoes or one.check is not Check.NONE:
        return False
    left, right = record.norm, one.vetoes[Veto.TWINS].norm
    return are_births_far(left, right) and not have_one_number(left, right)


def _has_changed(asked: Case, one: Weighed) -> bool:
    """Says that a number, date or name has changed since a human said that they are two."""
    return asked.judging.has_changed(asked.record, one.vetoes[Veto.NOT_SAME])


_KINDS = {
    Veto.NOT_SAME: Kind.BARRIER_CHANGED,
    Veto.SAME_SOURCE: Kind.SOURCE_DUPLICATE,
    Veto.DEATH: Kind.DEATH_CONFLICT,
}


def _kind(one: Weighed, model: Model) -> Kind:
    for veto, kind in _KINDS.items():
        if veto in one.vetoes:
            return kind
    limits = model.thresholds
    is_mixed = one.weight >= limits.auto and one.worst < limits.floor
    return Kind.MIXED_EVIDENCE if is_mixed else Kind.CANDIDATE


def is_doubted(doubts: Sequence[Doubt]) -> bool:
    """Says that a human is asked whether the number of the record is another's."""
    return any(
        doubt.kind is Kind.WRONG_NUMBER or any(Veto.NUMBER in one.vetoes for one in doubt.persons)
        for doubt in doubts
    )


def _number_doubt(numbers: Sequence[Weighed]) -> list[Doubt]:
    return [Doubt(Kind.WRONG_NUMBER, tuple(numbers))] if numbers else []


def _join_doubt(asked: Case, chosen: Weighed, doubted: Sequence[Weighed]) -> list[Doubt]:
    """Returns the question whether two persons are one: the record is near enough to both."""
    named = {one.group.person for one in doubted}
    near = [
        one
        for one in asked.ranked
        if one is not chosen
        and (
            one.group.person in named
            or (
                one.weight >= asked.model.thresholds.auto
                and not one.vetoes
                and not is_proven(asked, one)
            )
        )
    ]
    return [Doubt(Kind.JOIN, (chosen, *near))] if near else []


def _walls(asked: Case) -> tuple[Member, ...]:
    """Returns the members that agree, but for a verified number that differs."""
    least = asked.model.thresholds.review
    return tuple(
        one.vetoes[Veto.NUMBER]
        for one in asked.ranked
        if Veto.NUMBER in one.vetoes and one.weight >= least
    )


def _explained(asked: Case, chosen: Weighed | None) -> dict[str, Json]:
    return explanation(asked.record, chosen, asked.ranked, asked.model, asked.blocking)
