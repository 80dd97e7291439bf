"""Northmere, a region that does not exist: its organisations, their staff and what they write."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from careweave.doors.cli._dice import Dice
from careweave.doors.cli._northmere_care import ambulance, council, hospital, surgery
from careweave.doors.cli._northmere_forms import Chart, Resource, concept
from careweave.doors.cli._northmere_people import Person, patient, people
from careweave.terms import Incorrect, Json

Writes = Callable[[Chart, Person], None]
_KINDS: dict[str, Writes] = {
    "surgery": surgery,
    "hospital": hospital,
    "council": council,
    "ambulance": ambulance,
}


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation of the region, as `region/organisations.yaml` describes it.

    `knows_share` is the share of inhabitants that it knows; `staff` are names of its people.
    """

    id: str
    name: str
    kind: str
    system: str
    short: str
    knows_share: float
    staff: tuple[str, ...]


def organisations(folder: Path) -> tuple[Organisation, ...]:
    """Returns the organisations of a region directory; Incorrect says what is wrong with it."""
    path = folder / "organisations.yaml"
    try:
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))["organisations"]
        found = tuple(Organisation(**{**one, "staff": tuple(one["staff"])}) for one in listed)
    except (OSError, yaml.YAMLError, KeyError, TypeError) as fault:
        message = "The organisations of the region cannot be read; see region/README.md."
        raise Incorrect(message, where=str(path)) from fault
    if any(one.kind not in _KINDS for one in found):
        message = f"The kind of an organisation is one of {', '.join(_KINDS)}."
        raise Incorrect(message, where=str(path))
    return found


def house(organisation: Organisation) -> list[Resource]:
    """Returns the organisation itself, its place and its staff."""
    identity: Resource = {"resourceType": "Organization", "id": organisation.id, "active": True}
    identity |= {"name": organisation.name, "type": [concept(organisation.kind.capitalize())]}
    resources: list[Resource] = [identity]
    here: Json = {"reference": f"Organization/{organisation.id}"}
    resources.append({
        "resourceType": "Location", "id": f"{organisation.short}-place", "status": "active",
        "name": organisation.name, "managingOrganization": here,
    })  # fmt: skip
    for local, name in zip(_staff_ids(organisation), organisation.staff, strict=True):
        given, _, family = name.partition(" ")
        resources.append({
            "resourceType": "Practitioner", "id": local, "active": True,
            "name": [{"family": family, "given": [given]}],
        })  # fmt: skip
        resources.append({
            "resourceType": "PractitionerRole", "id": f"{local}-role", "active": True,
            "practitioner": {"reference": f"Practitioner/{local}"}, "organization": here,
        })  # fmt: skip
    return resources


def charts(
    organisation: Organisation, *, seed: str, n_people: int, today: date
) -> Iterator[list[Resource]]:
    """Gives, person by person, all that one organisation holds of those whom it knows."""
    staff = _staff_ids(organisation)
    for person in people(seed, n_people, today):
        dice = Dice(seed, organisation.id, person.number)
        if not dice.chance(organisation.knows_share):
            continue
        local = f"{organisation.short}{person.number:05d}"
        first = patient(person, local, organisation.id)
        chart = Chart(organisation.id, local, dice, today, staff, [first])
        _KINDS[organisation.kind](chart, person)
        yield chart.resources


def _staff_ids(organisation: Organisation) -> tuple[str, ...]:
    return tuple(f"{organisation.short}-staff-{n}" for n in range(1, len(organisation.staff) + 1))
