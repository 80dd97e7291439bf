"""What so many share that it is no evidence, and what stands for nothing, against the real store."""

from dataclasses import replace

from careweave.db import Database
from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenContact,
    WrittenName,
)
from careweave.identity._normalise import normalise
from careweave.identity._region_rules import keep_rules, rules_in_force
from careweave.identity._rules import rules
from careweave.identity._shared import (
    count_shared_values,
    likely_placeholders,
    with_shared,
)
from tests.identity.people import TODAY, people
from tests.identity.stored import NOW, keep, means


def household(n: int, phone: str, email: str) -> list[Demographics]:
    """People of one phone, e-mail address and home, of all ages and names."""
    return [
        replace(
            one.demographics,
            contacts=(WrittenContact("phone", phone), WrittenContact("email", email)),
            addresses=(WrittenAddress(("7 High Street",), "Ashgrove", "", "XR1 4AB"),),
        )
        for one in people(n, 9)[:n]
    ]


def test_a_phone_of_a_family_is_evidence_and_one_of_a_hostel_is_none(session) -> None:
    family = [
        replace(one, addresses=()) for one in household(6, "01632 960410", "akhtar@example.org")
    ]
    hostel = household(31, "01632 960999", "us@example.org")
    keep(session, [*family, *hostel], means())
    count_shared_values(session, rules(), at=NOW)
    known = with_shared(session, rules())
    assert known.shared_contacts == {"632960999", "us@example.org"}
    assert known.communal == {("XR1 4AB", "7", "high street")}
    found = normalise(hostel[0], known, today=TODAY)
    assert (found.phones, found.emails) == ((), ())
    assert [home.is_communal for home in found.homes] == [True]


def test_every_process_learns_what_was_counted_and_what_the_region_says(
    database: Database,
) -> None:
    other = Database(database.url)
    try:
        with other.session() as session:
            assert rules_in_force(session) is rules()
        with database.session() as session:
            keep(session, household(31, "01632 960999", "us@example.org"), means())
            count_shared_values(session, rules(), at=NOW)
        with other.session() as session:
            assert rules_in_force(session).shared_contacts == {"632960999", "us@example.org"}
        with database.session() as session:
            keep_rules(session, {"test_numbers": True}, at=NOW)
        with other.session() as session:
            found = rules_in_force(session)
        assert (found.accepts_test, len(found.communal)) == (True, 1)
    finally:
        other.close()


def test_where_nothing_is_shared_the_rules_stay(session) -> None:
    count_shared_values(session, rules(), at=NOW)
    assert with_shared(session, rules()) is rules()


def test_one_person_known_to_many_sources_shares_with_nobody(session) -> None:
    by = means()
    person = replace(people(50, 3)[0], status="01").demographics
    for at in range(8):
        keep(session, [person], by, f"source-{at}", first=100 + at)
    count_shared_values(session, rules(), at=NOW)
    assert with_shared(session, rules()) is rules()


def test_what_one_source_has_far_too_often_is_proposed(session) -> None:
    by = means()
    crowd = [one.demographics for one in people(400, 11)]
    odd = [
        replace(one, names=(WrittenName("Zzyx", one.names[0].given),), birth_date="1972-02-02")
        for one in crowd[200:240]
    ]
    keep(session, crowd[:200], by, "nm-acute")
    keep(session, [*crowd[240:], *odd], by, "nm-council", first=1000)
    found = likely_placeholders(session, rules())
    assert {(one.source, one.field, one.value, one.n) for one in found} == {
        ("nm-council", "family", "zzyx", 40),
        ("nm-council", "birth", "1972-2-2", 40),
    }
    assert all(one.share == 0.2 and one.elsewhere < 0.01 for one in found)


def test_a_region_of_one_source_has_nothing_to_compare_with(session) -> None:
    keep(session, household(30, "01632 960999", "a@b.org"), means())
    assert likely_placeholders(session, rules()) == ()
