"""How much a record agrees with a person: with each member, and with the number they hold. Pure.

Source: reference/identity.md section 6, steps 3 and 4, and section 9, person weight.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from careweave.identity._conflicts import (
    KINDS_OF_NUMBER,
    Judging,
    Veto,
    group_conflicts,
    have_one_number,
    number,
)
from careweave.identity._likeness import equal_parts, have_alike_names, is_full
from careweave.identity._member import Group, Member
from careweave.identity._model import Model
from careweave.identity._norm import Norm
from careweave.identity._score import Scored, score


class Check(Enum):
    """What comes of the cross-check of a verified number with the birth date.

    NONE: no verified number in common. AGREES: it is proof. OPEN: the date is missing or differs
    while the names agree: no proof. WRONG: date and names disagree, the number is not of both.
    """

    NONE = "none"
    AGREES = "agrees"
    OPEN = "open"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A person as a candidate: `best` member by `scored`, `worst` weight of those that count.

    `vetoes` are those between the record and any member, each with the member that it is of.
    """

    group: Group
    best: Member
    scored: Scored
    worst: float
    check: Check
    vetoes: Mapping[Veto, Member]

    @property
    def weight(self) -> float:
        """Returns the weight of the person: that of the best member."""
        return self.scored.weight


def weigh(
    record: Member, groups: Iterable[Group], model: Model, judging: Judging
) -> tuple[Weighed, ...]:
    """Returns the persons as candidates, the best first; what is sealed leaves no trace.

    Vetoes are asked of those only that are worth showing.
    """
    found = [_weighed(record, group, model, judging) for group in groups]
    told = [one for one in found if Veto.SEALED not in one.vetoes]
    told.sort(key=lambda one: (-one.weight, one.group.created_seq, one.group.person))
    return tuple(told)


def _weighed(record: Member, group: Group, model: Model, judging: Judging) -> Weighed:
    scores = [score(record.norm, one.norm, model, source=record.source) for one in group.members]
    at = max(range(len(scores)), key=lambda place: scores[place].weight)
    best = scores[at]
    least = judging.limits.comparable_fields
    counting = [one.weight for one in scores if one.n_compared >= least]
    check = max((cross_check(record.norm, one.norm) for one in group.members), key=_ORDER.index)
    is_worth = best.weight >= model.thresholds.show or check is not Check.NONE
    vetoes = group_conflicts((record,), group.members, judging) if is_worth else {}
    worst = min(counting, default=best.weight)
    return Weighed(group, group.members[at], best, worst, check, vetoes)


_ORDER = (Check.NONE, Check.OPEN, Check.WRONG, Check.AGREES)


def cross_check(left: Norm, right: Norm) -> Check:
    """Returns whether a verified number that both hold is confirmed by birth date and names.

    Confirmed: the birth date is equal, or two of its parts are and a name sounds alike. With a
    number that one of them bore before, a name must always be alike: it may have been put right
    because it was somebody else's.
    """
    if not _share_number(left, right):
        return Check.NONE
    if left.birth is None or right.birth is None:
        return Check.OPEN
    are_alike = have_alike_names(left, right)
    if left.birth == right.birth and is_full(left) and is_full(right):
        return Check.AGREES if are_alike or have_one_number(left, right) else Check.OPEN
    if equal_parts(left.birth, right.birth) >= 2:
        return Check.AGREES if are_alike else Check.OPEN
    return Check.OPEN if are_alike else Check.WRONG


def _share_number(left: Norm, right: Norm) -> bool:
    """Says that both hold one verified number, or one that the other's has taken the place of."""
    return any(
        _is_one_number(number(left, kind), number(right, kind), left, right)
        for kind in KINDS_OF_NUMBER
        if kind in left.verified and kind in right.verified
    )


def _is_one_number(ours: str, theirs: str, left: Norm, right: Norm) -> bool:
    return ours == theirs or ours in right.past_numbers or theirs in left.past_numbers


def lead_of(chosen: Weighed, others: Sequence[Weighed], model: Model) -> float:
    """Returns how far a person is ahead of every other, vetoed ones with them.

    Without another, or with none worth a review, the lead is over what just misses a review.
    A veto never creates a lead.
    """
    second = max((one.weight for one in others if one is not chosen), default=float("-inf"))
    return chosen.weight - max(second, model.thresholds.review - 1.0)
