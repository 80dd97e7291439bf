"""Searches that name persons: each stands for the subjects that the caller may see of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from careweave import record
from careweave.db import Session
from careweave.disclosure._accounts import ByPerson
from careweave.disclosure._asking import Asking
from careweave.disclosure._whose import Person, people_seen, person_id, whose
from careweave.record import Kind, Row
from careweave.terms import Issue, PersonId, Sight

_PATIENT = "Patient"
_PREFIX = f"{_PATIENT}/"
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Named:
    """A search as it is asked of the record: `pairs` name the Patients of the persons.

    `written` are the values of the pairs as the caller wrote them, by what stands there now.
    """

    pairs: tuple[Pair, ...]
    written: Mapping[Pair, str]
    persons: tuple[Person, ...]

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Returns what has to be told of what was left out, once."""
        return tuple(dict.fromkeys(issue for person in self.persons for issue in person.issues))

    def whose(self, rows: Sequence[Row]) -> ByPerson:
        """Returns by which links the subjects of these rows were read."""
        return whose(self.persons, rows) if self.persons else {}

    def as_asked(self, honoured: Iterable[Pair]) -> tuple[Pair, ...]:
        """Returns the parameters as the caller wrote them: no id of anybody's Patient is told."""
        return tuple((name, self.written.get((name, value), value)) for name, value in honoured)


def persons_in(type_name: str, pairs: Iterable[Pair]) -> bool:
    """Says whether a search names a person; costs nothing where it does not."""
    return any(_is_of_patients(type_name, name) and _ids(value) for name, value in pairs)


def persons_seen(
    session: Session, asking: Asking, type_name: str, pairs: Iterable[Pair], view: Sight
) -> Named:
    """Returns the search with the visible Patients of each person in its place.

    A person of whom nothing may be seen stays as it is written, and finds nothing.
    """
    asked = list(pairs)
    ids = {one for name, value in asked if _is_of_patients(type_name, name) for one in _ids(value)}
    people = people_seen(session, asking, ids, view)
    made: list[Pair] = []
    written: dict[Pair, str] = {}
    for name, value in asked:
        is_named = _is_of_patients(type_name, name) and _ids(value)
        now = (name, ",".join(_expanded(value, people)) if is_named else value)
        made.append(now)
        written[now] = value
    return Named(tuple(made), written, tuple(people.values()))


def _is_of_patients(type_name: str, name: str) -> bool:
    """Says whether a parameter leads to a Patient: by its name, with or without the type."""
    base, _, modifier = name.partition(":")
    if modifier not in {"", _PATIENT}:
        return False
    parameter = record.parameters(type_name).get(base)
    is_reference = parameter is not None and parameter.kind is Kind.REFERENCE
    return is_reference and parameter is not None and _PATIENT in parameter.targets


def _ids(value: str) -> tuple[PersonId, ...]:
    return tuple(found for text in value.split(",") if (found := _id(text)) is not None)


def _id(text: str) -> PersonId | None:
    return person_id(text.removeprefix(_PREFIX))


def _expanded(value: str, people: Mapping[PersonId, Person]) -> Iterator[str]:
    for text in value.split(","):
        found = _id(text)
        person = people.get(found) if found is not None else None
        if person is None:
            yield text
        else:
            yield from (f"{_PREFIX}{patient}" for patient in person.patients)
