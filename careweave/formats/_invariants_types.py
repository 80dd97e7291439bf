"""The invariants of the R4 data types. Source: FHIR R4 4.0.1, the constraints by their keys."""

from careweave.formats._invariants import (
    Invariant,
    Value,
    has,
    has_choice,
    is_in_order,
    number,
    parts,
)
from careweave.formats._narrative import is_permitted, says_something

_UCUM = "http://unitsofmeasure.org"
_MEALS = frozenset({"C", "CM", "CD", "CV"})


def _extension_has_one_content(value: Value) -> bool:
    return has(value, "extension") != has_choice(value, "value")


def _unit_code_has_system(value: Value) -> bool:
    return not has(value, "code") or has(value, "system")


def _age_is_positive_time(value: Value) -> bool:
    amount = number(value, "value")
    return _is_ucum_with_code(value) and (amount is None or amount > 0)


def _is_ucum_with_code(value: Value) -> bool:
    is_coded = has(value, "code") or not has(value, "value")
    return is_coded and value.get("system", _UCUM) == _UCUM


def _count_is_whole(value: Value) -> bool:
    amount = number(value, "value")
    is_whole = amount is None or "." not in str(amount)
    return _is_ucum_with_code(value) and value.get("code", "1") == "1" and is_whole


def _duration_code_is_ucum_with_value(value: Value) -> bool:
    return not has(value, "code") or (value.get("system") == _UCUM and has(value, "value"))


def _period_ends_after_start(value: Value) -> bool:
    return is_in_order(value.get("start"), value.get("end"))


def _range_is_in_order(value: Value) -> bool:
    low, high = value.get("low"), value.get("high")
    if not isinstance(low, dict) or not isinstance(high, dict):
        return True
    if any(low.get(name) != high.get(name) for name in ("system", "code", "unit")):
        return True
    least, most = number(low, "value"), number(high, "value")
    return least is None or most is None or least <= most


def _ratio_has_both(value: Value) -> bool:
    numerator, denominator = has(value, "numerator"), has(value, "denominator")
    return numerator == denominator and (numerator or has(value, "extension"))


def _attachment_names_its_type(value: Value) -> bool:
    return not has(value, "data") or has(value, "contentType")


def _contact_names_its_system(value: Value) -> bool:
    return not has(value, "value") or has(value, "system")


def _expression_has_content(value: Value) -> bool:
    return has(value, "expression", "reference")


def _has_path_or_parameter(value: Value) -> bool:
    return has(value, "path") != has(value, "searchParam")


class _Needs:
    """The rule that one element needs another."""

    __slots__ = ("_name", "_other")

    def __init__(self, name: str, other: str) -> None:
        """Takes the name of the element and of the one that it needs."""
        self._name = name
        self._other = other

    def __call__(self, value: Value) -> bool:
        """Says whether the value keeps the rule."""
        return not has(value, self._name) or has(value, self._other)


def _duration_is_not_negative(value: Value) -> bool:
    amount = number(value, "duration")
    return amount is None or amount >= 0


def _period_is_not_negative(value: Value) -> bool:
    amount = number(value, "period")
    return amount is None or amount >= 0


def _offset_has_its_event(value: Value) -> bool:
    when = value.get("when")
    events = when if isinstance(when, list) else []
    return not has(value, "offset") or (bool(events) and not _MEALS.intersection(events))


def _time_or_event(value: Value) -> bool:
    return not (has(value, "timeOfDay") and has(value, "when"))


def _trigger_has_one_cause(value: Value) -> bool:
    return not (has(value, "data") and has_choice(value, "timing"))


def _trigger_fits_its_type(value: Value) -> bool:
    kind = str(value.get("type", ""))
    if kind == "named-event":
        return has(value, "name")
    if kind == "periodic":
        return has_choice(value, "timing")
    return not kind.startswith("data-") or bool(parts(value, "data"))


def _narrative_is_permitted(value: Value) -> bool:
    return is_permitted(str(value.get("div")))


def _narrative_says_something(value: Value) -> bool:
    return says_something(str(value.get("div")))


_UNIT = "A code of a unit needs its system."

TYPE_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "Extension",
        "ext-1",
        "An extension has a value or extensions, not both.",
        _extension_has_one_content,
    ),
    Invariant(
        "Narrative",
        "txt-1",
        "A narrative is one XHTML div of elements and attributes that FHIR allows.",
        _narrative_is_permitted,
    ),
    Invariant("Narrative", "txt-2", "A narrative says something.", _narrative_says_something),
    Invariant("Quantity", "qty-3", _UNIT, _unit_code_has_system),
    Invariant("Age", "qty-3", _UNIT, _unit_code_has_system),
    Invariant("Count", "qty-3", _UNIT, _unit_code_has_system),
    Invariant("Distance", "qty-3", _UNIT, _unit_code_has_system),
    Invariant("Duration", "qty-3", _UNIT, _unit_code_has_system),
    Invariant("Age", "age-1", "An age is a positive time with a UCUM code.", _age_is_positive_time),
    Invariant("Count", "cnt-3", "A count is a whole number with the code 1.", _count_is_whole),
    Invariant("Distance", "dis-1", "A distance has a UCUM code.", _is_ucum_with_code),
    Invariant(
        "Duration",
        "drt-1",
        "A duration with a code has a value and the system UCUM.",
        _duration_code_is_ucum_with_value,
    ),
    Invariant(
        "Period", "per-1", "A period does not end before it starts.", _period_ends_after_start
    ),
    Invariant("Range", "rng-2", "The low of a range is not above its high.", _range_is_in_order),
    Invariant(
        "Ratio",
        "rat-1",
        "A ratio has numerator and denominator, or neither and an extension.",
        _ratio_has_both,
    ),
    Invariant(
        "Attachment",
        "att-1",
        "An attachment with data names its content type.",
        _attachment_names_its_type,
    ),
    Invariant(
        "ContactPoint",
        "cpt-2",
        "A contact point with a value names its system.",
        _contact_names_its_system,
    ),
    Invariant(
        "Expression",
        "exp-1",
        "There is an expression or a reference to one.",
        _expression_has_content,
    ),
    Invariant(
        "DataRequirement.codeFilter",
        "drq-1",
        "There is a path or a search parameter, not both.",
        _has_path_or_parameter,
    ),
    Invariant(
        "DataRequirement.dateFilter",
        "drq-2",
        "There is a path or a search parameter, not both.",
        _has_path_or_parameter,
    ),
    Invariant(
        "TriggerDefinition",
        "trd-1",
        "There is a timing or a data requirement, not both.",
        _trigger_has_one_cause,
    ),
    Invariant(
        "TriggerDefinition",
        "trd-2",
        "A condition needs a data requirement.",
        _Needs("condition", "data"),
    ),
    Invariant(
        "TriggerDefinition",
        "trd-3",
        "The trigger lacks what its type needs.",
        _trigger_fits_its_type,
    ),
    Invariant(
        "Timing.repeat", "tim-1", "A duration needs its unit.", _Needs("duration", "durationUnit")
    ),
    Invariant("Timing.repeat", "tim-2", "A period needs its unit.", _Needs("period", "periodUnit")),
    Invariant("Timing.repeat", "tim-4", "A duration is not negative.", _duration_is_not_negative),
    Invariant("Timing.repeat", "tim-5", "A period is not negative.", _period_is_not_negative),
    Invariant(
        "Timing.repeat", "tim-6", "A longest period needs a period.", _Needs("periodMax", "period")
    ),
    Invariant(
        "Timing.repeat",
        "tim-7",
        "A longest duration needs a duration.",
        _Needs("durationMax", "duration"),
    ),
    Invariant(
        "Timing.repeat", "tim-8", "A highest count needs a count.", _Needs("countMax", "count")
    ),
    Invariant(
        "Timing.repeat",
        "tim-9",
        "An offset needs an event of the day other than a meal itself.",
        _offset_has_its_event,
    ),
    Invariant(
        "Timing.repeat",
        "tim-10",
        "There are times of day or events of the day, not both.",
        _time_or_event,
    ),
)
"""All invariants of data types that can fail; those on whole resources are in other modules."""
