"""Patterns mean what they mean elsewhere, and no text makes them slow."""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from careweave.sources._patterns import PatternFault, pattern

ATOMS = st.sampled_from(["a", "b", "1", r"\d", r"\w", "[ab]", "[^a]", "[a-c1]", ".", r"\.", "-"])
SIGNS = st.sampled_from(["", "?", "*", "+", "{2}", "{1,3}", "{0,}"])
PARTS = st.tuples(ATOMS, SIGNS).map("".join)


def _wrapped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = st.lists(inner, min_size=1, max_size=3).map("".join)
    return one | st.tuples(one, one, SIGNS).map(lambda t: f"({t[0]}|{t[1]}){t[2]}")


PATTERNS = st.recursive(PARTS, _wrapped, max_leaves=5)


@given(PATTERNS, st.text("ab1.-_c", max_size=8))
@example(r"[+-]?\d+(\.\d+)?", "3.5")
@example("(a|)", "")
def test_a_pattern_means_what_it_means_elsewhere(text: str, value: str) -> None:
    assert pattern(text)(value) is (re.fullmatch(text, value, re.ASCII) is not None)


@pytest.mark.parametrize(
    "text", ["(a+)+b", "(a|a)*b", r"(\d*\d*\d*)*x", "(a?){100}a{100}", "(.*)*b"]
)
def test_what_is_slow_elsewhere_is_quick_here(text: str) -> None:
    started = time.process_time()
    assert not pattern(text)("a" * 5000)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "text",
    [
        "(?=a)",
        "(?!a)",
        "(?P<x>a)",
        r"(a)\1",
        "a*?",
        "a++",
        "(a",
        "a)",
        "[a",
        "{",
        "a{9",
        "a{500}",
        "a{3,2}",
        "*",
        "x" * 201,
        "(" * 30 + ")" * 30,
        r"\b",
        "a\\",
        "(a{200}){200}",
        r"[b-\d]",
        "a^",
    ],
)
def test_what_is_not_of_the_subset_is_refused(text: str) -> None:
    with pytest.raises(PatternFault):
        pattern(text)
