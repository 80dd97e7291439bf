"""Who of the example staff is a person of the region too, found as soon as systems have sent them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from careweave.db import Database
from careweave.doors import _access
from careweave.doors.cli._demo_staff import staff_who_are_people
from careweave.terms import PersonId

_PAUSE_S = 10.0
_MOST_TRIES = 60
"""Ten minutes: history is sent by then, or whoever is looked for is not among those who are sent."""

Asked = Callable[[str, str, str], str]
"""Asks as an organisation for the person of a number and a birth date; "" for nobody."""


@dataclass(slots=True)
class Kin:
    """The example staff whose own records are not known yet; tried again now and then."""

    wanted: Mapping[str, "Known"]
    ask: Asked
    due_s: float = 0.0
    n_tries: int = 0
    found: dict[str, PersonId] = field(default_factory=dict)

    def is_due(self, now_s: float) -> bool:
        """Says whether somebody is missing and it is time to look again."""
        is_open = self.n_tries < _MOST_TRIES and len(self.found) < len(self.wanted)
        return is_open and now_s >= self.due_s

    def look(self, database: Database, told: _access.Told, now_s: float) -> None:
        """Looks for those who are missing, and notes whom it finds."""
        self.due_s, self.n_tries = now_s + _PAUSE_S, self.n_tries + 1
        for user, known in self.wanted.items():
            id_ = (
                "" if user in self.found else self.ask(known.organisation, known.number, known.born)
            )
            if id_:
                self.found[user] = PersonId(UUID(id_))
                with database.session() as session:
                    _access.know_person(session, user, self.found[user], told)


@dataclass(frozen=True, slots=True)
class Known:
    """By what a person is known, and the organisation that says so."""

    organisation: str
    number: str
    born: str


def kin_of(region: Path, ask: Asked) -> Kin:
    """Returns the example staff of a region who are people of it."""
    return Kin(dict(_known(region)), ask)


def _known(region: Path) -> Iterator[tuple[str, Known]]:
    people = staff_who_are_people(region)
    listed = _read(region / "organisations.yaml")["organisations"] if people else ()
    organisations = {one.get("key"): one["id"] for one in listed}
    for user, key in people.items():
        told = _read(region / "people" / f"{key}.yaml")
        holder = next(iter(told["held"])).partition(".")[0]
        yield user, Known(organisations[holder], told["nhs"], told["born"].isoformat())


def _read(path: Path) -> Any:  # noqa: ANN401  whatever the file says
    return yaml.safe_load(path.read_text(encoding="utf-8"))
