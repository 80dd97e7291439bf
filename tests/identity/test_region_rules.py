"""What a region says of normalisation is in force in every process, and is refused when wrong."""

from datetime import UTC, datetime

import pytest

from careweave.identity import keep_rules, rules, rules_in_force
from careweave.identity._region_rules import rules_of
from careweave.terms import Incorrect

NOW = datetime(2026, 3, 16, 8, tzinfo=UTC)


def test_a_region_that_says_nothing_has_the_rules_of_the_package(session):
    assert rules_in_force(session) is rules()
    assert rules_of({}) == rules()


def test_what_a_region_says_is_in_force_at_once(session):
    rules_in_force(session)

    keep_rules(session, {"test_numbers": True, "postcode_scheme": "free"}, at=NOW)

    found = rules_in_force(session)
    assert (found.accepts_test, found.postcode_scheme) == (True, "free")


def test_what_is_said_twice_is_kept_once(session):
    from careweave.db import Query

    for n in (1, 1, 2):
        keep_rules(session, {"test_numbers": n == 1}, at=NOW)

    count = Query("test", "SELECT count(*) AS n FROM identity.rule_set", kept=False)
    assert session.row(count) == (2,)
    assert not rules_in_force(session).accepts_test


def test_a_region_adds_to_what_stands_for_nothing():
    found = rules_of(
        {
            "placeholders": {
                "name_words": ["Núll"],
                "birth_dates": ["1899-12-31"],
                "postcodes": ["xx9"],
                "phones": ["123123123"],
                "emails": ["Nobody@Example.org"],
            }
        }
    )

    assert {"null"} | rules().name_words == found.name_words
    assert "1899-12-31" in found.birth_dates
    assert "XX9" in found.postcodes
    assert "nobody@example.org" in found.emails
    assert found.titles == rules().titles


@pytest.mark.parametrize(
    "document",
    [
        {"golden": True},
        {"test_numbers": "yes"},
        {"postcode_scheme": "fr"},
        {"placeholders": ["a"]},
        {"placeholders": {"colours": ["red"]}},
        {"placeholders": {"phones": "1"}},
    ],
)
def test_what_is_wrong_is_refused_and_not_kept(session, document):
    with pytest.raises(Incorrect):
        keep_rules(session, document, at=NOW)

    assert rules_in_force(session) == rules()
