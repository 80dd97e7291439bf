"""Every row of the attack list is tried by a test, or waits by name for the issue that brings it."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROWS = frozenset(range(1, 85))

DISCLOSURE = frozenset({*range(1, 21), 50, 56, 57, 58, 59, 60, 75, 76, 77, 79, 83})
"""Rows that concern what is shown, to whom, and its account: none of them may wait."""

WAITING = {
    "sign-in, sessions and scopes": {*range(26, 33), 35, 36, 74},
    "analytics and exports": {22, 23, 24, 78},
    "notices and subscriptions": {39, 41, 55, 61, 65},
    "the portal": {62, 63, 64, 80},
    "identity's own doors": {72},
    "many at once": {51},
}
"""Rows that wait for what does not exist yet. The list may only shrink."""


def marked() -> Iterator[int]:
    """The numbers of all marks `attack(...)` in the tests."""
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "attack":
                yield from (one.value for one in node.args if isinstance(one, ast.Constant))


TRIED = frozenset(marked())
LATER = frozenset[int]().union(*WAITING.values())


def test_each_row_about_disclosure_is_tried() -> None:
    assert sorted(DISCLOSURE - TRIED) == []


def test_each_other_row_is_tried_or_waits_for_what_brings_it() -> None:
    assert sorted(ROWS - TRIED - LATER) == []


def test_nothing_waits_that_is_tried_already() -> None:
    assert sorted(LATER & TRIED) == []
    assert not LATER & DISCLOSURE


def test_no_mark_is_of_a_row_that_there_is_not() -> None:
    assert sorted(TRIED - ROWS) == []
