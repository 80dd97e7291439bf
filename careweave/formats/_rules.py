"""Required codes and invariants, compiled for each type into nested dictionaries of closures."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from careweave.formats._invariants import Invariant, Value
from careweave.formats._invariants_bundle import BUNDLE_INVARIANTS
from careweave.formats._invariants_resources import RESOURCE_INVARIANTS
from careweave.formats._invariants_types import TYPE_INVARIANTS
from careweave.formats._table import has_shape, is_type, members
from careweave.formats._value_rules import Finding, Rule, each, value_rule


@cache
def _invariants() -> Mapping[str, tuple[Invariant, ...]]:
    by_shape: dict[str, tuple[Invariant, ...]] = {}
    for invariant in (*TYPE_INVARIANTS, *RESOURCE_INVARIANTS, *BUNDLE_INVARIANTS):
        by_shape[invariant.shape] = (*by_shape.get(invariant.shape, ()), invariant)
    return by_shape


@cache
def rule_of(shape: str) -> Rule:
    """Returns the rule of a type or backbone: it gives the findings in a value, or None."""
    if not has_shape(shape):
        return _accept
    invariants = _invariants().get(shape, ())
    rules: dict[str, Rule] = {}

    def visit(value: Any) -> list[Finding] | None:  # noqa: ANN401  whatever was sent
        if type(value) is list:
            return each(visit, value)
        if type(value) is not dict:
            return None
        if not rules:
            # Shapes lead back to themselves, so each is filled when it is first come to; at once,
            # because others may be at it too.
            rules.update(_member_rules(shape))
        found = [_broken(one) for one in invariants if not _holds(one, value)]
        for name in filter(rules.__contains__, value):
            more = rules[name](value[name])
            if more:
                found += [finding.below("." + name.removeprefix("_")) for finding in more]
        return found or None

    return visit


def _accept(_value: object) -> None:
    return None


def _member_rules(shape: str) -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for member in members(shape).values():
        own = _resource if member.type == "Resource" else value_rule(member)
        if own is not None:
            rules[member.name] = own
        elif has_shape(member.shape):
            rules[member.name] = rule_of(member.shape)
        if member.is_primitive:
            rules[f"_{member.name}"] = rule_of("Element")
    return rules


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
