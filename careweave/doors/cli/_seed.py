"""Loads the people of Northmere through the way in, once, however often it is interrupted."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import NAMESPACE_URL, uuid4, uuid5

from careweave import disclosure
from careweave.db import Database, Session
from careweave.disclosure import Asking, Outlet
from careweave.doors.cli._files import write_whole
from careweave.doors.cli._northmere import Organisation, charts, house
from careweave.doors.cli._northmere_forms import Resource
from careweave.doors.cli._northmere_people import NHS_SYSTEM
from careweave.formats import BundleEntry, read_bundle, write_json
from careweave.intake import Outcome, Writer, Writing
from careweave.ledger import Recorder
from careweave.terms import Actor, Clock, Json, Unsupported

_DOOR = "demo"


@dataclass(slots=True)
class Progress:
    """What was loaded: kept in a file, so that an interrupted load goes on.

    `staff` leads from the ids of the generator to those of the record; `done` counts charts.
    """

    path: Path
    seed: str = "northmere"
    today: date = date.min
    n_people: int = 0
    is_complete: bool = False
    staff: dict[str, dict[str, str]] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, *, today: date, n_people: int) -> "Progress":
        """Returns what a file says, or a beginning for so many people where there is none."""
        if not path.exists():
            return cls(path, today=today, n_people=n_people)
        kept = json.loads(path.read_text(encoding="utf-8"))
        kept["today"] = date.fromisoformat(kept["today"])
        return cls(path, **kept)

    def keep(self) -> None:
        """Writes the file."""
        kept = {
            "seed": self.seed,
            "today": self.today.isoformat(),
            "n_people": self.n_people,
            "is_complete": self.is_complete,
            "staff": self.staff,
            "done": self.done,
        }
        write_whole(self.path, json.dumps(kept))


class Loader:
    """Writes what one organisation holds, as its own client."""

    def __init__(self, database: Database, writer: Writer, actor: Actor, clock: Clock) -> None:
        """Takes the way in and the client that writes."""
        self._database = database
        self._writer = writer
        self._actor = actor
        self._clock = clock
        with database.session() as session:
            self._sight = disclosure.sight(session, actor, actor.purpose)

    def load(self, organisation: Organisation, progress: Progress) -> Iterator[int]:
        """Gives the number of resources written, chart by chart."""
        if organisation.id not in progress.staff:
            resources = house(organisation)
            progress.staff[organisation.id] = self._write(resources, {})
            progress.keep()
            yield len(resources)
        yield from self._load_charts(organisation, progress)

    def _load_charts(self, organisation: Organisation, progress: Progress) -> Iterator[int]:
        known, done = progress.staff[organisation.id], progress.done.get(organisation.id, 0)
        every = charts(
            organisation, seed=progress.seed, n_people=progress.n_people, today=progress.today
        )
        for number, chart in enumerate(every, 1):
            # The last chart of an interrupted load may be in, though the file does not say so.
            if number > done and not (number == done + 1 and self._is_held(chart)):
                self._write(chart, known)
                yield len(chart)
            if number > done:
                progress.done[organisation.id] = number
                progress.keep()

    def _is_held(self, chart: list[Resource]) -> bool:
        asking = Asking(self._actor, self._actor.purpose, _DOOR, str(uuid4()), self._clock())
        outlet = Outlet(self._database, Recorder(self._database))
        pairs = (("identifier", f"{NHS_SYSTEM}|{_nhs_number(chart[0])}"),)
        return bool(disclosure.search(outlet, asking, "Patient", pairs).rows)

    def _write(self, resources: list[Resource], known: Mapping[str, str]) -> dict[str, str]:
        names = [f"{one['resourceType']}/{one['id']}" for one in resources]
        mapping = {**known, **{name: _urn(name) for name in names}}
        entries: list[Json] = [
            _entry(mapping[name], resource, mapping)
            for name, resource in zip(names, resources, strict=True)
        ]
        bundle: Json = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        writing = Writing(self._actor, self._sight, _DOOR, str(uuid4()), self._clock())
        outcomes = self._writer.transact(read_bundle(write_json(bundle)), writing, reads=_no_reads)
        return {name: _place(one) for name, one in zip(names, outcomes, strict=True)}


def _urn(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"


def _place(outcome: Outcome) -> str:
    written = outcome.written
    return f"{written.type}/{written.id}" if written else ""


def _nhs_number(patient: Resource) -> str:
    identifiers = patient["identifier"]
    first = identifiers[0] if isinstance(identifiers, list) else None
    return str(first["value"]) if isinstance(first, dict) else ""


def _entry(full_url: str, resource: Resource, mapping: Mapping[str, str]) -> Json:
    body = {name: value for name, value in resource.items() if name != "id"}
    return {
        "fullUrl": full_url,
        "resource": _linked(body, mapping),
        "request": {"method": "POST", "url": resource["resourceType"]},
    }


def _linked(value: Json, mapping: Mapping[str, str]) -> Json:
    if isinstance(value, list):
        return [_linked(one, mapping) for one in value]
    if not isinstance(value, dict):
        return value
    linked = {name: _linked(one, mapping) for name, one in value.items()}
    reference = linked.get("reference")
    if isinstance(reference, str):
        linked["reference"] = mapping.get(reference, reference)
    return linked


def _no_reads(_session: Session, _entry: BundleEntry) -> Outcome:
    message = "A load only writes."
    raise Unsupported(message)
