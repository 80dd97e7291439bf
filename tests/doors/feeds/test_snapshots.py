"""Laws of full extracts: only differences come in, absence ends what is declared, nothing by mistake."""

from dataclasses import replace

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careweave.doors.feeds import FileState, accept_file, parked_files, refuse_file
from careweave.terms import NotFound
from tests.doors.feeds.conftest import NOW, SNAPSHOT, Region, source_of


def table(rows: dict[str, str]) -> str:
    return "Client,Line,Hours\n" + "".join(f"{key},1,{hours}\n" for key, hours in rows.items())


MANY = {f"K{n:03}": "1" for n in range(100)}


def test_only_new_and_changed_rows_are_handed_in(region):
    region.take("keeping", "p_20260316.csv", table(MANY))
    taken = region.take("keeping", "p_20260317.csv", table(MANY | {"K001": "2", "X": "9"}))
    assert (taken.n_rows, taken.n_new, taken.n_changed, taken.n_ended) == (101, 1, 1, 0)
    assert [row["row"] for row in region.rows()[100:]] == [
        {"Client": "K001", "Line": "1", "Hours": "2"},
        {"Client": "X", "Line": "1", "Hours": "9"},
    ]


def test_a_row_that_goes_back_to_what_it_said_is_told_again(region):
    for day, hours in (("16", "1"), ("17", "2"), ("18", "1")):
        region.take("keeping", f"p_202603{day}.csv", table({"A": hours}))
    assert [row["row"]["Hours"] for row in region.rows()] == ["1", "2", "1"]
    assert len({row["at"] for row in region.rows()}) == 3


def test_a_file_that_is_written_anew_each_day_may_go_back_to_what_it_said(region):
    for hours in ("1", "2", "1", "1"):
        taken = region.take("keeping", "p.csv", table({"A": hours}))
    assert [row["row"]["Hours"] for row in region.rows()] == ["1", "2", "1"]
    assert taken.state is FileState.REPEATED


def test_a_column_that_nobody_fills_changes_no_row(region):
    region.take("keeping", "p_20260316.csv", "Client,Line\nA,1\n")
    assert region.take("keeping", "p_20260317.csv", "Client,New,Line\nA,,1\n").n_changed == 0


def test_absence_is_told_where_that_is_declared_and_once(region):
    region.take("ending", "p_20260316.csv", table(MANY))
    rest = {key: hours for key, hours in MANY.items() if key != "K050"}
    taken = region.take("ending", "p_20260317.csv", table(rest))
    assert taken.n_ended == 1
    assert region.rows()[-1] == {
        "absent": True,
        "at": "2026-03-17T00:00:00+00:00",
        "row": {"Client": "K050", "Line": "1", "Hours": "1"},
    }
    assert region.take("ending", "p_20260318.csv", table(rest)).n_ended == 0
    back = region.take("ending", "p_20260319.csv", table(MANY))
    assert (back.n_new, back.n_changed) == (1, 0)


def test_absence_may_have_to_last(database, tmp_path):
    region = Region(database, tmp_path, source_of("slow", replace(SNAPSHOT, end_after=2)))
    region.take("slow", "p_20260316.csv", table(MANY))
    rest = {key: hours for key, hours in MANY.items() if key != "K050"}
    ended = [
        region.take("slow", f"p_202603{day}.csv", table(rows)).n_ended
        for day, rows in (("17", rest), ("18", MANY), ("19", rest), ("20", rest), ("21", rest))
    ]
    assert ended == [0, 0, 0, 1, 0]


def test_absence_is_not_told_where_it_is_kept(region):
    region.take("keeping", "p_20260316.csv", table(MANY))
    rest = {key: hours for key, hours in MANY.items() if key != "K050"}
    assert region.take("keeping", "p_20260317.csv", table(rest)).n_ended == 0
    assert len(region.rows()) == 100


def test_an_extract_with_rows_that_cannot_be_read_ends_nothing(region):
    region.take("ending", "p_20260316.csv", table(MANY))
    lines = table(MANY).replace("K050,1,1\n", "K050,1\n")
    taken = region.take("ending", "p_20260317.csv", lines)
    assert (taken.n_faults, taken.n_ended) == (1, 0)
    assert region.take("ending", "p_20260318.csv", table(MANY)).n_new == 0


def test_a_faulty_row_is_quarantined_once_with_its_place(region):
    lines = table(MANY).replace("K050,1,1\n", "K050,1\n")
    for day in ("16", "17"):
        region.take("keeping", f"p_202603{day}.csv", lines)
    (odd,) = [found for found in region.stored() if found[0] != "new"]
    assert odd[:3] == ("quarantined", "truncated", 52)
    assert '"text":"K050,1"' in odd[3]


@pytest.mark.parametrize(
    ("row", "reason"), [("K001,1,5", "identifier-conflict"), (",,5", "no-key")]
)
def test_a_row_that_nothing_names_is_quarantined(region, row, reason):
    taken = region.take("keeping", "p_20260316.csv", f"{table(MANY)}{row}\n")
    assert (taken.state, taken.n_faults) == (FileState.ACCEPTED, 1)
    assert [found[1] for found in region.stored() if found[0] != "new"] == [reason]


def test_an_extract_that_loses_too_much_waits_for_somebody(region):
    region.take("ending", "p_20260316.csv", table(MANY))
    few = dict(list(MANY.items())[:80])
    taken = region.take("ending", "p_20260317.csv", table(few))
    assert (taken.state, taken.reason) == (FileState.PARKED, "drop")
    assert region.lying("ending", "parked") == ["p_20260317.csv", "p_20260317.csv.reason.txt"]
    assert len(region.rows()) == 100
    assert region.files()[-1][:2] == ("quarantined", "file-parked")
    assert region.collector.once() == ()
    assert region.another().once() == ()


def test_an_extract_that_loses_a_tenth_goes_in(region):
    region.take("ending", "p_20260316.csv", table(MANY))
    few = dict(list(MANY.items())[:90])
    assert region.take("ending", "p_20260317.csv", table(few)).n_ended == 10


def test_a_parked_extract_is_taken_when_somebody_accepts_it(region):
    region.take("ending", "p_20260316.csv", table(MANY))
    region.take("ending", "p_20260317.csv", table({"K000": "1"}))
    with region.database.session() as session:
        (waiting,) = parked_files(session)
        assert (waiting.source, waiting.reason) == ("ending", "drop")
        accept_file(session, waiting.id, by="operator", now=NOW)
    taken = region.look()
    assert (taken.state, taken.n_ended) == (FileState.ACCEPTED, 99)
    assert region.lying("ending", "parked") == []
    with region.database.session() as session:
        assert parked_files(session) == ()
        with pytest.raises(NotFound):
            accept_file(session, waiting.id, by="operator", now=NOW)
    assert region.collector.once() == ()


def test_a_parked_extract_is_put_aside_when_somebody_refuses_it(region):
    region.take("ending", "p_20260316.csv", table(MANY))
    region.take("ending", "p_20260317.csv", table({"K000": "1"}))
    with region.database.session() as session:
        refuse_file(session, parked_files(session)[0].id, by="operator", now=NOW)
    assert region.collector.once() == ()
    assert region.lying("ending", "parked") == []
    assert region.lying("ending", "rejected")[0] == "p_20260317.csv"
    assert len(region.rows()) == 100
    assert region.take("ending", "p_20260318.csv", table(MANY)).n_changed == 0


def test_a_decision_is_accounted_for(region):
    region.take("ending", "p_20260316.csv", table(MANY))
    region.take("ending", "p_20260317.csv", table({"K000": "1"}))
    with region.database.session() as session:
        accept_file(session, parked_files(session)[0].id, by="ines", now=NOW)
    with psycopg.connect(region.database.url) as connection:
        found = connection.execute(
            "SELECT actor, action FROM ledger.account WHERE door = 'feeds'"
        ).fetchall()
    assert found == [("ines", "file-cleared")]


def test_an_old_extract_that_comes_late_says_nothing(region):
    region.take("ending", "p_20260317.csv", table(MANY))
    taken = region.take("ending", "p_20260316.csv", table({"A": "1"}))
    assert taken.state is FileState.LATE
    assert len(region.rows()) == 100
    assert region.lying("ending", "rejected") == ["p_20260316.csv", "p_20260316.csv.reason.txt"]


def test_the_order_of_rows_and_columns_does_not_matter(region):
    region.take("keeping", "p_20260316.csv", "Client,Line,Hours\nA,1,2\nB,1,3\n")
    taken = region.take("keeping", "p_20260317.csv", "Hours,Client,Line\n3,B,1\n2,A,1\n")
    assert (taken.n_new, taken.n_changed) == (0, 0)


def test_very_many_differences_are_taken_in_parts_to_the_same_end(region, monkeypatch):
    monkeypatch.setattr("careweave.doors.feeds._taking._MOST_AT_ONCE", 7)
    first = region.take("ending", "p_20260316.csv", table(MANY))
    assert (first.state, first.n_new, first.n_changed) == (FileState.ACCEPTED, 100, 0)
    rest = dict.fromkeys(list(MANY)[5:], "2") | {"X": "1"}
    taken = region.take("ending", "p_20260317.csv", table(rest))
    assert (taken.n_new, taken.n_changed, taken.n_ended) == (1, 95, 5)
    assert len(region.rows()) == 100 + 96 + 5
    assert len(region.files()) == 2


keys = st.sampled_from("ABCDE")
days = st.lists(st.dictionaries(keys, st.sampled_from("12"), min_size=1), min_size=1, max_size=6)


@given(days)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_rows_told_give_the_extract_of_every_day(region, history):
    """Who applies what was handed in, in order, holds what the last extract says."""
    name = f"run{len(region.sources.by_name)}"
    rules = replace(SNAPSHOT, end_after=1, max_drop_percent=100)
    region.sources = replace(
        region.sources, by_name={**region.sources.by_name, name: source_of(name, rules)}
    )
    n_before = len(region.stored())
    held: dict[str, str] = {}
    for day, rows in enumerate(history, 1):
        region.take(name, f"p_202603{day:02}.csv", table(rows))
        told = region.rows()[n_before:]
        n_before += len(told)
        for one in told:
            if one.get("absent"):
                del held[one["row"]["Client"]]
            else:
                held[one["row"]["Client"]] = one["row"]["Hours"]
        assert held == rows
