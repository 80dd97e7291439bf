"""Required codes and invariants, compiled for each type into nested dictionaries of closures.

Only members on the way to a rule are in the dictionaries, so that checking an ordinary resource
touches a few of its members.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from careweave.formats._invariants import Invariant, Value
from careweave.formats._invariants_bundle import BUNDLE_INVARIANTS
from careweave.formats._invariants_resources import RESOURCE_INVARIANTS
from careweave.formats._invariants_types import TYPE_INVARIANTS
from careweave.formats._table import Member, has_shape, is_type, members
from careweave.formats._value_rules import Finding, Rule, each, value_rule


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
        below = self._shapes.get(member.shape)
        return value_rule(member) or (_visits(below) if below is not None else None)


def _below(shape: str) -> list[str]:
    below = [
        m.shape for m in members(shape).values() if m.type != "Resource" and has_shape(m.shape)
    ]
    return [*below, "Element"] if shape != "Element" else below


def _has_own_rules(shape: str) -> bool:
    return shape in _invariants() or any(
        m.type == "Resource" or value_rule(m) is not None for m in members(shape).values()
    )


def _visits(shape: _Shape) -> Rule:
    invariants = shape.invariants
    rules = shape.rules

    def visit(value: Any) -> list[Finding] | None:  # noqa: ANN401  whatever was sent
        if type(value) is list:
            return each(visit, value)
        if type(value) is not dict:
            return None
        found = [_broken(one) for one in invariants if not _holds(one, value)]
        for name in filter(rules.__contains__, value):
            more = rules[name](value[name])
            if more:
                found += [finding.below("." + name.removeprefix("_")) for finding in more]
        return found or None

    return visit


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
        return each(_resource, value)
    kind = value.get("resourceType") if type(value) is dict else None
    return rule_of(kind)(value) if type(kind) is str and is_type(kind) else None
