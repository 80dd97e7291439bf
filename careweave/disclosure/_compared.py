"""Patient records side by side, for the officer who says whose they are.

The officer of the platform looks at the demographics of any source, and at nothing else; what is
sealed is not shown to anybody. Source: reference/identity.md sections 14 and 15.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from careweave import identity, record
from careweave.db import Session
from careweave.disclosure._accounts import account_of
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._people import Gate, finding, protected
from careweave.formats import read_json
from careweave.identity import Demographics, Standing, WrittenName
from careweave.record import Row
from careweave.terms import EVERY_LABEL, Branch, Heading, Purpose, Sight, SubjectId

_FORMER = " (former)"
_VERIFIED = " (verified)"
_RULE = "officer"

FIELDS = (
    *("names", "born", "sex", "numbers", "addresses", "phones and e-mail", "practice"),
    *("died", "birth order"),
)
"""What is compared, in the order in which it is shown."""

_PLACES = frozenset({"addresses", "phones and e-mail", "practice"})


@dataclass(frozen=True, slots=True)
class Compared:
    """One patient record as an officer sees it: whose it is now, who told it, and what it says.

    `says` holds the values of each of FIELDS, former ones marked; of a restricted person those
    that tell a place are left out.
    """

    patient: str
    subject: SubjectId
    person: str
    organisation: str
    system: str
    told_at: str
    is_restricted: bool
    says: Mapping[str, tuple[str, ...]]


def compare(
    way: Way, asking: Asking, subjects: Sequence[SubjectId], *, why: str
) -> tuple[Compared, ...]:
    """Returns these records side by side, in the order asked for; each look is accounted first."""
    with way.reading_pages() as session:
        gate = Gate(session, finding(session, _officers(session)))
        standings = identity.standings(session, subjects)
        hidden = protected(session, subjects, asking.at)
        visible = gate([one.subject for one in standings.values() if one.is_found])
        known = record.dictionaries(session)
        found = [
            _compared(gate.rows[one], standings[one], known, is_hidden=one in hidden)
            for one in dict.fromkeys(subjects)
            if one in visible
        ]
    _account(way, asking, [one.subject for one in found], why)
    return tuple(found)


def _officers(session: Session) -> Sight:
    """Returns what an officer of the platform may see: demographics of every source."""
    sources = frozenset(record.dictionaries(session).sources)
    branch = Branch(sources, frozenset({Heading.DEM}), EVERY_LABEL, clause=_RULE, is_own=True)
    return Sight((branch,), 1)


def _compared(
    row: Row, standing: Standing, known: record.Dictionaries, *, is_hidden: bool
) -> Compared:
    written = identity.demographics(read_json(row.body or b"{}").value)
    is_restricted = is_hidden or standing.is_restricted
    source = known.sources[row.source]
    kept_back = _PLACES if is_restricted else frozenset[str]()
    says = {name: tuple(values) for name, values in _said(written).items() if name not in kept_back}
    return Compared(
        patient=row.id,
        subject=row.subject,
        person=str(standing.person),
        organisation=source.organisation,
        system=source.system,
        told_at=row.updated.isoformat(timespec="minutes"),
        is_restricted=is_restricted,
        says=says,
    )


def _said(written: Demographics) -> dict[str, Iterator[str]]:
    values: tuple[Iterable[str], ...] = (
        (_name(one) + _past(is_past=one.is_past) for one in written.names),
        (written.birth_date + " (estimated)" * written.is_birth_estimated,),
        (written.sex,),
        (
            f"{one.system}|{one.value}{_VERIFIED * (one.status == '01')}{_past(is_past=one.is_past)}"
            for one in written.numbers
        ),
        (
            ", ".join(filter(None, (*one.lines, one.city, one.postcode)))
            + _past(is_past=one.is_past)
            for one in written.addresses
        ),
        (one.value + _past(is_past=one.is_past) for one in written.contacts),
        (written.practice,),
        (written.died,),
        ("" if written.birth_order is None else str(written.birth_order),),
    )
    return {name: filter(None, said) for name, said in zip(FIELDS, values, strict=True)}


def _name(one: WrittenName) -> str:
    return f"{' '.join(one.given)} {one.family}".strip()


def _past(*, is_past: bool) -> str:
    return _FORMER if is_past else ""


def _account(way: Way, asking: Asking, subjects: Sequence[SubjectId], why: str) -> None:
    finding_of = replace(asking, purpose=Purpose.PATIENT_ADMINISTRATION)
    accounts = [
        account_of(finding_of, "find", "Patient?side-by-side", (subject,), 1)
        for subject in subjects
    ] or [account_of(finding_of, "find", "Patient?side-by-side", (), 0)]
    way.account(tuple(replace(one, reason=why, clauses=_RULE) for one in accounts))
