"""The officer's queue: nothing is lost, nobody judges themself, and looking is accounted for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from careweave.agreements import default_rules
from careweave.disclosure import (
    Asking,
    Because,
    Finding,
    Notice,
    Outlet,
    Said,
    claim_review,
    open_episode,
    release,
    review,
    reviews,
)
from careweave.ledger import Recorder
from careweave.terms import (
    Actor,
    Conflict,
    Forbidden,
    Incorrect,
    NotFound,
    PersonId,
    Purpose,
    Role,
    SourceId,
)
from tests.lib.door import fresh_database, make_door, patient

NOW = datetime(2026, 3, 20, 10, tzinfo=UTC)
DUE = datetime(2026, 3, 27, 10, tzinfo=UTC)
RULES = default_rules()


@pytest.fixture(scope="module")
def database(server, template):
    with fresh_database(server, template) as made:
        yield made


@pytest.fixture(scope="module")
def person(database):
    made = make_door(database).made(patient("Threlkeld"))
    ((found,),) = rows(
        database,
        "SELECT p.person FROM record.subject_person AS p INNER JOIN record.subject AS s "
        "USING (subject) WHERE s.local_id = %s",
        made["id"],
    )
    return PersonId(found)


def rows(database, text, *values):
    with psycopg.connect(database.url) as connection:
        return connection.execute(text.encode(), values).fetchall()


def asking(name, organisation, at=NOW, role=Role.SYSTEM, user=""):
    purpose = Purpose.DIRECT_CARE if user else Purpose.OPERATIONS
    actor = Actor(
        name,
        organisation,
        SourceId(1),
        organisation,
        purpose,
        frozenset(),
        role=role,
        user=user,
    )
    return Asking(actor, purpose, "cli", f"request-{name}", at)


def emergency(database, organisation, user, person, n=0):
    ask = asking("ward", organisation, role=Role.ED, user=user)
    said = Said(True, Because.UNCONSCIOUS, f"Found lying in the hall, call {n}.")
    return open_episode(database, ask, person, said, rules=RULES)


def way(database):
    return Outlet(database, Recorder(database))


def accounts(database, action, organisation):
    return rows(
        database,
        "SELECT actor, outcome, reason, n_items, person, episode FROM ledger.account "
        "WHERE action = %s AND organisation = %s ORDER BY tx, id",
        action,
        organisation,
    )


def test_an_officer_sees_the_queue_of_the_own_organisation_with_words_and_due_time(
    database, person
):
    mine = emergency(database, "queue-a", "u-ed", person)
    emergency(database, "queue-b", "u-ed", person)

    (one,) = reviews(way(database), asking("officer", "queue-a"))

    assert (one.id, one.what, one.user, one.person) == (mine.id, "emergency", "u-ed", person)
    assert one.words == "Found lying in the hall, call 0."
    assert (one.due_at, one.is_overdue) == (DUE, False)
    assert accounts(database, "review-list", "queue-a") == [
        ("officer", "permit", "", 1, None, None)
    ]
    assert reviews(way(database), asking("officer", "queue-none")) == ()
    assert accounts(database, "review-list", "queue-none")[0][1] == "absent"


def test_what_waits_after_five_working_days_is_overdue(database, person):
    emergency(database, "overdue", "u-ed", person)
    late = asking("officer", "overdue", DUE)
    (one,) = reviews(way(database), late)
    assert one.is_overdue
    (before,) = reviews(way(database), replace(late, at=DUE - timedelta(seconds=1)))
    assert not before.is_overdue


def test_a_verdict_is_for_good_and_takes_it_out_of_the_queue(database, person):
    made = emergency(database, "verdict", "u-ed", person)
    officer = asking("officer", "verdict", NOW + timedelta(days=2))
    review(database, officer, made.id, Finding.TRAINING, "  A tie was there an hour later. ")

    assert reviews(way(database), officer) == ()
    (kept,) = reviews(way(database), replace(officer, at=DUE), with_reviewed=True)
    assert (kept.verdict, kept.reviewed_by, kept.is_overdue) == ("training", "officer", False)
    assert kept.remark == "A tie was there an hour later."
    for act in (
        lambda: review(database, officer, made.id, Finding.BREACH, "Once more."),
        lambda: claim_review(database, officer, made.id),
    ):
        with pytest.raises(Conflict):
            act()
    assert accounts(database, "review", "verdict") == [
        ("officer", "permit", "training", 0, person, made.id)
    ]


def test_a_verdict_needs_a_remark(database, person):
    made = emergency(database, "remark", "u-ed", person)
    with pytest.raises(Incorrect) as refused:
        review(database, asking("officer", "remark"), made.id, Finding.BREACH, "  ")
    assert refused.value.where == "remark"


def test_what_one_officer_has_taken_up_no_other_decides(database, person):
    made = emergency(database, "claims", "u-ed", person)
    first, second = asking("officer", "claims"), asking("second", "claims")
    claim_review(database, first, made.id)
    for act in (
        lambda: claim_review(database, second, made.id),
        lambda: review(database, second, made.id, Finding.JUSTIFIED, "It was right."),
    ):
        with pytest.raises(Conflict):
            act()
    review(database, first, made.id, Finding.JUSTIFIED, "It was right.")


@pytest.mark.parametrize("who", [("u-ed", "own"), ("officer", "another")])
def test_nobody_reviews_what_they_did_or_what_is_of_another_organisation(database, person, who):
    name, organisation = who
    made = emergency(database, "own", "u-ed", person, n=organisation)
    ask = asking(name, organisation)
    with pytest.raises(Conflict):
        claim_review(database, ask, made.id)
    with pytest.raises(Conflict):
        review(database, ask, made.id, Finding.JUSTIFIED, "It was right.")


def test_one_episode_is_shown_with_its_alerts(database, person):
    for n in range(4):
        ask = asking("ward", "alerts", NOW + timedelta(hours=n), role=Role.ED, user="u-ed")
        said = Said(True, Because.UNCONSCIOUS, f"Found lying in the hall, call {n}.")
        at = replace(ask, at=NOW + timedelta(minutes=61 * n))
        made = open_episode(database, at, person, said, rules=RULES)
    found = reviews(way(database), asking("officer", "alerts"), only=made.id)
    assert sorted(one.what for one in found) == ["emergency", Notice.MANY_IN_SHIFT]
    with pytest.raises(NotFound):
        reviews(way(database), asking("officer", "alerts"), only=uuid4())
    assert accounts(database, "review-list", "alerts")[-1][1] == "absent"


def test_an_officer_releases_more_emergencies_of_a_day(database, person):
    ask = asking("ward", "release", role=Role.ED, user="u-ed")

    def one(n):
        at = replace(ask, at=NOW + timedelta(minutes=61 * n))
        said = Said(True, Because.UNCONSCIOUS, f"Found lying in the hall, call {n}.")
        return open_episode(database, at, person, said, rules=RULES)

    for n in range(RULES.episodes_per_day):
        one(n)
    with pytest.raises(Forbidden):
        one(6)
    officer = asking("officer", "release", NOW + timedelta(minutes=61 * 6))
    with pytest.raises(Incorrect):
        release(database, officer, "u-ed", why=" ")
    with pytest.raises(Conflict):
        release(database, asking("u-ed", "release"), "u-ed", why="A bus has crashed.")
    release(database, officer, "u-ed", why="A bus has crashed.")
    assert one(7).n_left == RULES.episodes_per_day - 1
    assert accounts(database, "review-release", "release")[0][:2] == ("officer", "permit")
