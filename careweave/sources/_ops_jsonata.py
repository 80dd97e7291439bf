"""The way out for what no operator says: JSONata, bounded. Source: reference/interop.md 6.2."""

import json
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import jsonatapy

from careweave.formats import Null
from careweave.sources._build import object_of
from careweave.sources._context import NOTHING, Context, Made, arguments, word
from careweave.sources._nodes import members_of
from careweave.sources._scope import Get, Scope, Value
from careweave.sources._yaml import Scalar, Table, Tree

_MILLISECONDS = 20
_LARGEST = 1024 * 1024
_DEPTH = 100
_SEQUENCE = 10_000
# What gives another answer tomorrow, makes code of data, or fills the memory at one stroke.
_is_refused = re.compile(r"\$(?:now|millis|random|eval|pad|shuffle)\b").search

Evaluate = Callable[[Any], Any]
"""Evaluates a compiled expression on a JSON value, or raises ValueError."""


def expression(text: str) -> Evaluate:
    """Returns a compiled expression with its limits, or raises ValueError: the only use of it."""
    compiled = jsonatapy.compile(
        text, timeout=_MILLISECONDS, max_stack_depth=_DEPTH, max_sequence_length=_SEQUENCE
    )
    evaluate: Evaluate = compiled.evaluate
    return evaluate


def jsonata(c: Context, tree: Tree, name: str) -> Made:
    """Compiles `$jsonata`: an expression over `with`, or over the whole row or document."""
    text, given = tree, None
    if isinstance(tree, Table):
        table = arguments(c, tree, ("expression",), ("with",))
        if table is None:
            return NOTHING
        text, given = table.members["expression"], table.get("with")
    source = word(c.faults, text, "an expression")
    if _is_refused(source):
        fix = "leave out $now, $millis, $random, $shuffle, $eval and $pad"
        c.fault(text.spot, "this expression may not be run", fix)
        return NOTHING
    try:
        evaluate = expression(source)
    except ValueError:
        c.fault(text.spot, "this is not JSONata", "try it on try.jsonata.org")
        return NOTHING
    where = f"{c.type_name}.{'.'.join(c.element)}"
    c.risks.append(f"{where} is made by an expression of another language ({name}).")
    return Made(_evaluated(evaluate, _input(c, given), where))


def _input(c: Context, given: Tree | None) -> Get | None:
    if given is None:
        c.note_origin("*")
        return None
    if isinstance(given, Scalar) or not isinstance(given, Table):
        c.fault(given.spot, "with is an object of nodes", "write with: {name: node}")
        return None
    return object_of(members_of(c, given, ""))


def _evaluated(evaluate: Evaluate, given: Get | None, where: str) -> Get:
    def get(scope: Scope) -> Value:
        value = given(scope) if given is not None else scope.run.doc
        if value is None:
            return None
        try:
            data = json.dumps(value, default=_plain)
            if len(data) > _LARGEST:
                scope.run.note("expression-failed", where, "the input is too large")
                return None
            found = evaluate(json.loads(data))
            return _checked(found)
        except (ValueError, TypeError, RecursionError):
            scope.run.note("expression-failed", where)
            return None

    return get


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Null):
        return None
    message = "not a JSON value"
    raise TypeError(message)


def _checked(found: Any) -> Value:  # noqa: ANN401  what a library gives
    """Returns the result as a value of a mapping, or raises ValueError.

    The library gives infinity for 1/0 and floats for whole numbers.
    """
    text = json.dumps(found, allow_nan=False)
    if len(text) > _LARGEST:
        message = "too large"
        raise ValueError(message)
    return _pruned(json.loads(text, parse_float=_decimal))


def _decimal(text: str) -> Decimal | int:
    number = Decimal(text)
    if not math.isfinite(number) or abs(number.adjusted()) > 30:
        message = "not a number to store"
        raise ValueError(message)
    return int(number) if number == number.to_integral_value() else number


def _pruned(value: Any) -> Value:  # noqa: ANN401  any JSON value
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list):
        items = [_pruned(item) for item in value]
        return [item for item in items if item is not None] or None
    if isinstance(value, dict):
        pairs = ((name, _pruned(item)) for name, item in value.items())
        return {name: item for name, item in pairs if item is not None} or None
    kept: Value = value
    return kept
