"""What a test may know: the facts behind the messages, and the truth about conflicts and persons."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path

from careweave.demonstration._kinds import heading_of, is_told, label_of
from careweave.demonstration._model import Fact, Holding, Person
from careweave.demonstration._people import USUAL_SEED, read_people
from careweave.demonstration._region import Region, read_region
from careweave.demonstration._state import is_of_person
from careweave.terms import Heading, Label


@dataclass(frozen=True, slots=True)
class Told:
    """One fact as one system knows it: a voice, whether it is told or a silence.

    `says` are the words of the voice; `heading` is None for what only changes who the person is;
    `under` is whose number it was told under, where that was not the person's own.
    """

    person: str
    desk: str
    organisation: str
    local: str
    kind: str
    fact: str
    says: str
    at: datetime
    sent_at: datetime
    heading: Heading | None
    label: Label | None
    canary: str
    conflicts: tuple[str, ...]
    is_told: bool
    under: str


def facts_of(region: Path, *, seed: str = USUAL_SEED) -> Iterator[Told]:
    """Gives every fact of the named people, person by person, system by system."""
    read = read_region(region)
    for person in read_people(region, read, seed):
        for holding in person.holdings:
            for fact in holding.facts:
                yield _told(read, person, holding, fact)


def _told(region: Region, person: Person, holding: Holding, fact: Fact) -> Told:
    return Told(
        person=person.key,
        desk=holding.desk,
        organisation=region.desk(holding.desk).organisation.id,
        local=holding.who.local,
        kind=fact.kind,
        fact=fact.text,
        says=_says(fact),
        at=fact.at,
        sent_at=fact.sent_at,
        heading=heading_of(fact, holding.desk),
        label=label_of(fact),
        canary=fact.canary,
        conflicts=fact.words("conflict"),
        is_told=is_told(fact) and not is_of_person(fact),
        under=fact.word("under"),
    )


def _says(fact: Fact) -> str:
    if fact.kind == "silent":
        return "says nothing of it"
    parts = [fact.word(name) for name in ("status", "value", "dose", "target", "note")]
    if fact.ended_at:
        parts.append(f"ended {fact.ended_at:%Y-%m-%d}")
    return "; ".join(part for part in parts if part) or fact.text


def truths(region: Path, *, seed: str = USUAL_SEED) -> dict[str, str]:
    """Returns the files of known truth by their names: CSV with a header."""
    told = list(facts_of(region, seed=seed))
    people = read_people(region, read_region(region), seed)
    return {
        "conflicts.csv": _csv(_CONFLICT, _conflicts(told)),
        "identity-truth.csv": _csv(_PAIR, _pairs(people)),
        "labels-truth.csv": _csv(_LABEL, _labels(told, people)),
    }


_CONFLICT = ("id", "person", "heading", "fact", "system", "organisation", "date", "says")
_PAIR = ("left", "left_number", "right", "right_number", "truth", "why")
_LABEL = ("person", "class", "system", "kind", "date", "canary")


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return made.getvalue()


def _conflicts(told: list[Told]) -> list[tuple[str, ...]]:
    return sorted(
        (
            name,
            one.person,
            one.heading.value if one.heading else "",
            one.fact,
            one.desk,
            one.organisation,
            f"{one.at:%Y-%m-%d}",
            one.says,
        )
        for one in told
        for name in one.conflicts
    )


def _pairs(people: Sequence[Person]) -> Iterator[tuple[str, ...]]:
    for person in people:
        for left, right in combinations(person.holdings, 2):
            yield (*_side(left), *_side(right), "SAME", f"both are {person.key}")
    for one, other in combinations(people, 2):
        why = _why_alike(one, other)
        if why and one.holdings and other.holdings:
            yield (*_side(one.holdings[0]), *_side(other.holdings[0]), "DIFFERENT", why)


def _side(holding: Holding) -> tuple[str, str]:
    return holding.desk, holding.who.local


def _why_alike(one: Person, other: Person) -> str:
    """Returns what two people share that a careless matcher takes for sameness; empty for nothing.

    Copies of a person share the name and the birth date by design.
    """
    alike = {
        "birth date": one.who.born is not None and one.who.born == other.who.born,
        "address": one.who.home is not None and one.who.home == other.who.home,
        "phone": bool(set(one.who.phones) & set(other.who.phones)),
        "name": one.who.name == other.who.name,
    }
    return " and ".join(what for what, is_so in alike.items() if is_so)


def _labels(told: list[Told], people: Sequence[Person]) -> Iterator[tuple[str, ...]]:
    for one in told:
        label = one.label
        if label is not None:
            yield one.person, label.value, one.desk, one.kind, f"{one.at:%Y-%m-%d}", one.canary
    for person in people:
        for name in sorted(person.subject):
            yield person.key, name, "", "subject", "", ""
