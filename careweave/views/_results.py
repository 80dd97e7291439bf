"""Results and measurements: one row a value, what came twice once, and each measure over time.

Values of two units are never in one line, and none is averaged or converted.
Source: `reference/record.md` 3.1, EXM and INV; `reference/interface.md` 6.3 and 14.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from careweave.disclosure import Row, ShownPerson
from careweave.terms import Heading, Json
from careweave.views import _fhir as fhir
from careweave.views._clinical_context import Point, Trend
from careweave.views._context import Fact, Group
from careweave.views._format import NBSP, instant_of, quantity, written
from careweave.views._making import Making
from careweave.views._meaning import named_by
from careweave.views._plain import grouped, phases, single, speaking
from careweave.views._said import observed, range_text
from careweave.views._voice import Spoken, source_name
from careweave.views._voices import Part, Saying, differing, fact, organisation, together

_HEADINGS = (Heading.INV, Heading.EXM, Heading.ASM)
_FEWEST = 2
"""One value is no trend."""

_SPAN = re.compile(r"(\d+(?:\.\d+)?) *[-\u2013] *(\d+(?:\.\d+)?)", re.ASCII)
"""A range as laboratories write it: 115-165. Source: HL7 v2.5, OBX-7."""

_SLUG = re.compile(r"[^a-z0-9]+")


def facts(rows: Iterable[Row], shown: ShownPerson, making: Making) -> tuple[Group, ...]:
    """Returns a row for each value, newest first; two sources that give one value share it."""
    heard = [one for one in speaking(rows) if not _only_carries(one)]
    singles = [(one, single(one, shown, making)) for one in heard]
    sayings = [_saying(one, alone, shown, making) for one, alone in singles]
    found = [(its[0].spoken, _row(its, making)) for its in together(sayings)]
    return grouped(found, making, phases(singles, making))


def _only_carries(one: Spoken) -> bool:
    """Says that a report says nothing but which observations belong to it."""
    if one.row.type != "DiagnosticReport":
        return False
    says = ("conclusion", "conclusionCode", "presentedForm")
    return bool(one.value.get("result")) and not any(one.value.get(name) for name in says)


def _saying(one: Spoken, alone: Fact, shown: ShownPerson, making: Making) -> Saying:
    slug, kind = organisation(one, shown, making)
    given = fhir.table(one.value.get("valueQuantity"))
    number = fhir.number(given.get("value"))
    unit = fhir.words(given.get("code")) or fhir.words(given.get("unit"))
    told = None if number is not None else observed(one.value, making).casefold() or None
    exact = instant_of(one.date)
    moment = one.date if exact is None else exact.astimezone(UTC).isoformat()
    names = [f"{key}@{moment}" for key in named_by(one.value.get("code"), alone.title, None)]
    # Without a moment of the specimen two values cannot be known to be of the same one.
    own = frozenset(names if moment else [f"entry:{one.row.type}/{one.row.id}"])
    return Saying(
        spoken=one,
        slug=slug,
        kind=kind,
        keys=own,
        title=alone.title,
        standing="",
        voice=alone.voices[0],
        parts=(
            Part("Value", "", told if number is None else number.normalize()),
            Part("Unit", "", unit.casefold() or None),
        ),
    )


def _row(sayings: Sequence[Saying], making: Making) -> Fact:
    """Returns one value with all who give it: received by several routes, or given otherwise."""
    kept: dict[tuple[str, tuple[object, ...]], list[Saying]] = {}
    for one in sayings:
        kept.setdefault((one.slug, tuple(part.value for part in one.parts)), []).append(one)
    firsts = [its[0] for its in kept.values()]
    made = fact(firsts, making, title=sayings[0].title)
    is_one = not differing(firsts)
    routes = [len(sayings) if is_one and place == 0 else 1 for place in range(len(firsts))]
    voices = tuple(replace(voice, routes=n) for voice, n in zip(made.voices, routes, strict=True))
    is_mixed = "Unit" in differing(firsts)
    act = making.say("The units differ: do not compare the numbers") if is_mixed else ""
    return replace(made, voices=voices, act=act)


@dataclass(frozen=True, slots=True)
class _Measured:
    """One number of one entry: `key` is the measure and the unit, which are one line of a chart."""

    one: Spoken
    key: tuple[str, str]
    title: str
    at: datetime
    number: Decimal
    given: dict[str, Json]
    part: dict[str, Json]


def trends(shown: ShownPerson, making: Making) -> tuple[Trend, ...]:
    """Returns each measure of which several values are shown, oldest value first, by name."""
    lines: dict[tuple[str, str], list[_Measured]] = {}
    for heading in _HEADINGS:
        for one in speaking(shown.rows.get(heading, ())):
            for each in _measured(one):
                lines.setdefault(each.key, []).append(each)
    made = [_trend(its, shown, making) for its in lines.values()]
    kept = [one for one in made if len(one.points) >= _FEWEST]
    return tuple(sorted(kept, key=lambda one: (one.title.casefold(), one.unit)))


def _measured(one: Spoken) -> Iterator[_Measured]:
    at = instant_of(one.date)
    if at is None or one.row.type != "Observation":
        return
    for part in (dict(one.value), *fhir.items(one.value.get("component"))):
        given = dict(fhir.table(part.get("valueQuantity")))
        number = fhir.number(given.get("value"))
        # A bound such as < 5 is no point: it would be drawn as a value that nobody measured.
        if number is None or given.get("comparator"):
            continue
        title = fhir.concept(part.get("code"))
        unit = fhir.words(given.get("code")) or fhir.words(given.get("unit"))
        code = fhir.code(part.get("code")) or title.casefold()
        yield _Measured(one, (code, unit.casefold()), title, at, number, given, part)


def _trend(measured: Sequence[_Measured], shown: ShownPerson, making: Making) -> Trend:
    ordered = sorted(measured, key=lambda each: (each.at, each.one.order))
    points = tuple(_points(ordered, shown, making))
    newest = ordered[-1]
    unit = quantity({**newest.given, "value": Decimal(0)}, making).text.partition(NBSP)[2]
    low, high = _range(newest.part)
    measure = _SLUG.sub("-", f"{newest.title} {newest.key[1]}".casefold()).strip("-")
    return Trend(
        # What was measured of somebody tells of them, and addresses tell of nobody.
        slug=making.handle("Trend", measure),
        title=newest.title,
        unit=unit,
        points=points,
        low=low,
        high=high,
        range_text=range_text(newest.part, making),
        finding=_finding(newest.number, low, high, making),
    )


def _points(ordered: Sequence[_Measured], shown: ShownPerson, making: Making) -> Iterator[Point]:
    """Yields a point for each value, once for what several sources give alike."""
    by_moment: dict[datetime, list[_Measured]] = {}
    for each in ordered:
        by_moment.setdefault(each.at, []).append(each)
    for at, its in by_moment.items():
        differs = len({each.number for each in its}) > 1
        for number in dict.fromkeys(each.number for each in its):
            first = next(each for each in its if each.number == number)
            sources = dict.fromkeys(
                source_name(each.one.row, shown, making) for each in its if each.number == number
            )
            low, high = _range(first.part)
            yield Point(
                at_s=at.timestamp(),
                number=number,
                when=written(first.one.date, making),
                text=quantity(first.given, making).text,
                source=", ".join(sources),
                entry=making.handle(first.one.row.type, first.one.row.id),
                is_outside=_is_outside(number, low, high),
                differs=differs,
                range_text=range_text(first.part, making),
            )


def _range(part: Mapping[str, Json]) -> tuple[Decimal | None, Decimal | None]:
    for one in fhir.items(part.get("referenceRange")):
        low, high = (fhir.number(fhir.at(one.get(end), "value")) for end in ("low", "high"))
        if low is not None or high is not None:
            return low, high
        if said := _SPAN.fullmatch(fhir.words(one.get("text"))):
            return Decimal(said[1]), Decimal(said[2])
    return None, None


def _is_outside(number: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    return (low is not None and number < low) or (high is not None and number > high)


def _finding(number: Decimal, low: Decimal | None, high: Decimal | None, making: Making) -> str:
    if low is None and high is None:
        return making.say("no range given")
    if low is not None and number < low:
        return making.say("below its range")
    above = high is not None and number > high
    return making.say("above its range") if above else making.say("within its range")
