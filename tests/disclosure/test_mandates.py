"""Mandates: two people, one person named, until a day, and never more than they cite."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from careweave.disclosure import (
    Asking,
    Order,
    Outlet,
    end_mandate,
    enter_mandate,
    mandates,
    standing,
)
from careweave.ledger import Recorder
from careweave.terms import (
    Actor,
    Conflict,
    Heading,
    Incorrect,
    Label,
    NotFound,
    PersonId,
    Purpose,
    SourceId,
)
from tests.lib.door import fresh_database, make_door, patient

NOW = datetime(2026, 3, 20, 10, tzinfo=UTC)
DAY = timedelta(days=1)
BARS = {Label.S2, Label.S4, Label.S8, Label.VERY_RESTRICTED}


@pytest.fixture(scope="module")
def database(server, template):
    with fresh_database(server, template) as made:
        yield made


@pytest.fixture(scope="module")
def person(database):
    made = make_door(database).made(patient("Threlkeld"))
    with psycopg.connect(database.url) as connection:
        row = connection.execute(
            b"SELECT p.person FROM record.subject_person AS p INNER JOIN record.subject AS s "
            b"USING (subject) WHERE s.local_id = %s",
            [made["id"]],
        ).fetchone()
    return PersonId(row[0])


def asking(name="clerk", organisation="platform", at=NOW):
    actor = Actor(name, organisation, SourceId(1), organisation, Purpose.OPERATIONS, frozenset())
    return Asking(actor, Purpose.OPERATIONS, "cli", "request", at)


def order(person, recipient, **changes):
    made = Order(
        person=person,
        issuer="Family Court at Tarnside",
        instrument="order 17 of 2026, section 8",
        headings=frozenset({Heading.SOC, Heading.MED}),
        recipient=recipient,
        since=NOW,
        until=NOW + 7 * DAY,
        bars=frozenset({Label.S8}),
    )
    return replace(made, **changes)


def entered(database, made, second="registrar"):
    return enter_mandate(
        database, asking(), made, second=second, recipients={made.recipient}, bars=BARS
    )


def held(database, organisation, at):
    with database.reading() as session:
        return standing(session, asking("anybody", organisation).actor, at).mandates


def test_a_mandate_holds_for_its_recipient_within_its_time(database, person):
    id_ = entered(database, order(person, "council-a"))
    (one,) = held(database, "council-a", NOW)
    assert (one.id, one.person, one.recipient) == (id_, person, "council-a")
    assert one.headings == {Heading.SOC, Heading.MED}
    assert one.bars == {Label.S8}
    second = timedelta(seconds=1)
    for at, n in ((NOW - second, 0), (NOW + 7 * DAY - second, 1), (NOW + 7 * DAY, 0)):
        assert len(held(database, "council-a", at)) == n
    assert held(database, "council-b", NOW) == ()


@pytest.mark.parametrize("second", ["", "  ", "clerk", " clerk ", "Clerk"])
def test_one_person_alone_enters_no_mandate(database, person, second):
    with pytest.raises(Conflict):
        entered(database, order(person, "council-c"), second)
    assert held(database, "council-c", NOW) == ()


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("issuer", {"issuer": " "}),
        ("instrument", {"instrument": ""}),
        ("headings", {"headings": frozenset()}),
        ("bars", {"bars": frozenset({Label.S6})}),
        ("until", {"until": NOW}),
        ("until", {"since": NOW - 2 * DAY, "until": NOW - DAY}),
    ],
)
def test_an_order_that_says_too_little_is_no_mandate(database, person, where, change):
    with pytest.raises(Incorrect) as refused:
        entered(database, order(person, "council-d", **change))
    assert refused.value.where == where
    assert held(database, "council-d", NOW) == ()


def test_an_order_for_somebody_unknown_is_refused(database, person):
    with pytest.raises(Incorrect):
        enter_mandate(
            database, asking(), order(person, "moon"), second="x", recipients={"a"}, bars=BARS
        )
    nobody = PersonId(UUID("00000000-0000-8000-8000-000000000000"))
    with pytest.raises(NotFound):
        entered(database, order(nobody, "council-d"))


def test_a_mandate_that_is_ended_opens_nothing_more(database, person):
    id_ = entered(database, order(person, "council-e"))
    with pytest.raises(Incorrect):
        end_mandate(database, asking(at=NOW + DAY), id_, why=" ")
    end_mandate(database, asking(at=NOW + DAY), id_, why="Set aside on appeal.")
    assert len(held(database, "council-e", NOW + DAY / 2)) == 1
    assert held(database, "council-e", NOW + DAY) == ()
    for gone in (id_, uuid4()):
        with pytest.raises(NotFound):
            end_mandate(database, asking(at=NOW + DAY), gone, why="Again.")
    way = Outlet(database, Recorder(database))
    (kept,) = mandates(way, asking(), recipient="council-e")
    assert (kept.entered_by, kept.second_by) == ("clerk", "registrar")
    assert (kept.ended_by, kept.ended_at) == ("clerk", NOW + DAY)
    assert kept.order == order(person, "council-e")


def test_every_act_on_mandates_is_accounted_for(database, person):
    way = Outlet(database, Recorder(database))
    assert mandates(way, asking("reader"), recipient="nobody") == ()
    id_ = entered(database, order(person, "council-f"))
    end_mandate(database, asking(), id_, why="A slip of the pen.")
    mandates(way, asking("reader"))
    with psycopg.connect(database.url) as connection:
        found = connection.execute(
            b"SELECT action, outcome, person, visible_to_person FROM ledger.account "
            b"WHERE mandate = %s OR actor = 'reader' ORDER BY tx, id",
            [id_],
        ).fetchall()
    assert found == [
        ("mandate-list", "absent", None, "withheld"),
        ("mandate-add", "permit", person, "withheld"),
        ("mandate-end", "permit", person, "withheld"),
        ("mandate-list", "permit", None, "withheld"),
    ]
