"""Who somebody is, in the few values that tell people apart in a list. Pure.

Source: `reference/agreements.md` 6.5: name, born, sex, number, outward postcode.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from careweave.formats import read_json
from careweave.record import Row
from careweave.terms import Json

_OUTWARD = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)(?: *[0-9][A-Z]{2})?")
"""Source: BS 7666, postcodes."""

_NATIONAL = (
    "https://fhir.nhs.uk/Id/nhs-number",
    "http://fhir.scot.nhs.uk/Id/chi-number",
    "https://fhir.hscni.net/Id/hcn",
)
_RANK = ("usual", "official")


@dataclass(frozen=True, slots=True)
class Who:
    """A person in a list: every text is empty where it is not known or not told.

    `born` and `died` are FHIR dates, `sex` a code of administrative gender, `number` the national
    number as it is written with its system in `number_system`.
    """

    family: str
    given: str
    title: str
    born: str
    sex: str
    number: str
    number_system: str
    outward: str
    died: str = ""
    is_deceased: bool = False


def who(row: Row) -> Who:
    """Returns who a portrait or the Patient of a source is about."""
    value = read_json(row.body or b"{}").value
    name, number = _name(value), _number(value)
    died = value.get("deceasedDateTime")
    return Who(
        family=_text(name, "family") or _text(name, "text"),
        given=" ".join(_words(name.get("given"))),
        title=" ".join(_words(name.get("prefix"))),
        born=_text(value, "birthDate"),
        sex=_text(value, "gender"),
        number=_text(number, "value"),
        number_system=_text(number, "system"),
        outward=next(_outwards(value), ""),
        died=died if isinstance(died, str) else "",
        is_deceased=bool(died) or value.get("deceasedBoolean") is True,
    )


def _name(value: Mapping[str, Json]) -> Mapping[str, Json]:
    names = _objects(value.get("name"))
    for use in _RANK:
        for one in names:
            if one.get("use") == use:
                return one
    return names[0] if names else {}


def _number(value: Mapping[str, Json]) -> Mapping[str, Json]:
    numbers = _objects(value.get("identifier"))
    for system in _NATIONAL:
        for one in numbers:
            if one.get("system") == system:
                return one
    return {}


def _outwards(value: Mapping[str, Json]) -> Iterator[str]:
    for one in _objects(value.get("address")):
        found = _OUTWARD.fullmatch(_text(one, "postalCode").strip().upper())
        if found is not None:
            yield found[1]


def _objects(value: Json) -> list[Mapping[str, Json]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Mapping[str, Json], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


def _words(value: Json) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
