"""Finding who somebody is, graded: shows demographics and changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from careweave import identity
from careweave.db import Session
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._criteria import terms_of
from careweave.disclosure._people import (
    Gate,
    Shown,
    account_people,
    as_finding,
    found_by,
    shown,
)
from careweave.identity import Demographics, Grade, Norm, NumberTrust
from careweave.record import Row
from careweave.terms import Incorrect, Json, Sight, keyed_id


@dataclass(frozen=True, slots=True)
class Matched:
    """One person that may be meant: the portrait, how sure, and how probable (0 to 1)."""

    row: Row
    grade: str
    probability: float


@dataclass(frozen=True, slots=True)
class Matches:
    """Who may be meant, most likely first; `is_too_many`: several, so that nobody is shown."""

    found: tuple[Matched, ...]
    is_too_many: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person that may be meant, as far as the caller may see; `weight` and `lead` in bits."""

    shown: Shown
    grade: Grade
    probability: float
    weight: float = 0.0
    lead: float = 0.0

    @property
    def matched(self) -> Matched:
        """Returns what may leave of it."""
        return Matched(self.shown.portrait, str(self.grade), self.probability)


Candidates = tuple[Candidate, ...]


def match_likely(
    way: Way, asking: Asking, patient: Mapping[str, Json], *, only_certain: bool, most: int
) -> Matches:
    """Returns the persons that a Patient may be about, graded, as far as the caller may see them.

    With `only_certain` one or none. Accounted for first, as a search for a person, also when
    nobody was found. Raises Incorrect when too little is said of the person.
    Source: `reference/identity.md` section 16.
    """
    asked = identity.demographics(patient)
    with way.reading_pages() as session:
        rules = identity.rules_in_force(session)
        _check_enough(identity.normalise(asked, rules, today=asking.at.date()))
        found = found_by(session, asking, lambda view: graded(session, asking, view, asked))
        kept = certain(found) if only_certain else found[:most]
        what = what_of(session, "Patient/$match", terms_of(asked))
    account_people(way, asking, what, [one.shown for one in kept])
    return Matches(tuple(one.matched for one in kept))


def _check_enough(asked: Norm) -> None:
    """Raises Incorrect unless there is a full birth date, and a name or a number beside it.

    Source: `reference/identity.md` section 16, "Minimum input".
    """
    if asked.birth is None or asked.precision != "day":
        raise Incorrect("A full birth date is needed.", where="Patient.birthDate", code="required")
    if not asked.names and not (asked.nhs or asked.chi or asked.hc or asked.numbers):
        raise Incorrect(
            "A name or a valid number is needed beside the birth date.",
            where="Patient.name",
            code="required",
        )


def graded(session: Session, asking: Asking, view: Sight, asked: Demographics) -> Candidates:
    """Returns who may be meant by these demographics, by what the caller may see alone.

    What it may not see is neither compared nor counted, so the grade tells nothing of it.
    """
    gate = Gate(session, view)
    ranked = identity.find(session, asked, among=gate, at=asking.at, trust=NumberTrust.VERIFIED)
    people = shown(session, as_finding(asking), gate, [one.person for one in ranked])
    return tuple(
        Candidate(people[one.person], one.grade, one.probability, one.weight, one.lead)
        for one in ranked
        if one.person in people
    )


def certain(found: Candidates) -> Candidates:
    """Returns the one who is certainly meant; none when that could be several."""
    sure = tuple(one for one in found if one.grade is Grade.CERTAIN)
    return sure if len(sure) == 1 else ()


def what_of(session: Session, operation: str, terms: Sequence[tuple[str, str]]) -> str:
    """Returns a search as the ledger has it: each term's name, and the keyed hash of its value.

    Source: `reference/security.md` 5.1.
    """
    told = [f"{name}~{keyed_id(session.secret, 'find', name, value)}" for name, value in terms]
    return f"{operation}?{'&'.join(told)}"
