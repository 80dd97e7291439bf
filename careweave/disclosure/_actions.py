"""Which action a search is: of one person, of a list, for a person, or across people. Pure.

Source: `reference/agreements.md` 1.3 and 6.5; none of them implies another.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from careweave import record
from careweave.disclosure._criteria import NHS_NUMBER, Criteria, Word
from careweave.record import Kind
from careweave.terms import Action, Incorrect, NhsNumber

Pair = tuple[str, str]
Pairs = Sequence[Pair]

PEOPLE = frozenset({"Patient", "Person", "RelatedPerson"})
"""Types that are people: a search over them looks for somebody."""

_PATIENT = "Patient"
_RESULT = frozenset(
    {"_count", "_cursor", "_elements", "_format", "_pretty", "_sort", "_summary", "_total"}
)
_EXACT = frozenset({"identifier", "family", "given", "birthdate", "gender", "address-postalcode"})
_WITH_VALUE = 2


def action_of(type_name: str, pairs: Pairs) -> Action:
    """Returns what a search does, by what it asks and never by what is held."""
    named = [n for name, value in pairs if (n := _named(type_name, name, value))]
    if 1 in named:
        return Action.SEARCH_ONE
    if named:
        return Action.LIST
    if type_name in PEOPLE:
        return Action.FIND if criteria_of(type_name, pairs) else Action.SEARCH_MANY
    return Action.SEARCH_MANY if _reaches_people(type_name, pairs) else Action.LIST


def _named(type_name: str, name: str, value: str) -> int:
    """Returns how many patients a parameter names by their ids or by an exact number."""
    base, _, rest = name.partition(".")
    if rest:
        is_number = rest == "identifier" and _is_whole(value)
        return 1 if is_number and _is_about(type_name, base) else 0
    if type_name == _PATIENT and name == "_id":
        return _n_of(value)
    base, _, modifier = name.partition(":")
    is_named = modifier in ("", _PATIENT) and _is_about(type_name, base) and _are_patients(value)
    return _n_of(value) if is_named else 0


def _is_about(type_name: str, base: str) -> bool:
    """Says whether a parameter asks whom an entry is about.

    Who performed, wrote or owns it may be a person too, but what they did is about anybody.
    """
    base, _, modifier = base.partition(":")
    parameter = record.parameters(type_name).get(base)
    if parameter is None or parameter.kind is not Kind.REFERENCE or modifier not in ("", _PATIENT):
        return False
    return base == "patient" or (parameter.place == "subject" and _PATIENT in parameter.targets)


def _are_patients(value: str) -> bool:
    """Says whether all of these are ids of patients: written alone, or with their type."""
    parts = [one.rstrip("/").split("/") for one in value.split(",") if one]
    return all(len(one) == 1 or one[-2] == _PATIENT for one in parts)


def _n_of(value: str) -> int:
    return len({one for one in value.split(",") if one})


def _is_whole(value: str) -> bool:
    return "," not in value and len([one for one in value.split("|") if one]) == _WITH_VALUE


def _leads_to_people(type_name: str, base: str) -> bool:
    base = base.partition(":")[0]
    parameter = record.parameters(type_name).get(base)
    if parameter is None or parameter.kind is not Kind.REFERENCE:
        return False
    return not PEOPLE.isdisjoint(parameter.targets)


def _reaches_people(type_name: str, pairs: Pairs) -> bool:
    """Says whether a chain or a reverse chain asks something of people."""
    return any(_asks_people(type_name, name) for name, _ in pairs)


def _asks_people(type_name: str, name: str) -> bool:
    if name.startswith("_has:"):
        return any(part in PEOPLE for part in name.split(":")) or "." in name
    head, _, rest = name.partition(".")
    # What a longer chain passes through is not looked up: it may be people.
    return bool(rest) and ("." in rest or _leads_to_people(type_name, head))


def criteria_of(type_name: str, pairs: Pairs) -> Criteria | None:
    """Returns by what a search looks for one person exactly; None where it does not.

    An exact number, or a family name with a full birth date, narrowed by given name, sex and
    postcode: nothing else, no beginnings of words, no spans. Source: `reference/agreements.md` 6.5.
    """
    asked = [(name, value) for name, value in pairs if name not in _RESULT]
    values = {name.partition(":")[0]: value for name, value in asked}
    if type_name != _PATIENT or len(values) < len(asked) or not _are_exact(asked):
        return None
    born = _day(values.get("birthdate"))
    number = _number(values.get("identifier"))
    if ("birthdate" in values and born is None) or ("identifier" in values and number is None):
        return None
    if number is None and (born is None or "family" not in values):
        return None
    return Criteria(
        family=_word(values.get("family")),
        given=tuple(Word(one) for one in values.get("given", "").split() if one),
        sex=values.get("gender", ""),
        born=(born, born) if born else None,
        postcode=_word(values.get("address-postalcode")),
        number=number,
    )


def _are_exact(asked: Iterable[Pair]) -> bool:
    for name, value in asked:
        base, _, modifier = name.partition(":")
        if base not in _EXACT or modifier not in ("", "exact"):
            return False
        if not value.strip() or "," in value or "*" in value:
            return False
    return True


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "").removeprefix("eq"))
    except ValueError:
        return None


def _number(text: str | None) -> tuple[str, str] | None:
    system, bar, value = (text or "").partition("|")
    if bar:
        return (system, value) if system and value else None
    try:
        return NHS_NUMBER, NhsNumber.read(system).digits
    except Incorrect:
        return None


def _word(text: str | None) -> Word | None:
    return Word(text.strip()) if text else None
