"""Questions to humans made of doubts: who is named, how dangerous, on what evidence. Pure.

Source: reference/identity.md section 14.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from careweave.identity._asking import Ask
from careweave.identity._conflicts import Veto
from careweave.identity._decide import Doubt, Kind
from careweave.identity._evidence import basis
from careweave.identity._explaining import persons_told
from careweave.identity._member import Member
from careweave.identity._outcome import Event
from careweave.identity._review_rules import ReviewRules
from careweave.terms import SubjectId

_CONFLICTS = frozenset({Kind.OVERLAY, Kind.WRONG_NUMBER})
_MOST_DANGEROUS = 5
_LEAST_DANGEROUS = 1
_FOR_TWO = frozenset({Veto.BIRTH, Veto.TWINS, Veto.GENERATION, Veto.DEATH})


def subjects_of(record: Member, doubts: Iterable[Doubt]) -> set[SubjectId]:
    """Returns the record and all members of the persons that it may be; nobody without doubts."""
    return {
        subject
        for doubt in doubts
        for subject in (
            record.subject,
            *(one.subject for person in doubt.persons for one in person.group.members),
        )
    }


def asks_of(
    record: Member,
    doubts: Sequence[Doubt],
    event: Event,
    at: datetime,
    hazards: Mapping[SubjectId, int],
    rules: ReviewRules,
) -> list[Ask]:
    """Returns a question for each doubt about a record."""
    return [
        Ask(
            subject=record.subject,
            kind=str(doubt.kind),
            candidates=persons_told(doubt.persons),
            hazard=_hazard(record, doubt, hazards),
            value=_value(doubt),
            basis=basis(record.norm, *(one.best.norm for one in doubt.persons)),
            opened_seq=event.seq,
            at=at,
            needs_two=_needs_two(record, doubt, rules),
        )
        for doubt in doubts
    ]


def _hazard(record: Member, doubt: Doubt, hazards: Mapping[SubjectId, int]) -> int:
    if doubt.kind in _CONFLICTS:
        return _MOST_DANGEROUS
    known = [hazards.get(one, _LEAST_DANGEROUS) for one in subjects_of(record, (doubt,))]
    return max(known)


def _value(doubt: Doubt) -> float:
    """Returns the records that would come together, times the probability that they should."""
    return max(
        (len(one.group.members) * one.scored.probability for one in doubt.persons), default=0.0
    )


def _needs_two(record: Member, doubt: Doubt, rules: ReviewRules) -> bool:
    """Says that a second reader must agree: restricted people, vetoes to overrule, large joins."""
    members = [one for person in doubt.persons for one in person.group.members]
    if record.norm.is_restricted or any(one.norm.is_restricted for one in members):
        return True
    if any(_FOR_TWO & person.vetoes.keys() for person in doubt.persons):
        return True
    return doubt.kind is Kind.JOIN and len(members) > rules.records_for_two
