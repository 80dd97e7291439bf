"""A feed's status follows from what was noted of it, whoever noted it and in whatever portions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.sources import (
    FeedNote,
    FeedState,
    expect_feeds,
    feed_status,
    forget_feed_counts,
    note_feeds,
    start_source,
    stop_source,
    stopped_sources,
)
from careweave.sources._histogram import bucket_of, quantile

NOW = datetime(2026, 3, 14, 10, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def status(session, now=NOW, source="pas"):
    (found,) = [one for one in feed_status(session, now) if one.source == source]
    return found


def arrived(at=NOW, **more):
    return FeedNote("pas", "adt", at, **{"n": 1, **more})


@pytest.mark.parametrize(
    ("minutes", "state"),
    [(0, "ok"), (15, "ok"), (16, "late"), (30, "late"), (31, "silent"), (9999, "silent")],
)
def test_silence_is_measured_by_the_rhythm_of_the_description(session, minutes, state):
    expect_feeds(session, [("pas", "adt", 15 * MINUTE)], now=NOW)
    note_feeds(session, [arrived()])
    found = status(session, NOW + minutes * MINUTE)
    assert found.state == state
    assert found.is_alarming == (state == "silent")
    assert bool(found.why) == (state != "ok")


def test_a_feed_that_was_never_heard_becomes_silent_and_says_so(session):
    expect_feeds(session, [("pas", "adt", 15 * MINUTE)], now=NOW)
    assert status(session, NOW).state is FeedState.OK
    found = status(session, NOW + 40 * MINUTE)
    assert (found.state, found.why, found.last_seen_at) == (FeedState.SILENT, "never heard", None)


def test_a_feed_without_rhythm_is_silent_by_its_usual_gap(session):
    times = [NOW - minutes * MINUTE for minutes in range(30, -1, -1)]
    for at in times:
        note_feeds(session, [arrived(at)])
    assert status(session, NOW).usual_gap == pytest.approx(MINUTE, rel=0.3)
    assert status(session, NOW + MINUTE / 2).state is FeedState.OK
    assert status(session, NOW + 5 * MINUTE).state is FeedState.SILENT


def test_looking_at_it_in_vain_does_not_make_it_heard(session):
    expect_feeds(session, [("pas", "adt", 15 * MINUTE)], now=NOW)
    note_feeds(session, [FeedNote("pas", "adt", NOW + 60 * MINUTE)])
    found = status(session, NOW + 60 * MINUTE)
    assert found.state is FeedState.SILENT
    assert found.last_asked_at == NOW + 60 * MINUTE
    note_feeds(session, [FeedNote("pas", "adt", NOW + 61 * MINUTE, answered=True)])
    assert status(session, NOW + 61 * MINUTE).state is FeedState.OK


def test_it_fails_from_its_failure_to_its_next_success(session):
    note_feeds(session, [arrived()])
    note_feeds(session, [FeedNote("pas", "adt", NOW + MINUTE, failed="the server answers 500")])
    note_feeds(session, [FeedNote("pas", "adt", NOW + 2 * MINUTE)])
    found = status(session, NOW + 2 * MINUTE)
    assert (found.state, found.why) == (FeedState.FAILING, "the server answers 500")
    assert (found.since, found.is_alarming) == (NOW + MINUTE, True)
    note_feeds(session, [arrived(NOW + 3 * MINUTE)])
    assert (status(session).state, status(session).why) == (FeedState.OK, "")


def test_stopped_stays_stopped_whatever_arrives_until_it_is_started(session):
    note_feeds(session, [arrived()])
    stop_source(session, "pas", "adt", why="wrong ward codes", now=NOW)
    note_feeds(session, [arrived(NOW + MINUTE), FeedNote("pas", "adt", NOW + MINUTE, failed="x")])
    found = status(session, NOW + 99999 * MINUTE)
    assert (found.state, found.why) == (FeedState.STOPPED, "wrong ward codes")
    assert stopped_sources(session) == {"pas"}
    start_source(session, "pas", now=NOW + 2 * MINUTE)
    assert stopped_sources(session) == frozenset()
    assert status(session, NOW + 2 * MINUTE).state is FeedState.OK


def test_a_source_is_stopped_before_it_was_ever_heard(session):
    stop_source(session, "new", "adt", why="not yet", now=NOW)
    assert stopped_sources(session) == {"new"}


def test_the_rate_is_that_of_the_last_sixty_minutes(session):
    note_feeds(session, [arrived(NOW - 40 * MINUTE, n=60), arrived(NOW - MINUTE, n=7)])
    note_feeds(session, [arrived(NOW - 150 * MINUTE, n=1000)])
    # 10:30: all of this hour, and of the hour before the half that is less than an hour ago.
    assert status(session).per_hour == 7 + 30


def test_notes_in_any_portions_give_the_same_status(session):
    notes = [
        arrived(NOW - at * MINUTE, lags_ms=(100.0 * at,), waits_ms=(3.0,), event_at=NOW)
        for at in range(1, 9)
    ]
    note_feeds(session, notes)
    whole = status(session)
    note_feeds(session, [FeedNote("other", note.feed, note.at, n=0) for note in notes])
    for note in notes:
        copy = FeedNote("single", "adt", note.at, 1, note.event_at, note.lags_ms, note.waits_ms)
        note_feeds(session, [copy])
    single = status(session, source="single")
    for name in ("per_hour", "lag_p50", "lag_p95", "wait_p95", "last_seen_at", "last_event_at"):
        assert getattr(single, name) == getattr(whole, name), name


def test_noting_takes_one_statement_however_many_notes(session):
    note_feeds(session, [arrived()])
    before = session.n_sent
    note_feeds(session, [FeedNote(f"s{at % 9}", "adt", NOW, n=1) for at in range(200)])
    assert session.n_sent == before + 1


def test_counts_that_nothing_looks_at_are_forgotten(session):
    note_feeds(session, [arrived(NOW - timedelta(days=40)), arrived(NOW)])
    assert forget_feed_counts(session, now=NOW) == 1
    assert status(session).per_hour == 1


@given(st.lists(st.floats(1, 1e9), min_size=1, max_size=200), st.sampled_from([0.5, 0.95]))
def test_a_quantile_is_right_to_its_step(spans, share):
    counts: dict[int, int] = {}
    for ms in spans:
        counts[bucket_of(ms)] = counts.get(bucket_of(ms), 0) + 1
    ordered = sorted(spans)
    exact = ordered[max(0, -int(-share * len(ordered) // 1) - 1)]
    found = quantile(counts, share)
    assert found is not None
    assert exact / 1.5 <= found / timedelta(milliseconds=1) <= exact * 1.5


def test_of_nothing_there_is_no_quantile():
    assert quantile({}, 0.5) is None
