"""An agreement is in force as a whole or not at all: status, dates, signatures, assurance."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from careweave.agreements import Grade, World, emit, in_force, warnings
from tests.lib.agreement_files import (
    AT,
    GONE,
    SECRETS,
    agreement,
    changed,
    key,
    organisations,
    signed,
    world_of,
)


def _rules(world: World, at: datetime = AT) -> set[str]:
    return {notice.rule for notice in in_force(world, world.agreements[-1], at)}


def _of(changes: dict[Any, Any] | None = None, **more: Any) -> World:
    return world_of(signed(changed(agreement(), changes or {})), **more)


def test_what_all_have_signed_in_time_is_in_force() -> None:
    assert _rules(_of()) == set()


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("status", {("status",): "draft"}),
        ("status", {("status",): "suspended"}),
        ("status", {("status",): "ended"}),
        ("V9", {("valid", "review_by"): "2026-04-01"}),
        ("V9", {("valid", "review_by"): "2027-04-01"}),
        ("V11", {("parties", 0, "assurance"): GONE}),
        ("V11", {("parties", 0, "assurance", "result"): "approaching"}),
        ("V11", {("parties", 1, "assurance", "to"): "2026-05-03"}),
        ("V12", {("law", "dpia", "approved"): "2026-04-02"}),
    ],
)
def test_what_is_not_as_it_must_be_is_not_in_force(rule: str, changes: dict[Any, Any]) -> None:
    assert _rules(_of(changes)) == {rule}


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        (_utc("2026-03-31T22:59:59"), False),  # summer time has begun: 23:59:59 in London
        (_utc("2026-03-31T23:00:00"), True),
        (_utc("2027-03-31T22:59:59"), True),
        (_utc("2027-03-31T23:00:00"), False),
    ],
)
def test_days_are_whole_days_of_the_region_and_the_last_is_one_of_them(
    at: datetime, holds: bool
) -> None:
    assert (not _rules(_of(), at)) is holds


def test_the_29th_of_february_is_a_day_like_others() -> None:
    leap = {
        ("valid", "to"): "2028-02-29",
        ("parties", 0, "assurance", "to"): "2028-12-31",
        ("parties", 1, "assurance", "to"): "2028-12-31",
    }
    assert _rules(_of(leap), _utc("2028-02-29T12:00:00")) == set()
    assert _rules(_of(leap), _utc("2028-03-01T00:00:00")) == {"V9"}


@pytest.mark.attack(75)
def test_v10_a_party_that_has_not_signed_keeps_it_out_of_force() -> None:
    assert _rules(world_of(signed(agreement(), without="acute"))) == {"V10"}


def test_v10_a_word_changed_after_signing_keeps_it_out_of_force() -> None:
    body = signed(agreement()).replace(b"months_back: 12", b"months_back: 13")
    assert _rules(world_of(body)) == {"V10"}


def test_v10_a_remark_or_another_order_does_not_undo_a_signature() -> None:
    body = b"# A remark.\n" + signed(agreement()).replace(b"- audit\n", b"- audit  # always\n")
    assert _rules(world_of(body)) == set()


@pytest.mark.attack(75)
@pytest.mark.parametrize(
    "held",
    [
        key("practice", kid="acute-2"),  # of somebody else
        key("acute", **{"from": "2026-03-02"}),  # not yet
        key("acute", to="2026-02-28"),  # not any more
        key("acute", kid="acute-2"),  # of another name
        key("acute", x=key("home")["x"]),  # of the same name, with another half
    ],
)
def test_v10_only_a_key_of_the_party_in_date_when_it_signed_counts(held: dict[str, Any]) -> None:
    listed = organisations()
    listed["organisations"][0]["keys"] = [held]
    assert _rules(_of(organisations=listed)) == {"V10"}


@pytest.mark.attack(75)
@pytest.mark.parametrize("taken", [True, False])
def test_v10_a_key_of_the_demonstration_counts_only_where_it_is_taken(taken: bool) -> None:
    listed = organisations()
    listed["organisations"][0]["keys"] = [key("acute", demonstration=True)]
    world = _of(organisations=listed, takes_demonstration_keys=taken)
    assert _rules(world) == (set() if taken else {"V10"})


def test_a_group_is_signed_by_the_organisation_or_the_office_named_for_it() -> None:
    listed = organisations()
    del listed["groups"][0]["signer"]
    assert _rules(_of(organisations=listed)) == {"V10"}
    listed["groups"][0]["keys"] = listed["organisations"][1].pop("keys")
    assert _rules(_of(organisations=listed)) == set()


def test_a_version_gives_way_to_a_later_one_that_is_in_force() -> None:
    second = changed(
        agreement(), {("version",): 2, ("supersedes",): "agr-care@1", ("clauses", 0, "labels"): []}
    )
    world = world_of(signed(agreement()), signed(second))
    first, later = world.agreements
    assert [notice.rule for notice in in_force(world, first, AT)] == ["V9"]
    assert in_force(world, later, AT) == ()
    # A later one that nobody has signed changes nothing.
    world = world_of(signed(agreement()), emit(second))
    assert in_force(world, world.agreements[0], AT) == ()


def test_what_ends_is_said_30_days_before() -> None:
    world = _of()
    (one,) = world.agreements
    last = datetime(2027, 3, 31, 12, tzinfo=UTC)
    said = {
        days: [notice.where for notice in warnings(world, one, last - timedelta(days))]
        for days in (31, 30, 7, 1, 0)
    }
    assert said == {31: [], **{days: ["valid.to"] for days in (30, 7, 1, 0)}}
    assert {notice.grade for notice in warnings(world, one, last)} == {Grade.WARN}


def test_every_key_of_the_tests_is_another() -> None:
    assert len(set(SECRETS.values())) == len(SECRETS)
