"""Names, dates, addresses and numbers that sources give otherwise: the chosen one, and the others.

Which is chosen is decided on the way out, with its origin; here nothing is.
Source: `reference/record.md` 3.1, DEM.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from careweave.disclosure import Row, ShownPerson
from careweave.terms import Heading, Json
from careweave.views import _fhir as fhir
from careweave.views._context import Fact, Group
from careweave.views._format import nhs, written
from careweave.views._making import Making
from careweave.views._meaning import plain_words
from careweave.views._voice import Spoken, spoken, voice
from careweave.views._voices import Part, Saying, fact, organisation

_NATIONAL = frozenset(
    {
        "https://fhir.nhs.uk/Id/nhs-number",
        "http://fhir.scot.nhs.uk/Id/chi-number",
        "https://fhir.hscni.net/Id/hcn",
    }
)
Said = tuple[str, Hashable]
"""What is printed, and what of it is compared; None is not compared."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    title: str
    read: Callable[[fhir.Value, Making], Said]


def facts(rows: Iterable[Row], shown: ShownPerson, making: Making) -> tuple[Group, ...]:
    """Returns a row for each thing that sources give, with all that they give."""
    heard = [one for one in spoken(rows) if one.row.type == "Patient"]
    found = [_row(field, heard, shown, making) for field in _FIELDS]
    kept = tuple(one for one in found if one is not None)
    return (Group("", kept, kind=""),) if kept else ()


def _row(field: _Field, heard: Sequence[Spoken], shown: ShownPerson, making: Making) -> Fact | None:
    sayings = [
        saying for one in heard if (saying := _saying(field, one, shown, making)) is not None
    ]
    if not any(one.parts[0].value is not None for one in sayings):
        return None
    if field.name == "deceased" and not any(one.standing == "died" for one in sayings):
        return None
    return fact(sayings, making, title=making.say(field.title))


def _saying(field: _Field, one: Spoken, shown: ShownPerson, making: Making) -> Saying | None:
    text, value = field.read(one.value, making)
    if not text:
        return None
    slug, kind = organisation(one, shown, making)
    told = voice(one, shown, making, text=_beside(field, one, text, shown, making))
    standing = "died" if field.name == "deceased" and value is True else ""
    part = Part(field.title, "", value)
    return Saying(one, slug, kind, frozenset([field.name]), field.title, standing, told, (part,))


def _beside(field: _Field, one: Spoken, text: str, shown: ShownPerson, making: Making) -> str:
    """Returns the text, with the next appointment of a source that does not know of a death."""
    if field.name != "deceased" or "deceasedDateTime" in one.value:
        return text
    for other in spoken(shown.rows.get(Heading.FUT, ())):
        start = fhir.words(other.value.get("start"))
        if other.row.source in _same_organisation(one, shown) and start:
            day = written(start, making).text
            return making.say("{text}; appointment {date}", text=text, date=day)
    return text


def _same_organisation(one: Spoken, shown: ShownPerson) -> frozenset[int]:
    of = shown.organisations.get(one.row.source)
    return frozenset(
        source for source, each in shown.organisations.items() if of and each.slug == of.slug
    )


def _family(value: fhir.Value, _making: Making) -> Said:
    names = _official(value.get("name"))
    said = fhir.words(fhir.at(names, "family")) or fhir.human_name(names)
    # A name in one piece tells no family name: whether it differs cannot be said.
    whole = not fhir.at(names, "family")
    return said, None if whole else plain_words(said) or None


def _given(value: fhir.Value, _making: Making) -> Said:
    given = fhir.at(_official(value.get("name")), "given")
    words = [fhir.words(one) for one in given] if isinstance(given, list) else []
    return " ".join(words), plain_words(words[0]) if words else None


def _official(names: Json) -> Json:
    """Returns the name that a source uses in earnest: official, else the first."""
    ranked = sorted(fhir.items(names), key=lambda one: one.get("use") not in {"official", None})
    return ranked[0] if ranked else None


def _born(value: fhir.Value, making: Making) -> Said:
    said = fhir.words(value.get("birthDate"))
    return written(said, making).text, said or None


def _sex(value: fhir.Value, making: Making) -> Said:
    said = fhir.words(value.get("gender"))
    return making.say(said.capitalize()) if said else "", said or None


def _number(value: fhir.Value, _making: Making) -> Said:
    for one in fhir.items(value.get("identifier")):
        if one.get("system") in _NATIONAL and one.get("use") != "old":
            said = re.sub(r"\D", "", fhir.words(one.get("value")))
            return nhs(said), said or None
    return "", None


def _address(value: fhir.Value, _making: Making) -> Said:
    for one in fhir.items(value.get("address")):
        if one.get("use") in {"old", "temp"}:
            continue
        lines = one.get("line")
        parts = [
            *(lines if isinstance(lines, list) else ()),
            one.get("city"),
            one.get("postalCode"),
        ]
        said = ", ".join(word for part in parts if (word := fhir.words(part)))
        # A postcode alone is less, and not otherwise.
        return said, plain_words(said) if lines else None
    return "", None


def _phone(value: fhir.Value, _making: Making) -> Said:
    said = fhir.phone(value.get("telecom"))
    return said, re.sub(r"\D", "", said) or None


def _died(value: fhir.Value, making: Making) -> Said:
    when = fhir.words(value.get("deceasedDateTime"))
    if when or value.get("deceasedBoolean") is True:
        date = written(when, making).text
        return (making.say("Died {date}", date=date) if date else making.say("Has died")), True
    return making.say("Not recorded as having died"), False


_FIELDS: Sequence[_Field] = (
    _Field("family", "Family name", _family),
    _Field("given", "First name", _given),
    _Field("born", "Born", _born),
    _Field("sex", "Sex", _sex),
    _Field("number", "Number", _number),
    _Field("address", "Address", _address),
    _Field("phone", "Telephone", _phone),
    _Field("deceased", "Death", _died),
)
