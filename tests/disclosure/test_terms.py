"""An exact search: each term that is asked is true of the record, or the record is not meant."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from careweave.disclosure._criteria import Criteria, Span, Word, demographics_of
from careweave.disclosure._terms import holds, is_born_in
from careweave.identity import demographics, normalise, rules

TODAY = date(2026, 3, 16)
RULES = replace(rules(), accepts_test=True)
DAY = date(1975, 3, 19)
BORN: Span = (DAY, DAY)

MARIA: dict[str, Any] = {
    "resourceType": "Patient",
    "name": [
        {"family": "García-Fernández", "given": ["María José"]},
        {"use": "old", "family": "O'Brien", "given": ["Mary"]},
    ],
    "gender": "female",
    "birthDate": "1975-03-19",
    "deceasedDateTime": "2025-02-03T10:00:00Z",
    "identifier": [
        {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9993989088"},
        {"system": "urn:hospital", "value": "H-12"},
    ],
    "address": [
        {"postalCode": "XR1 4AB", "line": ["1 High Street"]},
        {"postalCode": "XR2 2BB", "use": "old"},
    ],
    "telecom": [
        {"system": "phone", "value": "+44 1632 960123"},
        {"system": "email", "value": "maria@example.org"},
        {"system": "email", "value": "former@example.org", "use": "old"},
    ],
    "generalPractitioner": [{"identifier": {"value": "CWG01"}}],
}


def _holds(patient: dict[str, Any] = MARIA, *, is_hidden: bool = False, **asked: Any) -> bool:
    criteria = Criteria(**{"born": BORN, **asked})
    wanted = normalise(demographics_of(criteria), RULES, today=TODAY)
    held = normalise(demographics(patient), RULES, today=TODAY)
    return holds(criteria, wanted, held, is_hidden=is_hidden)


def _word(text: str) -> Word:
    return Word(text.removesuffix("*"), text.endswith("*"))


@pytest.mark.parametrize(
    "family", ["garcia fernandez", "GARCÍA", "Fernandez", "Garciafernandez", "Garc*"]
)
def test_a_family_name_is_found_under_each_of_its_parts(family: str) -> None:
    assert _holds(family=_word(family))


@pytest.mark.parametrize(
    "given",
    [("Maria",), ("José",), ("Jose", "Maria"), ("María José",), ("Mariajose",), ("Mar*", "Jo*")],
)
def test_given_names_are_found_in_any_order(given: tuple[str, ...]) -> None:
    """M4, M17, M23."""
    assert _holds(given=tuple(map(_word, given)))


@pytest.mark.parametrize(
    "asked",
    [
        {"family": Word("Gomez")},
        {"family": Word("Garci")},
        {"family": Word("Garcia"), "given": (Word("Ana"),)},
        {"given": (Word("Maria"), Word("Ana"))},
        {"sex": "male"},
        {"born": (date(1975, 3, 18), date(1975, 3, 18))},
        {"postcode": Word("XR1 4AC")},
        {"postcode": Word("XR3", is_start=True)},
        {"phone": "01632960124"},
        {"email": "other@example.org"},
        {"practice": "CWG02"},
        {"died": (date(2025, 2, 4), date(2025, 2, 5))},
        {"number": ("https://fhir.nhs.uk/Id/nhs-number", "9990001014")},
        {"number": ("urn:hospital", "H-13")},
        # What stands for nothing is nobody's.
        {"family": Word("Unknown")},
        {"postcode": Word("ZZ99 3VZ")},
    ],
)
def test_one_term_that_is_not_true_is_enough(asked: dict[str, Any]) -> None:
    assert not _holds(**asked)


def test_all_terms_that_are_true_are_held() -> None:
    assert _holds(
        family=Word("Garcia"),
        given=(Word("Maria"),),
        sex="female",
        died=(date(2025, 1, 1), date(2025, 12, 31)),
        postcode=Word("xr14ab"),
        phone="0044 1632 960123",
        email="MARIA@example.org",
        practice="cwg01",
        number=("https://fhir.nhs.uk/Id/nhs-number", "9993989088"),
    )
    assert _holds(number=("urn:hospital", "h-12"))
    assert _holds(postcode=Word("XR1", is_start=True))


def test_a_wrong_term_is_not_made_good_by_a_right_one() -> None:
    """M26."""
    assert not _holds(phone="01632960123", email="other@example.org")


@pytest.mark.parametrize(
    "asked",
    [
        {"family": Word("OBrien"), "given": (Word("Mary"),)},
        {"postcode": Word("XR2 2BB")},
        {"email": "former@example.org"},
    ],
)
def test_former_values_count_only_with_history(asked: dict[str, Any]) -> None:
    """M12, M21."""
    assert not _holds(**asked)
    assert _holds(**asked, with_history=True)


@pytest.mark.parametrize(
    "asked",
    [
        {"postcode": Word("XR1 4AB")},
        {"phone": "01632960123"},
        {"email": "maria@example.org"},
        {"practice": "CWG01"},
    ],
)
def test_where_a_restricted_person_is_is_not_searched_by(asked: dict[str, Any]) -> None:
    assert _holds(**asked)
    assert not _holds(**asked, is_hidden=True)
    system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    restricted = {**MARIA, "meta": {"security": [{"system": system, "code": "R"}]}}
    assert not _holds(restricted, **asked)
    assert _holds(restricted, family=Word("Garcia"))


def test_an_unfinished_birth_date_is_not_the_one_that_was_asked() -> None:
    assert not _holds({**MARIA, "birthDate": "1975-03"})
    assert not _holds({**MARIA, "birthDate": "1975"})
    assert _holds({**MARIA, "birthDate": "1975"}, born=None)


def test_the_living_have_no_day_of_death() -> None:
    alive = {key: value for key, value in MARIA.items() if key != "deceasedDateTime"}
    assert not _holds(alive, died=(date(2025, 1, 1), date(2025, 12, 31)))
    assert not _holds({**alive, "deceasedBoolean": True}, died=(date.min, date.max))


def test_a_span_leaves_out_only_whom_it_does_not_hold() -> None:
    held = normalise(demographics(MARIA), RULES, today=TODAY)
    assert is_born_in(None, held)
    assert is_born_in((date(1975, 1, 1), date(1975, 12, 31)), held)
    assert not is_born_in((date(1976, 1, 1), date(1976, 12, 31)), held)
    unsure = normalise(demographics({**MARIA, "birthDate": "1975"}), RULES, today=TODAY)
    assert is_born_in((date(1976, 1, 1), date(1976, 12, 31)), unsure)
