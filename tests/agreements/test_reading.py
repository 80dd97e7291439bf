"""What is read is what the file says: groups expanded, ages, hours, areas, levels."""

from datetime import timedelta

import pytest

from careweave.agreements import Hours, Level
from careweave.agreements._cohorts import ages
from careweave.agreements._durations import duration
from careweave.agreements._read import hours_of
from careweave.terms import Heading, Purpose, Role, Tie
from tests.lib.agreement_files import agreement, changed, own_access, planning, read

CLAUSE = ("clauses", 0)


def test_a_clause_holds_what_its_file_says_with_groups_expanded() -> None:
    world, _ = read(agreement())
    assert world is not None
    (one,) = world.agreements
    (clause,) = one.clauses
    assert one.name == "agr-care@1"
    assert clause.providers == {"practice"}
    assert clause.sent_by == ("group:practices",)
    assert clause.recipients == {"acute"}
    assert clause.roles == {Role.ED}
    assert clause.purpose is Purpose.DIRECT_CARE
    assert clause.headings[Heading.MED].level is Level.FULL
    assert clause.headings[Heading.MED].months_back == 12
    assert clause.headings[Heading.ALG].months_back is None
    assert clause.ties == {Tie.ENCOUNTER}
    assert clause.grace is None
    assert clause.break_glass.lifts == {"relationship"}
    assert clause.quantity.per_user_hour.hard == 60
    assert clause.speed.freshness[Heading.ALG] == timedelta(minutes=15)
    assert clause.speed.answer_p95 == timedelta(seconds=1.5)
    assert clause.dissent is None
    assert clause.hours is None


def test_ties_that_no_entry_proves_leave_no_tie_in_the_clause() -> None:
    for document in (own_access(), planning()):
        world, _ = read(document)
        assert world is not None
        assert world.agreements[0].clauses[0].ties == frozenset()


def test_a_cohort_is_slugs_and_outward_postcodes() -> None:
    named = {
        "address_in": ["org:council"],
        "residents_of": ["group:homes"],
        "age": ">=18 <65",
        "tie_kinds": ["encounter"],
    }
    world, _ = read(changed(agreement(), {(*CLAUSE, "cohort"): named}))
    assert world is not None
    cohort = world.agreements[0].clauses[0].cohort
    assert cohort.address_in == {"XR1"}
    assert cohort.residents_of == {"home"}
    assert (cohort.age_from, cohort.age_below) == (18, 65)
    assert cohort.tie_kinds == {Tie.ENCOUNTER}


@pytest.mark.parametrize(
    ("text", "days", "times"),
    [
        ("Mon-Fri 07:00-19:00", {0, 1, 2, 3, 4}, (420, 1140)),
        ("Sat-Mon 00:00-24:00", {5, 6, 0}, (0, 1440)),
        ("Wed 22:00-06:00", {2}, (1320, 360)),
    ],
)
def test_hours_are_days_and_minutes(text: str, days: set[int], times: tuple[int, int]) -> None:
    assert hours_of(text) == Hours(frozenset(days), *times)


def test_always_is_no_hours() -> None:
    assert hours_of("24x7") is None


@pytest.mark.parametrize(
    ("text", "bounds"),
    [(">=65", (65, None)), ("<18", (None, 18)), (">=18 <65", (18, 65)), ("", (None, None))],
)
def test_ages_are_half_open(text: str, bounds: tuple[int | None, int | None]) -> None:
    assert ages(text) == bounds


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("P30D", timedelta(days=30)),
        ("P0D", timedelta(0)),
        ("P1W", timedelta(weeks=1)),
        ("PT1H30M", timedelta(minutes=90)),
        ("PT1.5S", timedelta(seconds=1.5)),
        ("P1M", None),
        ("P1Y", None),
        ("P", None),
        ("PT", None),
        ("30D", None),
    ],
)
def test_a_duration_of_fixed_length_knows_no_months(text: str, span: timedelta | None) -> None:
    assert duration(text) == span
