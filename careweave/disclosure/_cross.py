"""Under which numbers other systems know a person: a cross-reference of identifiers."""

from collections.abc import Iterator
from dataclasses import dataclass

from careweave import identity, record
from careweave.db import Session
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._match import what_of
from careweave.disclosure._people import (
    Gate,
    Shown,
    account_people,
    as_finding,
    found_by,
    shown,
)
from careweave.disclosure._portrait import current
from careweave.disclosure._searching import is_at_work, may_search
from careweave.formats import read_json
from careweave.record import Row
from careweave.terms import NotFound, Sight

_OPERATION = "Patient/$ihe-pix"

Identifier = tuple[str, str]
"""System and value."""

_ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "\\,$|"})


@dataclass(frozen=True, slots=True)
class Crossed:
    """What a person is known by: identifiers, and ids of Patients, the person's own first."""

    identifiers: tuple[Identifier, ...]
    patients: tuple[str, ...]


def cross(way: Way, asking: Asking, source: Identifier, targets: frozenset[str]) -> Crossed:
    """Returns what the person of one identifier is known by, as far as the caller may see.

    `targets` are the systems wanted; empty means all. Raises NotFound, the same for none and for
    none that may be seen, accounted for like every search for a person.
    Source: IHE ITI, Patient Identifier Cross-referencing for mobile (PIXm) 3.0, ITI-83.
    """
    may = not is_at_work(asking) or may_search(way, as_finding(asking), _OPERATION)
    with way.reading_pages() as session:
        found = found_by(session, asking, lambda view: _people(session, asking, view, source))
        what = what_of(session, _OPERATION, (("identifier", "|".join(source)),))
    # A number that several people have is nobody's.
    one = found[0] if may and len(found) == 1 else None
    account_people(way, asking, what, () if one is None else (one,))
    if one is None:
        raise NotFound("There is no such source identifier.", where="sourceIdentifier")
    return _crossed(one, asking, source, targets)


def _people(session: Session, asking: Asking, view: Sight, source: Identifier) -> tuple[Shown, ...]:
    """Returns whose this identifier is; one that its source has given up is the survivor's."""
    rows = _holders(session, asking, view, source)
    standings = identity.standings(session, [row.subject for row in rows])
    persons = {one.person for one in standings.values() if one.is_found}
    people = shown(session, as_finding(asking), Gate(session, view), sorted(persons))
    return tuple(people.values())


def _holders(session: Session, asking: Asking, view: Sight, source: Identifier) -> tuple[Row, ...]:
    system, value = (part.translate(_ESCAPED) for part in source)
    question = record.parse(
        "Patient",
        (("identifier", f"{system}|{value}"),),
        keys=record.keys(session),
        zone=session.zone,
        now=asking.at,
        lenient=False,
        base_url=asking.base,
    )
    caller = f"{asking.actor.name} {asking.actor.purpose}"
    return record.search(session, question, sight=view, caller=caller, now=asking.at).rows


def _crossed(one: Shown, asking: Asking, source: Identifier, targets: frozenset[str]) -> Crossed:
    found: dict[Identifier, None] = {}
    patients = [str(one.person)]
    for row in one.rows:
        held = [pair for pair in _identifiers(row, asking) if not targets or pair[0] in targets]
        found |= dict.fromkeys(pair for pair in held if pair != source)
        if not is_at_work(asking):
            patients += [row.id] if held or not targets else []
    return Crossed(tuple(found), tuple(patients))


def _identifiers(row: Row, asking: Asking) -> Iterator[Identifier]:
    value = read_json(row.body or b"{}").value
    for item in current(value, "identifier", asking.at.date()):
        system, number = item.get("system"), item.get("value")
        if isinstance(system, str) and isinstance(number, str):
            yield system, number
