"""What was handed out or given, one voice a dose: the newest, with how many there were.

A person on dialysis has hundreds of supplies: only the newest of each is read in full.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from careweave.views import _fhir as fhir
from careweave.views._format import day_of, dose, written_day
from careweave.views._making import Making
from careweave.views._voice import Spoken
from careweave.views._voices import Part, Saying, total

HANDED = frozenset({"MedicationAdministration", "MedicationDispense"})
"""Types of entries of which each is one event."""

_SUPPLY = timedelta(days=120)
"""What was handed out longer ago is taken to be used up."""

_NAMES = ("medicationCodeableConcept", "medicationReference", "dosageInstruction", "dosage")


@dataclass(frozen=True, slots=True)
class Supplied:
    """How many supplies an entry stands for, and the date of the first, as it is written."""

    n: int
    since: str


def newest_supplies(heard: Iterable[Spoken]) -> Mapping[int, Supplied]:
    """Returns, by the identity of the newest entry of each, how many are alike and since when.

    Alike are those of one source that say the same of medicine, dose and status.
    """
    alike: dict[tuple[object, ...], list[Spoken]] = {}
    for one in heard:
        if one.row.type in HANDED:
            said = (repr(one.value.get(name)) for name in _NAMES)
            key = (one.row.source, one.row.type, one.value.get("status"), *said)
            alike.setdefault(key, []).append(one)
    found = {}
    for its in alike.values():
        ordered = sorted(its, key=lambda one: one.date)
        found[id(ordered[-1])] = Supplied(len(its), ordered[0].date)
    return found


def once_a_dose(
    sayings: Iterable[Saying], supplied: Mapping[int, Supplied], making: Making
) -> Iterable[Saying]:
    """Yields sayings, of supplies the newest of each dose; an earlier day's is not compared."""
    kept: dict[tuple[object, ...], Saying] = {}
    counts: dict[tuple[object, ...], list[Supplied]] = {}
    for one in sayings:
        known = supplied.get(id(one.spoken))
        key: tuple[object, ...] = (id(one),)
        if known is not None:
            key = (one.slug, one.keys, one.standing, _dose_of(one))
        kept.setdefault(key, one)
        if known is not None:
            counts.setdefault(key, []).append(known)
    at_once = _newest_day(kept, counts)
    for key, one in kept.items():
        if key not in counts:
            yield one
            continue
        its = at_once[key[:3]]
        is_old = not any(one is each for each in its) or not _is_recent(one, making)
        made = _counted(one, counts[key], making)
        yield replace(made if is_old else _with_total(made, its, making), is_settled=is_old)


def _newest_day(
    kept: Mapping[tuple[object, ...], Saying], counts: Collection[tuple[object, ...]]
) -> Mapping[tuple[object, ...], Sequence[Saying]]:
    """Returns the supplies of the newest day of each medicine: its doses belong together."""
    found: dict[tuple[object, ...], list[Saying]] = {}
    for key, one in kept.items():
        if key in counts:
            # The newest comes first.
            its = found.setdefault(key[:3], [])
            if not its or its[0].spoken.order[0][:10] == one.spoken.order[0][:10]:
                its.append(one)
    return found


def _with_total(one: Saying, its: Sequence[Saying], making: Making) -> Saying:
    """Returns a supply with what the strengths of one day come to, where there are several."""
    found = total(part.value for each in its for part in each.parts if part.adds_up)
    if len(its) < 2 or found is None:
        return one
    part = Part("All strengths together", _written(*found, making), is_quantity=True)
    return replace(one, parts=(*one.parts, part))


def _written(number: Decimal, unit: str, making: Making) -> str:
    if unit == "mg" and number < 1:
        return dose(f"{(number * 1000).normalize():f} micrograms", making)
    return dose(f"{number.normalize():f} {unit}", making)


def _dose_of(one: Saying) -> tuple[object, ...]:
    return tuple(part.value for part in one.parts[:2])


def _is_recent(one: Saying, making: Making) -> bool:
    on = day_of(one.spoken.date or one.spoken.row.updated.isoformat())
    return on is None or making.now.date() - on <= _SUPPLY


def _counted(one: Saying, supplied: Iterable[Supplied], making: Making) -> Saying:
    n = sum(each.n for each in supplied)
    if n == 1:
        return one
    since = written_day(min(each.since for each in supplied), making).text
    text = making.say("{n} times since {date}", n=n, date=since)
    label = "Handed out" if one.spoken.row.type == "MedicationDispense" else "Given"
    is_given = fhir.words(one.spoken.value.get("status")) != "not-done"
    return replace(one, parts=(*one.parts, Part(label if is_given else "Not given", text)))
