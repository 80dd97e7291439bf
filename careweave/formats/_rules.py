"""Required codes and invariants, compiled for each type into nested dictionaries of closures.

Only members on the way to a rule are in the dictionaries, so that checking an ordinary resource
touches a few of its members.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from careweave.formats._invariants import Invariant, Value
from careweave.formats._invariants_bundle import BUNDLE_INVARIANTS
from careweave.formats._invariants_resources import RESOURCE_INVARIANTS
from careweave.formats._invariants_types import TYPE_INVARIANTS
from careweave.formats._table import Member, codes, has_shape, is_type, members
from careweave.terms import Severity

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


@dataclass(frozen=True, slots=True)
class _Shape:
    invariants: tuple[Invariant, ...]
    rules: dict[str, Rule] = field(default_factory=dict)


@cache
def _invariants() -> Mapping[str, tuple[Invariant, ...]]:
    by_shape: dict[str, tuple[Invariant, ...]] = {}
    for invariant in (*TYPE_INVARIANTS, *RESOURCE_INVARIANTS, *BUNDLE_INVARIANTS):
        by_shape[invariant.shape] = (*by_shape.get(invariant.shape, ()), invariant)
    return by_shape


@cache
def rule_of(type_name: str) -> Rule:
    """Returns the rule of a type: it gives the findings in a value of the type, or None."""
    return _Compiler().rule(type_name) if has_shape(type_name) else _accept


def _accept(_value: object) -> None:
    return None


class _Compiler:
    """Compiles one type and the shapes below it."""

    def __init__(self) -> None:
        self._shapes: dict[str, _Shape] = {}

    def rule(self, name: str) -> Rule:
        """Returns the rule of the shape."""
        reachable = self._reachable(name)
        useful = {shape for shape in reachable if _has_own_rules(shape)}
        grown = True
        while grown:
            more = {s for s in reachable - useful if useful & set(_below(s))}
            grown = bool(more)
            useful |= more
        for shape in useful:
            self._shapes[shape] = _Shape(_invariants().get(shape, ()))
        for shape in useful:
            self._fill(shape)
        return _visits(self._shapes[name]) if name in useful else _accept

    def _reachable(self, name: str) -> set[str]:
        found: set[str] = set()
        pending = [name]
        while pending:
            shape = pending.pop()
            if shape not in found:
                found.add(shape)
                pending += _below(shape)
        return found

    def _fill(self, shape: str) -> None:
        rules = self._shapes[shape].rules
        for member in members(shape).values():
            made = self._member_rule(member)
            if made is not None:
                rules[member.name] = made
            if member.is_primitive and "Element" in self._shapes:
                rules[f"_{member.name}"] = _visits(self._shapes["Element"])

    def _member_rule(self, member: Member) -> Rule | None:
        if member.type == "Resource":
            return _resource
        if member.element.binding:
            return _binding_rule(member)
        below = self._shapes.get(member.shape)
        return _visits(below) if below is not None else None


def _below(shape: str) -> list[str]:
    below = [
        m.shape for m in members(shape).values() if m.type != "Resource" and has_shape(m.shape)
    ]
    return [*below, "Element"] if shape != "Element" else below


def _has_own_rules(shape: str) -> bool:
    return shape in _invariants() or any(
        m.element.binding or m.type == "Resource" for m in members(shape).values()
    )


def _visits(shape: _Shape) -> Rule:
    invariants = shape.invariants
    rules = shape.rules

    def visit(value: Any) -> list[Finding] | None:  # noqa: ANN401  whatever was sent
        if type(value) is list:
            return _each(visit, value)
        if type(value) is not dict:
            return None
        found = [_broken(one) for one in invariants if not _holds(one, value)]
        for name in filter(rules.__contains__, value):
            more = rules[name](value[name])
            if more:
                found += [finding.below("." + name.removeprefix("_")) for finding in more]
        return found or None

    return visit


def _each(rule: Rule, values: list[Any]) -> list[Finding] | None:
    found: list[Finding] = []
    for i, value in enumerate(values):
        more = rule(value)
        if more:
            found += [finding.below(f"[{i}]") for finding in more]
        if len(found) >= _ENOUGH:
            break
    return found or None


def _holds(invariant: Invariant, value: Value) -> bool:
    try:
        return invariant.holds(value)
    except (TypeError, AttributeError):
        # A value of the wrong type: the check of the structure says so.
        return True


def _broken(invariant: Invariant) -> Finding:
    message = f"{invariant.message} ({invariant.key})"
    return Finding("", invariant.severity, "invariant", message)


def _resource(value: Any) -> list[Finding] | None:  # noqa: ANN401  whatever was sent
    if type(value) is list:
        return _each(_resource, value)
    kind = value.get("resourceType") if type(value) is dict else None
    return rule_of(kind)(value) if type(kind) is str and is_type(kind) else None


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
        return _each(check, value) if type(value) is list else None

    return check


def _concept_rule(listed: Mapping[str, frozenset[str]]) -> Rule:
    def check(value: Any) -> list[Finding] | None:  # noqa: ANN401  whatever was sent
        if type(value) is list:
            return _each(check, value)
        if type(value) is not dict or _has_coding(value, listed):
            return None
        if "coding" not in value and "extension" in value:
            return None
        return [_outside()]

    return check


def _has_coding(concept: Value, listed: Mapping[str, frozenset[str]]) -> bool:
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
