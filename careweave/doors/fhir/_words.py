"""The words of a search for a person, as the national demographic service has them. Pure.

Source: NHS England, Personal Demographics Service FHIR API, search for a patient;
`reference/identity.md` section 16, M3, M6, M10 and M22-M25.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from careweave.disclosure import Criteria, Span, Word
from careweave.terms import Incorrect, NhsNumber

_NHS = "https://fhir.nhs.uk/Id/nhs-number"

_SEVERAL = frozenset({"birthdate", "death-date", "given"})
_OTHER_NAMES = {"address-postalcode": "address-postcode"}
_SEXES = frozenset({"male", "female", "other", "unknown"})
_DATE = re.compile(r"(eq|ge|le|)([0-9]{4}-[0-9]{2}-[0-9]{2})")
# A star stands at the end, after two letters at least.
_WORD = re.compile(r"([^*]{2,200})(\*)|([^*]{1,200})")
_MOST, _LARGEST_MOST = 5, 50
_LONGEST = 200

Values = Mapping[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a search: a code of the national service, one of FHIR, a sentence.

    The sentence repeats what the asker sent, as the national service does; it goes into the answer
    to the asker and nowhere else.
    """

    code: str
    issue: str
    text: str
    where: str | None = None


def read_search(pairs: Sequence[tuple[str, str]]) -> Criteria | tuple[Fault, ...]:
    """Returns what a search asks, or everything that is wrong with it."""
    values: dict[str, list[object]] = {}
    faults: list[Fault] = []
    for given, text in pairs:
        name = _OTHER_NAMES.get(given, given)
        if name not in _READERS:
            faults.append(_unexpected(given))
            continue
        try:
            value = _READERS[name](text)
        except (ValueError, Incorrect):
            faults.append(_invalid(given, text))
            continue
        if name in values and name not in _SEVERAL:
            faults.append(_invalid(given, text))
        values.setdefault(name, []).append(value)
    faults += () if faults else _missing(values)
    faults += () if faults else _at_odds(values)
    return tuple(faults) or _criteria(values)


def _unexpected(name: str) -> Fault:
    text = f"Additional properties are not allowed ('{name[:_LONGEST]}' was unexpected)"
    return Fault("INVALID_SEARCH_DATA", "not-supported", text)


def _invalid(name: str, value: str) -> Fault:
    text = f"Invalid value - '{value[:_LONGEST]}' in field '{name}'"
    return Fault("INVALID_SEARCH_DATA", "value", text, name)


def _missing(values: Values) -> Iterator[Fault]:
    asked = {name for name in values if not name.startswith("_")}
    if not asked:
        yield Fault("UNSUPPORTED_SERVICE", "required", "Unsupported service: nothing is asked.")
    elif "birthdate" not in asked:
        yield Fault("MISSING_VALUE", "required", "Missing value - 'birthdate'", "birthdate")
    elif not asked & {"family", "given", "identifier"}:
        text = (
            "The minimum criteria are not met: beside the birth date a family name, "
            "a given name or an identifier is needed."
        )
        yield Fault("MISSING_VALUE", "required", text)


def _at_odds(values: Values) -> Iterator[Fault]:
    for name in ("birthdate", "death-date"):
        if name in values and not _is_span(_span(values, name)):
            text = "The dates leave no day between them."
            yield Fault("INVALID_SEARCH_DATA", "value", text, name)
    is_fuzzy, is_exact = _flag(values, "_fuzzy-match"), _flag(values, "_exact-match")
    words = [word for name in _WORDS for word in values.get(name, ())]
    if (is_fuzzy or is_exact) and any(cast("Word", word).is_start for word in words):
        text = "A star goes with neither _fuzzy-match nor _exact-match."
        yield Fault("INVALID_SEARCH_DATA", "invalid", text)
    if is_fuzzy and is_exact:
        text = "_fuzzy-match and _exact-match exclude each other."
        yield Fault("INVALID_SEARCH_DATA", "invalid", text)


def _is_span(span: Span | None) -> bool:
    return span is not None and span[0] <= span[1]


def _word(text: str) -> Word:
    found = _WORD.fullmatch(text.strip())
    if found is None:
        raise ValueError
    return Word(found[1] or found[3], found[2] is not None)


def _dates(text: str) -> Span:
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError
    day = date.fromisoformat(found[2])
    first = date.min if found[1] == "le" else day
    return first, date.max if found[1] == "ge" else day


def _plain(text: str) -> str:
    if not text.strip() or "*" in text or len(text) > _LONGEST:
        raise ValueError
    return text.strip()


def _code(text: str) -> str:
    return _plain(text.rpartition("|")[2])


def _sex(text: str) -> str:
    if text not in _SEXES:
        raise ValueError
    return text


def _number(text: str) -> tuple[str, str]:
    system, bar, value = text.partition("|")
    if not bar:
        return _NHS, NhsNumber.read(text).digits
    return _plain(system), _plain(value)


def _truth(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError
    return text == "true"


def _most(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text[:9]) <= _LARGEST_MOST:
        raise ValueError
    return int(text)


_WORDS = ("family", "given", "address-postcode")

_READERS: Mapping[str, Callable[[str], object]] = {
    "family": _word,
    "given": _word,
    "gender": _sex,
    "birthdate": _dates,
    "death-date": _dates,
    "address-postcode": _word,
    "general-practitioner": _code,
    "email": _plain,
    "phone": _plain,
    "identifier": _number,
    "_fuzzy-match": _truth,
    "_exact-match": _truth,
    "_history": _truth,
    "_max-results": _most,
}

PARAMETERS = tuple(_READERS)
"""The names of all parameters."""


def _criteria(values: Values) -> Criteria:
    def first(name: str) -> object:
        return values[name][0] if name in values else None

    return Criteria(
        family=cast("Word | None", first("family")),
        given=cast("tuple[Word, ...]", tuple(values.get("given", ()))),
        sex=cast("str", first("gender") or ""),
        born=_span(values, "birthdate"),
        died=_span(values, "death-date"),
        postcode=cast("Word | None", first("address-postcode")),
        practice=cast("str", first("general-practitioner") or ""),
        email=cast("str", first("email") or ""),
        phone=cast("str", first("phone") or ""),
        number=cast("tuple[str, str] | None", first("identifier")),
        is_fuzzy=_flag(values, "_fuzzy-match"),
        with_history=_flag(values, "_history"),
        most=cast("int", first("_max-results") or _MOST),
    )


def _flag(values: Values, name: str) -> bool:
    return bool(values[name][0]) if name in values else False


def _span(values: Values, name: str) -> Span | None:
    """Returns the days that all bounds of one parameter allow."""
    spans = cast("Sequence[Span]", values.get(name, ()))
    if not spans:
        return None
    return max(low for low, _ in spans), min(high for _, high in spans)
