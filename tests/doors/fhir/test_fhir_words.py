"""The words of a search for a person: what is asked, or everything that is wrong with it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.disclosure import Criteria, Word
from careweave.doors.fhir._words import PARAMETERS, Fault, read_search

DAY = date(1957, 7, 23)
BORN = ("birthdate", "eq1957-07-23")


def _asked(*pairs: tuple[str, str]) -> Criteria:
    found = read_search(pairs)
    assert isinstance(found, Criteria), found
    return found


def _faults(*pairs: tuple[str, str]) -> list[tuple[str, str, str]]:
    found = read_search(pairs)
    assert isinstance(found, tuple), found
    return [(one.code, one.issue, one.text) for one in found]


def test_a_search_is_read_as_the_national_service_writes_it() -> None:
    asked = _asked(
        ("family", "Smith"),
        ("given", "Ann"),
        ("given", "Mary"),
        ("gender", "female"),
        BORN,
        ("death-date", "ge2020-01-01"),
        ("address-postcode", "XR1 4AB"),
        ("general-practitioner", "CWG01"),
        ("email", "ann@example.org"),
        ("phone", "01632960123"),
        ("identifier", "999 000 1014"),
        ("_history", "true"),
        ("_max-results", "50"),
    )
    assert asked == Criteria(
        family=Word("Smith"),
        given=(Word("Ann"), Word("Mary")),
        sex="female",
        born=(DAY, DAY),
        died=(date(2020, 1, 1), date.max),
        postcode=Word("XR1 4AB"),
        practice="CWG01",
        email="ann@example.org",
        phone="01632960123",
        number=("https://fhir.nhs.uk/Id/nhs-number", "9990001014"),
        with_history=True,
        most=50,
    )


@pytest.mark.parametrize("name", ["address-postcode", "address-postalcode"])
def test_a_postcode_has_either_of_its_names(name: str) -> None:
    assert _asked(("family", "Smith"), BORN, (name, "XR1*")).postcode == Word("XR1", is_start=True)


def test_bounds_of_dates_are_taken_together() -> None:
    asked = _asked(
        ("family", "Smith"), ("birthdate", "ge1957-07-01"), ("birthdate", "le1957-07-23")
    )
    assert asked.born == (date(1957, 7, 1), DAY)
    assert not asked.is_dated
    assert not asked.may_name_several
    assert _asked(("family", "Smith"), ("birthdate", "1957-07-23")).may_name_several
    assert not _asked(("family", "Sm*"), BORN).may_name_several


def test_a_full_search_may_be_by_another_system_of_numbers() -> None:
    asked = _asked(BORN, ("identifier", "urn:hospital|ABC 12"))
    assert asked.number == ("urn:hospital", "ABC 12")


@pytest.mark.parametrize(
    ("pair", "text"),
    [
        # M3: not a date as ISO writes it.
        (("birthdate", "19570723"), "Invalid value - '19570723' in field 'birthdate'"),
        (("birthdate", "1957-02-30"), "Invalid value - '1957-02-30' in field 'birthdate'"),
        (("birthdate", "gt1957-02-03"), "Invalid value - 'gt1957-02-03' in field 'birthdate'"),
        (("death-date", "yes"), "Invalid value - 'yes' in field 'death-date'"),
        (("gender", "f"), "Invalid value - 'f' in field 'gender'"),
        (("family", "S*"), "Invalid value - 'S*' in field 'family'"),
        (("family", "Sm*th"), "Invalid value - 'Sm*th' in field 'family'"),
        (("given", " "), "Invalid value - ' ' in field 'given'"),
        (("email", "a*"), "Invalid value - 'a*' in field 'email'"),
        (("identifier", "9990001015"), "Invalid value - '9990001015' in field 'identifier'"),
        (("identifier", "|12"), "Invalid value - '|12' in field 'identifier'"),
        (("_history", "yes"), "Invalid value - 'yes' in field '_history'"),
        (("_max-results", "51"), "Invalid value - '51' in field '_max-results'"),
        (("_max-results", "0"), "Invalid value - '0' in field '_max-results'"),
        (("_max-results", "a"), "Invalid value - 'a' in field '_max-results'"),
    ],
)
def test_a_value_that_its_field_does_not_take_is_named(pair: tuple[str, str], text: str) -> None:
    assert _faults(("family", "Jones"), pair) == [("INVALID_SEARCH_DATA", "value", text)]


def test_a_single_field_is_given_once() -> None:
    assert _faults(("family", "Jones"), ("family", "Smith"), BORN) == [
        ("INVALID_SEARCH_DATA", "value", "Invalid value - 'Smith' in field 'family'")
    ]


def test_an_unknown_parameter_is_named() -> None:
    """M24."""
    assert _faults(("family", "Jones"), BORN, ("year", "1957")) == [
        (
            "INVALID_SEARCH_DATA",
            "not-supported",
            "Additional properties are not allowed ('year' was unexpected)",
        )
    ]


def test_too_little_is_refused() -> None:
    """M25."""
    assert _faults()[0][:2] == ("UNSUPPORTED_SERVICE", "required")
    assert _faults(("_history", "true"))[0][0] == "UNSUPPORTED_SERVICE"
    assert _faults(("family", "Jones")) == [
        ("MISSING_VALUE", "required", "Missing value - 'birthdate'")
    ]
    code, issue, text = _faults(BORN)[0]
    assert (code, issue) == ("MISSING_VALUE", "required")
    assert text.startswith("The minimum criteria are not met")
    assert _faults(BORN, ("email", "a@example.org"))[0][0] == "MISSING_VALUE"


def test_a_star_goes_with_no_fuzzy_or_exact_search() -> None:
    """M6."""
    for flag in ("_fuzzy-match", "_exact-match"):
        found = _faults(("given", "Joe*"), BORN, (flag, "true"))
        assert found[0][:2] == ("INVALID_SEARCH_DATA", "invalid")
    both = _faults(("given", "Joe"), BORN, ("_fuzzy-match", "true"), ("_exact-match", "true"))
    assert both[0][:2] == ("INVALID_SEARCH_DATA", "invalid")
    assert _asked(("given", "Joe"), BORN, ("_exact-match", "true")).given == (Word("Joe"),)


def test_dates_that_leave_no_day_are_refused() -> None:
    found = _faults(
        ("family", "Smith"), ("birthdate", "ge1990-01-01"), ("birthdate", "le1980-01-01")
    )
    assert found == [("INVALID_SEARCH_DATA", "value", "The dates leave no day between them.")]


@given(
    st.lists(st.tuples(st.sampled_from([*PARAMETERS, "year"]), st.text(max_size=12)), max_size=6)
)
def test_any_words_are_a_search_or_faults(pairs: list[tuple[str, str]]) -> None:
    found = read_search(pairs)
    assert isinstance(found, Criteria) or (found and all(isinstance(one, Fault) for one in found))
    if isinstance(found, Criteria):
        assert found.born is not None
        assert found.is_named
