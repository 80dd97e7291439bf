"""A person's own Patient: chosen at read time from the entries of several sources. Pure."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from careweave.formats import read_json, write_json
from careweave.identity import demographics
from careweave.record import Row
from careweave.terms import CANONICAL, Heading, Json, PersonId

ORIGIN = f"{CANONICAL}/StructureDefinition/origin"
"""Names the source's Patient that a value was taken from."""

DIFFERING = f"{CANONICAL}/StructureDefinition/differing-value"
"""Holds what another source says instead, with its origin."""

_RESTRICTED: dict[str, Json] = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
    "code": "R",
    "display": "restricted",
}

_SINGLE = ("gender", "birthDate", "deceasedBoolean", "deceasedDateTime")
_SEVERAL = ("identifier", "name", "telecom", "address", "generalPractitioner", "communication")

_WHEREABOUTS = frozenset({"telecom", "address", "generalPractitioner"})
"""What tells where somebody is: kept back of a restricted person.

Source: reference/identity.md 16, M15; reference/record.md 6, S12.
"""

_FORMER = frozenset({"old", "maiden"})
_ASIDE = frozenset({"id", "extension"})

Item = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Likeness:
    """One source's Patient that counts towards a person: its row, read."""

    row: Row
    value: Mapping[str, Json]
    is_verified: bool


def likeness(row: Row) -> Likeness:
    """Returns a row of a Patient as it is compared and shown."""
    value = read_json(row.body or b"{}").value
    numbers = demographics(value).numbers
    return Likeness(row, value, any(number.status == "01" for number in numbers))


def portrait(
    person: PersonId,
    rows: Sequence[Row],
    *,
    is_restricted: bool,
    today: date,
    is_bare: bool = False,
) -> Row:
    """Returns the Patient of a person, made of these rows of its sources, as a row of its own.

    A source that holds a verified number comes first, then the one that spoke last; each value
    names its origin, and differing values stay visible. Nothing former is in it. With `is_bare` it
    names no source: to tell people apart, no more is needed. The version is a digest of the
    content, so that it changes when, and only when, the content does.
    Source: reference/identity.md 3, "Demographics shown are chosen at read time".
    """
    ranked = _ranked([likeness(row) for row in rows])
    made = _patient(ranked, is_restricted=is_restricted, today=today)
    body = write_json(_bare(made) if is_bare else made)
    first = ranked[0].row
    meta = _meta(is_restricted=is_restricted and not is_bare)
    return replace(
        first,
        id=str(person),
        version=_version(body + meta),
        updated=_newest(ranked),
        heading=Heading.DEM,
        body=body,
        cut=(),
        meta=meta,
    )


def _bare(made: Item) -> Item:
    told = {name: value for name, value in made.items() if name != "link" and name[0] != "_"}
    return {name: _without_origin(value) for name, value in told.items()}


def _without_origin(value: Json) -> Json:
    if not isinstance(value, list):
        return value
    return [
        {name: part for name, part in one.items() if name != "extension"}
        for one in value
        if isinstance(one, dict)
    ]


def forward(survivor: Row, given_up: PersonId) -> Row:
    """Returns the Patient of an id that was given up: it names the survivor and nothing else."""
    other: Json = {"other": {"reference": f"Patient/{survivor.id}"}, "type": "replaced-by"}
    body = write_json({"resourceType": "Patient", "active": False, "link": [other]})
    return replace(survivor, id=str(given_up), version=_version(body), body=body, meta=b"")


def _ranked(found: Sequence[Likeness]) -> list[Likeness]:
    by_time = sorted(found, key=lambda one: (one.row.updated, one.row.id), reverse=True)
    return sorted(by_time, key=lambda one: not one.is_verified)


def _newest(ranked: Sequence[Likeness]) -> datetime:
    return max(one.row.updated for one in ranked)


def _version(content: bytes) -> int:
    return int.from_bytes(hashlib.sha256(content).digest()[:4], "big") >> 1 or 1


def _meta(*, is_restricted: bool) -> bytes:
    return b'"security":' + write_json([_RESTRICTED]) if is_restricted else b""


def _patient(ranked: Sequence[Likeness], *, is_restricted: bool, today: date) -> Item:
    kept_back = _WHEREABOUTS if is_restricted else frozenset[str]()
    found: Item = {"resourceType": "Patient", "active": True}
    for name in _SEVERAL:
        if name not in kept_back and (items := _several(ranked, name, today)):
            found[name] = list[Json](items)
    for name in _SINGLE:
        found |= _single(ranked, name)
    found["link"] = [_link(one) for one in ranked]
    return found


def _link(one: Likeness) -> Item:
    return {"other": {"reference": _reference(one)}, "type": "seealso"}


def _reference(one: Likeness) -> str:
    return f"Patient/{one.row.id}"


def _origin(one: Likeness) -> Item:
    return {"url": ORIGIN, "valueReference": {"reference": _reference(one)}}


def _single(ranked: Sequence[Likeness], name: str) -> Item:
    """Returns the value of the first source that has one, and what others say instead."""
    said = [(one, one.value[name]) for one in ranked if one.value.get(name) is not None]
    if not said:
        return {}
    chosen = said[0][1]
    about: list[Json] = [_origin(one) for one, value in said if value == chosen]
    about += [_differing(one, value) for one, value in said if value != chosen]
    return {name: chosen, f"_{name}": {"extension": about}}


def _differing(one: Likeness, value: Json) -> Item:
    inner: list[Json] = [{"url": "value", "valueString": _as_text(value)}]
    inner.append({"url": "origin", "valueReference": {"reference": _reference(one)}})
    return {"url": DIFFERING, "extension": inner}


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else write_json(value).decode()


def _several(ranked: Sequence[Likeness], name: str, today: date) -> list[Item]:
    """Returns each distinct current item once, in the order of the sources, with its origins."""
    found: dict[bytes, tuple[Item, list[Json]]] = {}
    for one in ranked:
        for item in current(one.value, name, today):
            plain = {key: value for key, value in item.items() if key not in _ASIDE}
            own = item.get("extension")
            told = list(own) if isinstance(own, list) else []
            _, about = found.setdefault(write_json(_ordered(plain)), (plain, told))
            if (origin := _origin(one)) not in about:
                about.append(origin)
    return [{**item, "extension": about} for item, about in found.values()]


def _ordered(value: Json) -> Json:
    """Returns a value with its members by name: their order means nothing."""
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value)}
    return [_ordered(one) for one in value] if isinstance(value, list) else value


def current(value: Mapping[str, Json], name: str, today: date) -> Iterator[Item]:
    """Yields the items of a list that are not former: not of use `old`, of no period that ended."""
    items = value.get(name)
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and item.get("use") not in _FORMER and not _is_over(item, today):
            yield item


def _is_over(item: Item, today: date) -> bool:
    period = item.get("period")
    end = period.get("end") if isinstance(period, dict) else None
    return isinstance(end, str) and end[:10] < today.isoformat()
