"""The rules of single values: required codes, days of the calendar, ids; and what a finding is."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from careweave.formats._table import Member, codes
from careweave.terms import Severity

_match_day = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?(?![0-9])").match
_MIME = "http://hl7.org/fhir/ValueSet/mimetypes"
_CURRENCY = "http://hl7.org/fhir/ValueSet/currencies"


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is broken, at a path below the value that was looked at."""

    path: str
    severity: Severity
    code: str
    message: str

    def below(self, step: str) -> "Finding":
        """Returns the same finding seen from one step above."""
        return Finding(step + self.path, self.severity, self.code, self.message)


_ENOUGH = 100  # more faults of one list than this tell nobody anything

Rule = Callable[[Any], list[Finding] | None]
"""Gives what is wrong with a value, None for nothing."""


def value_rule(member: Member) -> Rule | None:
    """Returns the rule of a member's value alone; None where its type says all."""
    return _binding_rule(member) if member.element.binding else _form_of(member)


def each(rule: Rule, values: list[Any]) -> list[Finding] | None:
    """Returns the findings of all items of a list, each with its index."""
    found: list[Finding] = []
    for i, value in enumerate(values):
        more = rule(value)
        if more:
            found += [finding.below(f"[{i}]") for finding in more]
        if len(found) >= _ENOUGH:
            break
    return found or None


def _is_day(text: str) -> bool:
    # The form is seen to elsewhere; here it is the calendar, which has no 30 February and no year 0.
    found = _match_day(text)
    if found is None:
        return True
    try:
        date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return False
    return True


def _form_rule(is_right: Callable[[str], object], message: str) -> Rule:
    wrong = Finding("", Severity.ERROR, "value", message)

    def check(value: Any) -> list[Finding] | None:  # noqa: ANN401  whatever was sent
        if type(value) is str:
            return None if is_right(value) else [wrong]
        return each(check, value) if type(value) is list else None

    return check


# What the check of the structure does not look at. Source: FHIR R4 4.0.1, datatypes.html.
_DAY: Final = _form_rule(_is_day, "There is no such day in the calendar.")
_ID: Final = _form_rule(
    re.compile(r"[A-Za-z0-9.-]{1,64}").fullmatch,
    "An id has 1 to 64 letters, digits, hyphens and dots.",
)
_TIMES: Final = frozenset({"date", "dateTime", "instant"})


def _form_of(member: Member) -> Rule | None:
    if member.type in _TIMES:
        return _DAY
    return _ID if member.type == member.name == "id" else None


def _binding_rule(member: Member) -> Rule | None:
    value_set = member.element.binding
    listed = codes(value_set)
    if member.type == "CodeableConcept":
        return _concept_rule(listed) if listed is not None else None
    if listed is not None:
        return _code_rule(frozenset[str]().union(*listed.values()).__contains__)
    if value_set == _CURRENCY:
        return _code_rule(re.compile(r"[A-Z]{3}").fullmatch)
    if value_set == _MIME:
        return _code_rule(re.compile(r"[\w.+!#$&^-]+(?:/[\w.+!#$&^*-]+)?(?:\s*;.*)?").fullmatch)
    return None


def _code_rule(is_allowed: Callable[[str], object]) -> Rule:
    def check(value: Any) -> list[Finding] | None:  # noqa: ANN401  whatever was sent
        if type(value) is str:
            return None if is_allowed(value) else [_outside()]
        return each(check, value) if type(value) is list else None

    return check


def _concept_rule(listed: Mapping[str, frozenset[str]]) -> Rule:
    def check(value: Any) -> list[Finding] | None:  # noqa: ANN401  whatever was sent
        if type(value) is list:
            return each(check, value)
        if type(value) is not dict or _has_coding(value, listed):
            return None
        if "coding" not in value and "extension" in value:
            return None
        return [_outside()]

    return check


def _has_coding(concept: dict[str, Any], listed: Mapping[str, frozenset[str]]) -> bool:
    codings = concept.get("coding")
    if type(codings) is not list:
        return False
    return any(
        type(coding) is dict
        and type(code := coding.get("code")) is str
        and code in listed.get(str(coding.get("system")), ())
        for coding in codings
    )


def _outside() -> Finding:
    message = "The code is not one of the required value set."
    return Finding("", Severity.ERROR, "code-invalid", message)
