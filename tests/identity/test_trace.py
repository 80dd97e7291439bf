"""The national register is asked politely, and believed only when it is sure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.identity._demographics import Demographics, WrittenName
from careweave.identity._trace import (
    Answer,
    Hit,
    Pace,
    Perhaps,
    Query,
    Several,
    TooMany,
    Traced,
    Unreachable,
    Untraced,
    is_due,
    paced,
    queries,
    trace,
    tracing,
)
from careweave.terms import NhsNumber
from tests.identity.norms import GRACE

NUMBER = NhsNumber("9434765919")
SURE, UNSURE, LESS = Hit(NUMBER, 0.97), Hit(NUMBER, 0.9), Hit(NUMBER, 0.8)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)

GRACE_WRITTEN = Demographics(
    names=(
        WrittenName("Mensah", ("Grace",), "maiden"),
        WrittenName("Okafor", ("Grace", "Ada"), "official"),
        WrittenName("Old", ("Grace",), "old", is_past=True),
    )
)


@dataclass
class Register:
    """A national register that says what it is told to say, question by question."""

    answers: Mapping[int, Answer]
    asked: list[Query] = field(default_factory=list)

    def ask(self, query: Query) -> Answer:
        self.asked.append(query)
        return self.answers.get(len(self.asked), ())


def traced(answers, written=GRACE_WRITTEN, norm=GRACE):
    register = Register(answers)
    return trace(written, norm, register, tracing()), len(register.asked)


@pytest.mark.parametrize(
    ("answers", "expected", "n_asked"),
    [
        ({1: (SURE,)}, Traced(NUMBER, 0.97, 1), 1),
        ({5: (SURE,)}, Traced(NUMBER, 0.97, 5), 5),
        ({}, Untraced(7), 7),
        ({2: (UNSURE,)}, Perhaps(UNSURE, 2), 7),
        ({2: (LESS,), 4: (UNSURE,), 6: (LESS,)}, Perhaps(UNSURE, 4), 7),
        ({2: (UNSURE,), 7: (SURE,)}, Traced(NUMBER, 0.97, 7), 7),
        ({3: (SURE, UNSURE)}, Several(3), 7),
        ({3: TooMany(), 5: TooMany()}, Several(3), 7),
        ({3: TooMany(), 5: (LESS,)}, Perhaps(LESS, 5), 7),
        ({1: (LESS,), 2: Unreachable()}, Unreachable(), 2),
    ],
)
def test_the_first_confident_answer_ends_the_trace(answers, expected, n_asked):
    assert traced(answers) == (expected, n_asked)


def test_each_question_sends_what_its_step_says_and_no_more():
    asked = [query for _, query in queries(GRACE_WRITTEN, GRACE, tracing())]
    sent = [
        (
            one.is_fuzzy,
            one.has_history,
            bool(one.given),
            bool(one.sex),
            bool(one.postcode),
            one.born[0] != one.born[1],
        )
        for one in asked
    ]
    assert sent == [
        (False, True, True, False, False, False),
        (True, False, True, False, False, False),
        (True, False, False, True, True, False),
        (True, False, False, False, True, False),
        (True, False, True, True, True, False),
        (False, True, True, False, True, True),
        (True, False, True, False, True, True),
    ]
    assert {one.family for one in asked} == {"Okafor"}
    assert asked[0].given == ("Grace", "Ada")
    assert asked[0].born == (date(1980, 5, 12), date(1980, 5, 12))
    assert asked[5].born == (date(1979, 11, 12), date(1980, 11, 12))


@pytest.mark.parametrize(
    ("written", "norm", "numbers"),
    [
        (GRACE_WRITTEN, replace(GRACE, homes=()), [1, 2]),
        (GRACE_WRITTEN, replace(GRACE, homes=(replace(GRACE.homes[0], is_past=True),)), [1, 2]),
        (GRACE_WRITTEN, replace(GRACE, sex=""), [1, 2, 4, 6, 7]),
        (Demographics(names=(WrittenName("Okafor"),)), GRACE, [3, 4]),
        (Demographics(), GRACE, []),
        (GRACE_WRITTEN, replace(GRACE, birth=None), []),
        (GRACE_WRITTEN, replace(GRACE, birth=(1980, 0, 0), precision="year"), []),
        (GRACE_WRITTEN, replace(GRACE, birth=(1980, 2, 30)), []),
    ],
)
def test_a_question_that_lacks_a_field_is_not_asked(written, norm, numbers):
    assert [number for number, _ in queries(written, norm, tracing())] == numbers


def test_nobody_is_asked_for_of_whom_too_little_is_known():
    assert traced({1: (SURE,)}, written=Demographics()) == (Untraced(0), 0)


@pytest.mark.parametrize(
    ("born", "earliest", "latest"),
    [
        ((2001, 8, 31), date(2001, 2, 28), date(2002, 2, 28)),
        ((2000, 6, 15), date(1999, 12, 15), date(2000, 12, 15)),
    ],
)
def test_a_range_of_birth_dates_has_real_days_at_its_ends(born, earliest, latest):
    asked = [query for _, query in queries(GRACE_WRITTEN, replace(GRACE, birth=born), tracing())]
    assert asked[-1].born == (earliest, latest)


@pytest.mark.parametrize(
    ("days", "was_found", "is_alarmed", "expected"),
    [
        (None, False, False, True),
        (6, False, False, False),
        (7, False, False, True),
        (300, True, False, False),
        (365, True, False, True),
        (1, True, True, True),
    ],
)
def test_somebody_is_traced_again_in_time_and_at_an_alarm(days, was_found, is_alarmed, expected):
    asked_at = None if days is None else NOW - timedelta(days=days)
    found = is_due(asked_at, at=NOW, was_found=was_found, is_alarmed=is_alarmed, how=tracing())
    assert found is expected


@given(st.lists(st.integers(0, 500), min_size=1, max_size=60))
def test_no_second_sees_more_questions_than_agreed(gaps_ms):
    pace, at, asked = Pace(0.0, NOW), NOW, []
    for gap in gaps_ms:
        at += timedelta(milliseconds=gap)
        pace, wait_s = paced(pace, at, tracing())
        asked.append(at + timedelta(seconds=wait_s))
    for number, begin in enumerate(asked):
        within = [one for one in asked[number:] if one - begin < timedelta(seconds=0.999)]
        assert len(within) <= tracing().per_second
    assert asked == sorted(asked)
