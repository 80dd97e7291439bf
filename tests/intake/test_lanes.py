"""One patient's messages go in order; one that fails stops its own lane and no other."""

import itertools
from contextlib import suppress
from datetime import timedelta

import pytest

from careweave import sources as described
from careweave.db import Database
from careweave.intake import Worker, requeue
from careweave.intake._lanes import Waiting, Wish, claim, runnable
from careweave.intake._worker_shift import lost
from careweave.sources import Order, OrderRule
from careweave.terms import Unavailable
from tests.lib.arrivals import (
    START,
    encounter,
    key,
    message,
    patient,
    remapped,
    resource,
    source,
    sources,
)
from tests.lib.inbox import NOW, Inbox


@pytest.fixture
def inbox(database: Database) -> Inbox:
    return Inbox(database)


def poison(number, **more):
    return message(patient(number), patient=number, fail="no-key", **_lane(number), **more)


def good(number, control, **more):
    return message(patient(number), patient=number, control=control, **_lane(number), **more)


def _lane(number):
    return {"lanes": [f"nm-acute-pas:{number}"]}


def waiting(number, *lanes):
    return [(lane, Waiting(number, START, lanes, 1, False)) for lane in lanes]


def test_a_message_of_several_lanes_waits_for_all_of_them():
    lines = [*waiting(1, "a"), *waiting(2, "b"), *waiting(3, "a", "b"), *waiting(4, "b")]
    assert [one.message for one in runnable(lines, {"a", "b"})] == [1, 2, 3, 4]
    assert [one.message for one in runnable(lines, {"a"})] == [1]
    assert [one.message for one in runnable(lines, {"b"})] == [2]


def test_what_is_not_seen_in_all_its_lanes_waits():
    lines = [("a", Waiting(3, START, ("a", "b"), 1, False)), *waiting(4, "a")]
    assert runnable(lines, {"a", "b"}) == []


def test_whatever_is_free_nothing_overtakes_in_its_lane():
    lanes_of = {1: "a", 2: "ab", 3: "b", 4: "c", 5: "bc", 6: "a"}
    lines = [line for number, lanes in lanes_of.items() for line in waiting(number, *lanes)]
    for n in range(4):
        for free in itertools.combinations("abc", n):
            done = {one.message for one in runnable(lines, set(free))}
            for number in done:
                before = {
                    m for m in lanes_of if m < number and set(lanes_of[m]) & set(lanes_of[number])
                }
                assert before <= done


def test_a_message_that_fails_holds_its_own_lane_alone(inbox):
    bad = inbox.take(poison("P1"))
    behind = inbox.take(good("P1", "2", event=1))
    other = inbox.take(good("P2", "3", event=1))
    inbox.work()
    assert inbox.reason(bad.message) == ("held", "no-key", "PID-3")
    assert inbox.state(behind.message) == "new"
    assert inbox.state(other.message) == "done"
    assert inbox.rows("SELECT message, until FROM intake.lane_hold") == [(bad.message, None)]
    assert inbox.rows("SELECT state, reason FROM intake.parked") == [("held", "no-key")]
    assert inbox.rows("SELECT outcome, reason FROM intake.attempt") == [("held", "no-key")]


def test_one_poisoned_lane_of_many_costs_the_others_nothing(inbox):
    inbox.take(poison("P0"))
    for turn in range(3):
        for number in range(40):
            inbox.take(good(f"P{number}", f"{turn}-{number}", event=turn + 1))
    inbox.work()
    assert inbox.rows("SELECT state, count(*) FROM intake.message GROUP BY 1 ORDER BY 1") == [
        ("done", 117), ("held", 1), ("new", 3)
    ]  # fmt: skip


def test_thousands_behind_a_held_message_do_not_hide_the_others(inbox):
    inbox.take(poison("P1"))
    inbox.work()
    with_many = [good("P1", f"b{n}", event=n) for n in range(450)]
    for body in with_many:
        inbox.take(body)
    kept = inbox.take(good("P2", "x"))
    assert inbox.worker.work_once() == 1
    assert inbox.state(kept.message) == "done"


def test_merges_that_wait_for_held_lanes_do_not_hide_the_others(inbox):
    for n in range(20):
        inbox.take(poison(f"B{n}", control=f"b{n}"))
    inbox.work()
    for n in range(20):
        lanes = [f"nm-acute-pas:A{n}", f"nm-acute-pas:B{n}"]
        inbox.take(message(patient(f"A{n}"), control=f"m{n}", event=1, lanes=lanes))
        inbox.take(good(f"A{n}", f"a{n}", event=2))
    kept = inbox.take(good("C", "c"))
    assert inbox.worker.work_once() == 1
    assert inbox.state(kept.message) == "done"


def test_where_the_source_says_so_a_failed_message_is_passed_by(inbox):
    inbox.sources = sources(source(order=Order(OrderRule.SKIP)))
    bad = inbox.take(poison("P1"))
    behind = inbox.take(good("P1", "2", event=1))
    inbox.work()
    assert inbox.state(bad.message) == "quarantined"
    assert inbox.state(behind.message) == "done"
    assert inbox.rows("SELECT 1 FROM intake.line") == []


def test_a_lane_may_wait_for_a_time_and_then_goes_on(inbox):
    inbox.sources = sources(source(order=Order(OrderRule.HOLD_FOR, timedelta(minutes=30))))
    bad = inbox.take(poison("P1"))
    behind = inbox.take(good("P1", "2", event=1))
    inbox.work()
    assert inbox.state(bad.message) == "held"
    inbox.now = NOW + timedelta(minutes=29)
    assert inbox.work() == 0
    inbox.now = NOW + timedelta(minutes=31)
    inbox.work()
    assert inbox.state(bad.message) == "quarantined"
    assert inbox.state(behind.message) == "done"
    assert inbox.rows("SELECT 1 FROM intake.lane_hold") == []


def test_a_type_that_nobody_maps_holds_no_lane(inbox):
    bad = inbox.take(message(patient(), fail="type-not-mapped"))
    behind = inbox.take(good("P1", "2", event=1))
    inbox.work()
    assert inbox.state(bad.message) == "quarantined"
    assert inbox.state(behind.message) == "done"


def test_what_no_fhir_server_would_take_is_named_with_its_place(inbox):
    wrong = patient("P1", birthDate="yesterday")
    bad = inbox.take(message(wrong, **_lane("P1")))
    other = inbox.take(good("P2", "2"))
    inbox.work()
    state, reason, place = inbox.reason(bad.message)
    assert (state, reason) == ("held", "invalid-resource")
    assert place.startswith("Patient.birthDate")
    assert inbox.state(other.message) == "done"


def test_a_mapping_that_breaks_is_the_failure_of_one_message(inbox):
    bad = inbox.take(message(patient(), **{"raise": True}))
    other = inbox.take(good("P2", "2"))
    inbox.work()
    assert inbox.reason(bad.message)[:2] == ("held", "mapping-error")
    assert inbox.state(other.message) == "done"


def test_an_entry_does_not_go_over_to_another_patient(inbox):
    def result(number):
        value = {"status": "final", "code": {"text": "x"}}
        value["subject"] = {"reference": f"Patient/{key('Patient', number)}"}
        return resource("Observation", "O1", value)

    inbox.take(message(result("P1"), **_lane("P1")))
    inbox.work()
    bad = inbox.take(message(result("P2"), control="2", **_lane("P2"), patient="P2"))
    other = inbox.take(good("P3", "3"))
    inbox.work()
    assert inbox.reason(bad.message)[:2] == ("held", "identifier-conflict")
    assert inbox.state(other.message) == "done"


def result_of(number):
    value = {"status": "final", "code": {"text": "x"}}
    value["subject"] = {"reference": f"Patient/{key('Patient', number)}"}
    return resource("Observation", "O1", value)


def test_an_entry_of_two_patients_is_seen_in_one_batch_as_in_two(inbox):
    inbox.take(message(result_of("P1"), **_lane("P1")))
    bad = inbox.take(message(result_of("P2"), control="2", event=1, **_lane("P2"), patient="P2"))
    inbox.work()
    assert inbox.reason(bad.message)[:2] == ("held", "identifier-conflict")
    (held,) = inbox.entries("Observation")
    assert held["subject"] == {"reference": f"Patient/{key('Patient', 'P1')}"}


@pytest.mark.parametrize("is_together", [True, False])
def test_after_a_merge_what_is_said_under_the_new_number_is_said_of_the_old_entries(
    inbox, is_together
):
    link = {"other": {"reference": f"Patient/{key('Patient', 'P1')}"}, "type": "replaces"}
    merge = patient("P2", link=[link]) | {"lists": {"link": "add"}}
    both = {"lanes": ["nm-acute-pas:P1", "nm-acute-pas:P2"]}
    for body in (
        message(patient("P1"), encounter(status="planned"), **_lane("P1")),
        message(merge, patient("P1", active=False), control="2", event=1, **both),
        message(
            patient("P2"), encounter(patient="P2", status="arrived"),
            control="3", event=2, patient="P2", **_lane("P2"),
        ),
    ):  # fmt: skip
        inbox.take(body)
        if not is_together:
            inbox.work()
    inbox.work()
    stay = inbox.entry("Encounter", key("Encounter", "V1"))
    assert stay["status"] == "arrived"
    assert stay["subject"] == {"reference": f"Patient/{key('Patient', 'P1')}"}
    assert inbox.rows("SELECT DISTINCT state FROM intake.message") == [("done",)]


@pytest.mark.attack(49)
def test_a_message_of_another_authority_cannot_touch_an_entry(inbox):
    inbox.sources = sources(source(), source("stranger-pas", organisation="stranger"))
    inbox.take(message(patient("P1", gender="female")))
    inbox.work()
    bad = inbox.take(
        message(patient("P1", gender="male"), control="9", lanes=["s:P1"]), "stranger-pas"
    )
    for _ in range(9):
        inbox.now += timedelta(minutes=10)
        inbox.work()
    assert inbox.reason(bad.message)[0] == "held"
    assert inbox.entry("Patient", key("Patient", "P1"))["gender"] == "female"


@pytest.mark.attack(49)
def test_a_merge_by_who_is_not_entitled_holds_nobody_up(inbox):
    bad = inbox.take(message(patient(), fail="merge-not-entitled"))
    behind = inbox.take(good("P1", "2", event=1))
    inbox.work()
    assert inbox.reason(bad.message)[:2] == ("quarantined", "merge-not-entitled")
    assert inbox.state(behind.message) == "done"


def test_a_failed_message_that_is_put_back_goes_before_those_behind_it(inbox):
    bad = inbox.take(poison("P1"))
    inbox.take(good("P1", "2", event=1))
    inbox.work()
    inbox.sources = sources(remapped(source(), lambda said: {**said, "fail": None}))
    with inbox.database.session() as session:
        assert requeue(session, [bad.message]) == (bad.message,)
    inbox.work()
    assert inbox.rows("SELECT state, count(*) FROM intake.message GROUP BY 1") == [("done", 2)]
    assert inbox.rows("SELECT 1 FROM intake.lane_hold") == []
    assert inbox.rows("SELECT 1 FROM intake.parked") == []
    outcomes = inbox.rows(
        "SELECT n, outcome FROM intake.attempt WHERE message = %s ORDER BY n", bad.message
    )
    assert outcomes == [(1, "held"), (2, "done")]


def test_two_workers_never_have_one_lane_in_hand(inbox):
    for number in range(6):
        inbox.take(good(f"P{number % 3}", str(number), event=number))
    wish = Wish(most=64, most_bytes=10**6, window=400, now=NOW)
    with inbox.database.session() as first, inbox.database.session() as second:
        mine = claim(first, Wish(most=2, most_bytes=10**6, window=400, now=NOW))
        yours = claim(second, wish)
        lanes = [{lane for one in each.taken for lane in one.lanes} for each in (mine, yours)]
        assert lanes[0]
        assert lanes[1]
        assert lanes[0].isdisjoint(lanes[1])


def test_a_stopped_source_waits_and_goes_on(inbox):
    kept = inbox.take(good("P1", "1"))
    with inbox.database.session() as session:
        described.stop_source(session, "nm-acute-pas", "adt", why="a test", now=NOW)
    assert inbox.work() == 0
    with inbox.database.session() as session:
        described.start_source(session, "nm-acute-pas", now=NOW)
    inbox.work()
    assert inbox.state(kept.message) == "done"


def killed(inbox, *messages):
    """Leaves what a worker leaves that is killed with these messages in hand."""
    text = (
        "INSERT INTO intake.shift (worker, at, messages) VALUES ('worker', now(), %s)"
        " ON CONFLICT (worker) DO UPDATE SET messages = excluded.messages"
    )
    inbox.do(text, list(messages))


def outcomes(inbox):
    found = inbox.rows("SELECT outcome FROM intake.attempt ORDER BY message, n")
    return [outcome for (outcome,) in found]


def test_what_killed_workers_had_in_hand_is_tried_alone_and_at_last_given_up(inbox):
    kept = inbox.take(good("P1", "1")).message
    behind = inbox.take(good("P2", "2")).message
    for _ in range(2):
        killed(inbox, kept)
        with inbox.database.session() as session:
            lost(session, "worker", NOW)
    killed(inbox, kept)
    inbox.work()
    assert inbox.reason(kept)[:2] == ("held", "unknown-outcome")
    assert inbox.state(behind) == "done"
    assert outcomes(inbox) == ["lost", "lost", "lost", "held"]


def test_however_many_workers_die_with_a_batch_in_hand_nothing_of_it_is_given_up(inbox):
    kept = [inbox.take(good(f"P{number}", str(number))).message for number in range(2)]
    for _ in range(5):
        killed(inbox, *kept)
        with inbox.database.session() as session:
            assert lost(session, "worker", NOW) == [(message, 0) for message in kept]
    killed(inbox, *kept)
    inbox.work()
    assert [inbox.state(message) for message in kept] == ["done", "done"]


def test_attempts_that_lost_no_worker_give_nothing_up(inbox):
    kept = inbox.take(good("P1", "1")).message
    inbox.do("UPDATE intake.message SET n_attempts = 5 WHERE id = %s", kept)
    killed(inbox, kept)
    inbox.work()
    assert inbox.state(kept) == "done"


def test_a_database_that_goes_away_while_a_worker_looks_back_costs_no_attempt(inbox):
    kept = inbox.take(good("P1", "1")).message
    killed(inbox, kept)
    asked = itertools.count(1)

    def flickering():
        if next(asked) % 2 == 0:
            raise Unavailable
        return inbox.sources

    inbox.worker = Worker(inbox.database, flickering, lambda: NOW)
    for _ in range(6):
        with suppress(Unavailable):
            inbox.worker.work_once()
    assert outcomes(inbox) == ["lost", "done"]


def test_a_worker_that_dies_before_it_takes_anything_loses_nothing(inbox):
    kept = inbox.take(good("P1", "1")).message
    killed(inbox, kept)
    for _ in range(3):
        with inbox.database.session() as session:
            lost(session, "worker", NOW)
    assert inbox.rows("SELECT n_attempts FROM intake.message") == [(1,)]


def test_what_was_in_hand_is_forgotten_when_the_database_crashes(inbox):
    text = "SELECT relpersistence::text FROM pg_class WHERE oid = 'intake.shift'::regclass"
    assert inbox.rows(text) == [("u",)], "an unlogged table is empty after a crash"
