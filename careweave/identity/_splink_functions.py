"""The functions that conditions of a Splink model may call, with the answers of DuckDB.

Source: DuckDB 2.0: texts are compared as UTF-8 bytes; a function of an unknown value is unknown.
"""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache

from rapidfuzz.distance import DamerauLevenshtein, Jaro, JaroWinkler, Levenshtein

Value = None | bool | float | str
"""A value of a column or of an expression; None is unknown."""

Function = Callable[..., Value]


@cache
def functions() -> Mapping[str, tuple[Function, int, int]]:
    """Returns the closed table of functions by name, with the fewest and most values each takes."""
    return {
        "levenshtein": (_known(_of_bytes(Levenshtein.distance)), 2, 2),
        "damerau_levenshtein": (_known(_of_bytes(DamerauLevenshtein.distance)), 2, 2),
        "jaro_similarity": (_known(_likeness(Jaro.similarity)), 2, 2),
        "jaro_winkler_similarity": (_known(_likeness(JaroWinkler.similarity)), 2, 2),
        "jaccard": (_known(_jaccard), 2, 2),
        "regexp_extract": (_known(_regexp_extract), 2, 3),
        "try_strptime": (_known(_seconds), 2, 2),
        "epoch": (_known(_epoch), 1, 1),
        "abs": (_known(lambda number: _of_numbers(abs, number)), 1, 1),
        "lower": (_known(lambda text: str(text).lower()), 1, 1),
        "upper": (_known(lambda text: str(text).upper()), 1, 1),
        "trim": (_known(lambda text: str(text).strip(" ")), 1, 1),
        "length": (_known(lambda text: float(len(str(text)))), 1, 1),
        "substr": (_known(_substring), 2, 3),
        "substring": (_known(_substring), 2, 3),
        "text": (_known(_text), 1, 1),
        "nullif": (_nullif, 2, 2),
        "coalesce": (_coalesce, 1, 9),
    }


@cache
def signs() -> Mapping[str, Function]:
    """Returns what each sign of comparison and arithmetic means."""
    return {
        "=": _known(operator.eq),
        "<>": _known(operator.ne),
        "<": _known(_ordered(operator.lt)),
        "<=": _known(_ordered(operator.le)),
        ">": _known(_ordered(operator.gt)),
        ">=": _known(_ordered(operator.ge)),
        "+": _known(lambda one, other: _of_numbers(operator.add, one, other)),
        "-": _known(lambda one, other: _of_numbers(operator.sub, one, other)),
        "*": _known(lambda one, other: _of_numbers(operator.mul, one, other)),
        "/": _known(lambda one, other: _of_numbers(operator.truediv, one, other)),
    }


def is_pattern(pattern: str, group: tuple[str, ...]) -> bool:
    """Says whether a regular expression can be read and has the group that is asked for."""
    try:
        groups = re.compile(pattern).groups
    except re.error:
        return False
    return all(number.isdecimal() and int(number) <= groups for number in group)


def is_date_form(form: str) -> bool:
    """Says whether a form of dates is one of year, month and day."""
    return re.fullmatch(r"(?:%[Ymd]|[-/. ])+", form) is not None


def _known(function: Function) -> Function:
    """Returns the function that answers None where any value is None."""

    def of_known(*values: Value) -> Value:
        return None if None in values else function(*values)

    return of_known


def _of_bytes(distance: Callable[[bytes, bytes], int]) -> Function:
    return lambda one, other: float(distance(str(one).encode(), str(other).encode()))


def _likeness(similarity: Callable[[bytes, bytes], float]) -> Function:
    """Returns a similarity that is 0 where a text is empty."""

    def of_texts(one: str, other: str) -> Value:
        return similarity(one.encode(), other.encode()) if one and other else 0.0

    return of_texts


def _jaccard(one: str, other: str) -> Value:
    ours, theirs = set(one.encode()), set(other.encode())
    return len(ours & theirs) / len(ours | theirs) if ours and theirs else None


def _regexp_extract(text: str, pattern: str, group: float = 0.0) -> Value:
    found = re.search(pattern, text)
    return (found[int(group)] or "") if found else ""


def _seconds(text: str, form: str) -> Value:
    """Returns the seconds since 1970 of a date in a form, None where it is none."""
    try:
        return datetime.strptime(text.strip(), form).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _epoch(moment: float | str) -> Value:
    return moment if isinstance(moment, float) else _seconds(moment, "%Y-%m-%d")


def _substring(text: str, start: float, letters: float | None = None) -> Value:
    begin = int(start) - 1
    return text[begin:] if letters is None else text[begin : begin + int(letters)]


def _text(value: Value) -> Value:
    return value if isinstance(value, str) else f"{value:g}"


def _nullif(one: Value, other: Value) -> Value:
    return None if one is not None and one == other else one


def _coalesce(*values: Value) -> Value:
    return next((one for one in values if one is not None), None)


def _ordered(judge: Function) -> Function:
    """Returns a comparison of two numbers or two texts; it says nothing of one of each."""

    def of_both(one: Value, other: Value) -> Value:
        return judge(one, other) if isinstance(one, str) == isinstance(other, str) else None

    return of_both


def _of_numbers(work: Callable[..., float], *values: Value) -> Value:
    """Returns the result of arithmetic, None where a value is no number or there is no result."""
    try:
        return work(*(float(value) for value in values if value is not None))
    except (ValueError, ZeroDivisionError):
        return None
