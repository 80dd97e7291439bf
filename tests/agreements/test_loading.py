"""The loader refuses what YAML does behind one's back, and says where."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.agreements._notices import Notices
from careweave.agreements._yaml import DEEPEST, LARGEST, read_yaml


def _read(text: str | bytes) -> tuple[object, list[tuple[int, str]]]:
    notices = Notices()
    data = text.encode() if isinstance(text, str) else text
    document = read_yaml(data, "a.yaml", notices)
    return (
        None if document is None else document.value,
        [(one.line, one.message) for one in notices.told()],
    )


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "twice"),
        ("a:\n  b: 1\n  b: 2\n", 3, "twice"),
        ("a: &x 1\n", 1, "anchors"),
        ("a: 1\nb: *x\n", 2, "alias"),
        ("a: !!python/name:os.system x\n", 1, "tags"),
        ("a: !x 1\n", 1, "tags"),
        ("a: 1\n---\nb: 2\n", 1, "one document"),
        ("", 1, "empty"),
        ("# only a remark\n", 1, "empty"),
        ("a: [1, 2\n", 2, "not YAML"),
        ("{a: 1}: 2\n", 1, "a name is a word"),
        (b"a: \xff\n", 1, "UTF-8"),
        (b"a: " + b"x" * LARGEST, 0, "larger"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), 1, "deeper"),
        ("[" * 100_000, 1, "deeper"),
        ("a: \x00\n", 1, "not YAML"),
    ],
)
def test_what_yaml_does_behind_ones_back_is_refused_with_its_line(
    text: str | bytes, line: int, word: str
) -> None:
    value, faults = _read(text)
    assert value is None
    assert [(at, word in what) for at, what in faults] == [(line, True)]


@pytest.mark.parametrize(
    "word", ["12:30", "22:15:30", "NO", "on", "yes", "2026-03-31", "0123", "1_000", "1e3", "PT1.5S"]
)
def test_words_that_other_readers_turn_into_something_else_stay_words(word: str) -> None:
    assert _read(f"a: {word}\n") == ({"a": word}, [])


def test_numbers_keep_their_digits() -> None:
    assert _read("a: 1.10\nb: 17\nc: true\nd: ~\n")[0] == {
        "a": Decimal("1.10"),
        "b": 17,
        "c": True,
        "d": None,
    }
    assert _read('a: "17"\n')[0] == {"a": "17"}


def test_all_faults_of_a_file_are_told_not_the_first() -> None:
    assert [line for line, _ in _read("a: 1\na: 2\nb: 1\nb: 2\n")[1]] == [2, 4]


@given(st.binary(max_size=200))
def test_no_bytes_end_the_reader(data: bytes) -> None:
    value, faults = _read(data)
    assert value is not None or faults or data
