"""A message is found by what is known of it, page after page, without an open body."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from itertools import count

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careweave.db import Database, Queries, Query
from careweave.intake import MessageState, Wanted, message_of, receive, search_messages
from careweave.intake import _messages as searching
from careweave.terms import Incorrect, NotFound
from tests.lib.arrivals import MRN, START, arrival, message, source, sources

QUERIES = Queries("careweave.intake")
SOURCES = sources(source("nm-acute-pas"), source("nm-acute-lab"))
KINDS = ("ADT^A01", "ADT^A08", "ORU^R01")


def minutes(n):
    return START + timedelta(minutes=n)


def kept(session, n=1, **more):
    """Keeps n messages a minute apart and returns their numbers, oldest first."""
    made = [
        arrival(message(control=str(i), patient=f"P{i % 3}", **more), received_at=minutes(i))
        for i in range(n)
    ]
    return [one.message for one in receive(session, made, sources=SOURCES)]


def found(session, **wanted):
    return [one.id for one in search_messages(session, Wanted(**wanted)).messages]


def test_a_message_is_told_as_it_was_received(session):
    (number,) = kept(session, kind="ADT^A01", event=5)
    one = message_of(session, number)
    assert (one.source, one.channel, one.kind, one.control_id) == (
        "nm-acute-pas",
        "mllp",
        "ADT^A01",
        "0",
    )
    assert (one.received_at, one.event_at) == (START, minutes(5))
    assert one.state is MessageState.NEW
    assert one.findings == ()


def test_a_number_that_is_not_there_is_not_found(session):
    with pytest.raises(NotFound):
        message_of(session, 987654321)


def test_findings_come_back_as_they_were_made(session):
    (one,) = receive(session, [arrival(b"MSH|cut")], sources=SOURCES)
    told = message_of(session, one.message)
    assert told.state is MessageState.QUARANTINED
    assert told.reason == "truncated"
    assert [(f.code, f.where, f.offset) for f in told.findings] == [("truncated", "byte 0", None)]


def test_each_thing_that_is_known_finds_it(session):
    numbers = kept(session, 6)
    (bad,) = receive(session, [arrival(b"cut", received_at=minutes(99))], sources=SOURCES)
    newest = numbers[::-1]
    assert found(session) == [bad.message, *newest]
    assert found(session, source="nm-acute-pas") == [bad.message, *newest]
    assert found(session, source="nm-acute-lab") == []
    assert found(session, control_id="3") == [numbers[3]]
    assert found(session, control_id="3", source="nm-acute-lab") == []
    assert found(session, patient=f"{MRN}|P1") == [numbers[4], numbers[1]]
    assert found(session, patient=f"{MRN}|P1", control_id="4") == [numbers[4]]
    assert found(session, patient=f"{MRN}|P9") == []
    assert found(session, state=MessageState.NEW) == newest
    assert found(session, state=MessageState.DONE) == []
    assert found(session, state=MessageState.QUARANTINED) == [bad.message]
    assert found(session, reason="truncated") == [bad.message]
    assert found(session, reason="no-key") == []
    assert found(session, kind="ADT") == newest
    assert found(session, kind="ADT^A08") == newest
    assert found(session, kind="AD") == []
    assert found(session, since=minutes(2), until=minutes(4)) == [numbers[3], numbers[2]]


def test_the_rows_of_a_file_are_found_by_it(session):
    file = arrival(b"a,b", channel="file", name="x.csv", is_container=True)
    (whole,) = receive(session, [file], sources=SOURCES)
    rows = [
        arrival(message(control=None, patient=f"P{n}"), parent=whole.message, line=n)
        for n in (2, 3)
    ]
    kept_rows = receive(session, rows, sources=SOURCES)
    wanted = [one.message for one in kept_rows][::-1]
    assert found(session, parent=whole.message) == wanted
    assert message_of(session, wanted[0]).line == 3


@pytest.mark.parametrize("most", [0, -1, 1001])
def test_a_page_has_a_bounded_size(session, most):
    with pytest.raises(Incorrect):
        search_messages(session, Wanted(most=most))


def walked(session, wanted, most_pages=100):
    after, all_ = None, []
    for _ in range(most_pages):
        page = search_messages(session, Wanted(**wanted, after=after))
        all_ += [one.id for one in page.messages]
        after = page.after
        if after is None:
            return all_
    raise AssertionError


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(KINDS), st.integers(0, 2), st.booleans()),
        max_size=30,
    ),
    st.integers(1, 5),
    st.sampled_from(
        [
            {},
            {"source": "nm-acute-lab"},
            {"kind": "ORU^R01"},
            {"kind": "ADT", "source": "nm-acute-pas"},
            {"patient": f"{MRN}|P1"},
            {"patient": f"{MRN}|P1", "kind": "ADT^A01"},
            {"state": MessageState.QUARANTINED},
            {"state": MessageState.NEW},
            {"state": MessageState.NEW, "source": "nm-acute-lab", "kind": "ORU"},
            {"since": minutes(1)},
            {"until": minutes(2), "kind": "ADT"},
        ]
    ),
    st.integers(1, 7),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_together_are_what_a_plain_filter_gives(database, made, most, wanted, window):
    numbers = count()
    with database.session() as session, pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "_WINDOW", window)
        session.script("TRUNCATE intake.message, intake.message_key, intake.line, intake.parked")
        session.script("TRUNCATE intake.seen")
        arrivals = []
        for minute, kind, who, is_lab in sorted(made, key=lambda one: one[0]):
            body = message(control=f"c{next(numbers)}", kind=kind, patient=f"P{who}")
            of = "nm-acute-lab" if is_lab else "nm-acute-pas"
            arrivals.append(arrival(body, of, received_at=minutes(minute)))
        if arrivals:
            arrivals.append(arrival(b"cut", received_at=minutes(3)))
            receive(session, arrivals, sources=SOURCES)
        everything = walked(session, {"most": 7})
        assert len(everything) == len(arrivals)
        fits = [n for n in everything if fit(message_of(session, n), session, wanted)]
        assert walked(session, {**wanted, "most": most}) == fits


def fit(one, session, wanted):
    if "patient" in wanted and one.id not in found(session, patient=wanted["patient"], most=1000):
        return False
    kind = wanted.get("kind", "")
    return (
        wanted.get("source", one.source) == one.source
        and (not kind or one.kind == kind or one.kind.startswith(kind + "^"))
        and wanted.get("state", one.state) == one.state
        and wanted.get("since", one.received_at) <= one.received_at
        and one.received_at < wanted.get("until", datetime(2100, 1, 1, tzinfo=UTC))
    )


_SEED = """
INSERT INTO intake.message (id, received_at, source, channel, control_id, kind, version, sha256,
    size, lanes, state)
SELECT n, timestamptz '2026-01-01' + n * interval '20 s', 's' || n % 16, 'mllp', 'c' || n,
    'ADT^A0' || n % 9, '2.4', '', 900, '{1}', 'done'
FROM generate_series(1, 200000) AS n;
INSERT INTO intake.message_key (key, received_at, message)
SELECT n % 5000, timestamptz '2026-01-01' + n * interval '20 s', n
FROM generate_series(1, 200000) AS n;
INSERT INTO intake.parked (message, received_at, source, kind, state, reason, since)
SELECT n, timestamptz '2026-01-01' + n * interval '20 s', 's1', 'ADT^A01', 'held', 'no-key',
    timestamptz '2026-01-01'
FROM generate_series(1, 200000, 97) AS n;
"""


@pytest.fixture(scope="module")
def large(server, template):
    """200,000 messages over six weeks, counted by the database."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        with psycopg.connect(server.address(name), autocommit=True) as inside:
            inside.execute("SELECT intake.keep_partitions('2026-01-01', 3)")
            inside.execute(_SEED)
            inside.execute("VACUUM ANALYZE")
        made = Database(server.address(name))
        yield made
        made.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


SEARCHES = [name for name in QUERIES if name.startswith("search_")] + [
    "message_rows",
    "message_bytes",
]


def plan_of(session, name):
    """The generic plan of a named statement, as a process would get it."""
    query = QUERIES[name]
    nothing = ", ".join(["NULL"] * len(query.names))
    session.script("SET LOCAL plan_cache_mode = force_generic_plan")
    session.script(f"PREPARE looked AS {query.numbered}")
    lines = session.rows(Query("plan", f"EXPLAIN EXECUTE looked({nothing})", kept=False))
    session.script("DEALLOCATE looked")
    return "\n".join(line[0] for line in lines)


@pytest.mark.parametrize("name", SEARCHES)
def test_an_index_serves_each_search(large, name):
    with large.session() as session:
        plan = plan_of(session, name)
    assert re.findall(r"Seq Scan on (\w+)", plan) == [], plan


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"source": "s3"},
        {"source": "s3", "kind": "ADT^A01"},
        {"kind": "SIU"},
        {"state": MessageState.HELD},
        {"control_id": "c77"},
        {"since": datetime(2026, 1, 20, tzinfo=UTC), "until": datetime(2026, 1, 21, tzinfo=UTC)},
    ],
)
def test_a_search_reads_few_pages_of_the_table(large, wanted):
    with large.session() as session:
        search_messages(session, Wanted(**wanted))
        before = read(session)
        search_messages(session, Wanted(**wanted))
        # Twenty thousand rows, which no search passes, lie on some eight hundred pages, with as
        # many of the index; the whole table has ten times that.
        assert read(session) - before < 3000


def read(session):
    session.script("SELECT pg_stat_force_next_flush()")
    query = "SELECT sum(heap_blks_hit + heap_blks_read)::bigint FROM pg_statio_user_tables"
    return session.row(Query("read", query, kept=False))[0] or 0
