"""Who looks at whom is gone through: persons watched over, and emergencies without a deed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from careweave.agreements import default_rules
from careweave.disclosure import (
    Asking,
    Because,
    Notice,
    Outlet,
    Said,
    broken_glass,
    open_episode,
    reviews,
    shown_under,
    watch,
)
from careweave.ledger import Outcome, Period, Recorder, append, new_id
from careweave.terms import Actor, PersonId, Purpose, Role, SourceId, SubjectId
from tests.lib.door import fresh_database, make_door, patient
from tests.lib.looks import look_at

NOW = datetime(2026, 3, 18, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def database(server, template) -> Iterator:
    with fresh_database(server, template) as made:
        yield made


@pytest.fixture
def people(database):
    """Two persons with a record each, the first of them watched over."""
    door = make_door(database)
    found = []
    for family in ("Thornquist", "Smith"):
        made = door.made(patient(family))
        found.append(
            rows(
                database,
                "SELECT p.person, s.subject FROM record.subject_person AS p "
                "INNER JOIN record.subject AS s USING (subject) WHERE s.local_id = %s",
                made["id"],
            )[0]
        )
    with psycopg.connect(database.url) as connection:
        connection.execute(
            b"INSERT INTO record.subject_fact (subject, kind, since, from_subject, from_rid) "
            b"VALUES (%s, 2, '2026-01-01', %s, 1)",
            [found[0][1], found[0][1]],
        )
    return found


def rows(database, text, *values):
    with psycopg.connect(database.url) as connection:
        return connection.execute(text.encode(), values).fetchall()


def look(person, subject, user="u-curious", **changes):
    return look_at(subject, NOW, **{"user_name": user, "person": PersonId(person), **changes})


def write(database, *accounts):
    with database.session() as session:
        append(session, accounts)


def alerts(database, kind):
    return rows(
        database,
        "SELECT user_name, person, episode FROM disclosure.alert WHERE kind = %s "
        "ORDER BY user_name",
        str(kind),
    )


@pytest.mark.attack(56)
def test_each_who_looks_at_somebody_watched_over_is_told_once_a_day(database, people):
    watched, other = people
    write(
        database,
        look(*watched),
        look(*watched, request_id="r2", action="search"),
        look(*watched, user="u-other", purpose="PATADMIN", action="find"),
        look(*other, user="u-plain"),
        look(*watched, user="u-refused", outcome=Outcome.REFUSED),
        look(*watched, user="u-found-nothing", n_items=0),
        look(*watched, user=None, role=None),
        look(*watched, user="u-self", role="CI"),
        look(*watched, user="u-long-ago", at=NOW - 2 * DAY),
    )
    watch(database, now=NOW)
    assert [row[0] for row in alerts(database, Notice.WATCHED)] == ["u-curious", "u-other"]
    write(database, look(*watched, at=NOW + HOUR), look(*watched, user="u-late", at=NOW + HOUR))
    watch(database, now=NOW + HOUR)
    assert [row[0] for row in alerts(database, Notice.WATCHED)] == [
        *("u-curious", "u-late", "u-other"),
    ]
    write(database, look(*watched, at=NOW + 25 * HOUR))
    watch(database, now=NOW + 25 * HOUR)
    assert len(alerts(database, Notice.WATCHED)) == 4
    assert watch(database, now=NOW + 25 * HOUR) == 0, "nothing is gone through twice"


def test_more_than_fits_into_one_turn_is_gone_through(database, people):
    watched, other = people
    write(database, *[look(*other, user=f"u{n}") for n in range(5000)])
    write(database, look(*watched, user="u-last"))
    watch(database, now=NOW)
    assert [row[0] for row in alerts(database, Notice.WATCHED)] == ["u-last"]


def emergency(database, person, user, at=NOW):
    actor = Actor(
        "ward",
        "nm-acute",
        SourceId(1),
        "nm-acute",
        Purpose.DIRECT_CARE,
        frozenset(),
        role=Role.ED,
        user=user,
    )
    asking = Asking(actor, Purpose.DIRECT_CARE, "fhir", f"r-{user}", at)
    said = Said(True, Because.UNCONSCIOUS, "Found lying in the hall.")
    return open_episode(database, asking, PersonId(person), said, rules=default_rules()).id


@pytest.mark.attack(56)
def test_an_emergency_after_which_nothing_is_done_for_a_day_is_told(database, people):
    (first, of_first), (second, of_second) = people
    idle = emergency(database, first, "u-idle")
    emergency(database, second, "u-busy")
    wrote = replace(look(second, of_second, action="create", deed=None, role=None), person=None)
    elsewhere = replace(wrote, id=new_id(NOW), subjects=(SubjectId(of_first),))
    write(
        database,
        replace(wrote, at=NOW + 3 * HOUR),
        replace(elsewhere, at=NOW + HOUR, organisation="nm-community"),
        replace(elsewhere, id=new_id(NOW), at=NOW + 25 * HOUR),
        replace(elsewhere, id=new_id(NOW), at=NOW + HOUR, action="read"),
    )
    watch(database, now=NOW + DAY - timedelta(seconds=1))
    assert alerts(database, Notice.NO_ACTIVITY) == []
    for late in (DAY, DAY + HOUR):
        watch(database, now=NOW + late)
        assert alerts(database, Notice.NO_ACTIVITY) == [("u-idle", first, idle)]


def asking(organisation="nm-acute"):
    actor = Actor(
        "officer", organisation, SourceId(0), organisation, Purpose.OPERATIONS, frozenset()
    )
    return Asking(actor, Purpose.OPERATIONS, "cli", "request", NOW + HOUR)


def test_an_officer_sees_what_was_shown_under_an_episode_and_nothing_else(database, people):
    (person, subject), other = people
    id_ = emergency(database, person, "u-ed")
    under = {"episode": id_, "second_purpose": "BTG", "at": NOW + timedelta(minutes=5)}
    both = [{"heading": "ALG", "items": 1}, {"heading": "MED", "items": 3}]
    write(
        database,
        look(person, subject, **under),
        look(person, subject, clauses=json.dumps(both), **under),
        look(person, subject, at=NOW + timedelta(minutes=5)),
        look(*other, **under),
    )
    way = Outlet(database, Recorder(database))
    one, *_ = reviews(way, asking(), only=id_)
    assert shown_under(way, asking(), one) == (("ALG", 1), ("MED", 5))
    assert shown_under(way, asking(), replace(one, episode=None)) == ()
    found = rows(
        database, "SELECT outcome, n_items FROM ledger.account WHERE action = 'review-show'"
    )
    assert found == [("permit", 6)]


@pytest.mark.attack(56)
def test_the_share_of_broken_glass_is_told_by_role(database, people):
    person = people[1]
    looks = [look(*person, request_id=f"r{n}") for n in range(3)]
    broken = look(*person, request_id="r9", second_purpose="BTG")
    write(
        database,
        *looks,
        broken,
        replace(broken, id=new_id(NOW)),
        look(*person, request_id="g", role="GP"),
        look(*person, request_id="s", role=None),
        look(*person, request_id="x", organisation="nm-council"),
    )
    way = Outlet(database, Recorder(database))
    found = broken_glass(way, asking(), Period(NOW, NOW + DAY))
    assert [(one.role, one.n_looks, one.n_broken, one.share) for one in found] == [
        ("ED", 4, 1, 0.25),
        ("GP", 1, 0, 0.0),
    ]
    assert broken_glass(way, asking("nobody"), Period(NOW, NOW + DAY)) == ()
