"""Laws of partial extracts: in their order, none missing, none twice."""

from dataclasses import replace

import pytest

from careweave.doors.feeds import FileState, accept_file, parked_files
from tests.doors.feeds.conftest import DELTA, NOW, Region, source_of


def name(number: int) -> str:
    return f"events_20260316_0800_{number:06}.csv"


def rows(*words: str) -> str:
    return "Client,Word\n" + "".join(f"A,{word}\n" for word in words)


def words(region) -> list[str]:
    return [row["row"]["Word"] for row in region.rows()]


def test_every_row_is_handed_in_in_order(region):
    taken = region.take("delta", name(1), rows("a", "b", "b"))
    assert (taken.state, taken.n_rows) == (FileState.ACCEPTED, 3)
    assert words(region) == ["a", "b", "b"]
    assert region.rows()[0]["at"] == "2026-03-16T08:00:00.000002+00:00"


def test_a_later_line_and_a_later_file_of_the_same_day_are_newer(database, tmp_path):
    region = Region(database, tmp_path, source_of("one", DELTA))
    for number in (8, 9, 10):
        region.take("one", f"visits_20260316_{number:06}.csv", rows(f"{number}a", f"{number}b"))
    told = [row["at"] for row in region.rows()]
    assert told == sorted(set(told))
    assert {at[:10] for at in told} == {"2026-03-16"}


def test_a_file_whose_forerunner_is_missing_waits_for_it(region):
    region.take("delta", name(1), rows("a"))
    late = region.take("delta", name(3), rows("c"))
    assert (late.state, late.reason) == (FileState.PARKED, "gap")
    assert region.lying("delta", "parked")[0] == name(3)
    region.drop("delta", name(2), rows("b"))
    taken = region.collector.once()
    assert [one.state for one in taken] == [FileState.ACCEPTED] * 2
    assert words(region) == ["a", "b", "c"]
    assert region.lying("delta", "parked") == []


def test_several_that_wait_are_taken_in_their_order(region):
    region.take("delta", name(1), rows("a"))
    for number in (4, 3):
        region.take("delta", name(number), rows(str(number)))
    region.drop("delta", name(2), rows("2"))
    region.collector.once()
    region.collector.once()
    assert words(region) == ["a", "2", "3", "4"]


def test_somebody_may_accept_a_gap(region):
    region.take("delta", name(1), rows("a"))
    region.take("delta", name(3), rows("c"))
    with region.database.session() as session:
        accept_file(session, parked_files(session)[0].id, by="operator", now=NOW)
    assert region.look().state is FileState.ACCEPTED
    assert region.take("delta", name(4), rows("d")).state is FileState.ACCEPTED
    late = region.take("delta", name(2), rows("b"))
    assert (late.state, late.reason) == (FileState.PARKED, "reused")
    assert words(region) == ["a", "c", "d"]


def test_the_first_file_may_have_any_number(region):
    assert region.take("delta", name(77), rows("a")).state is FileState.ACCEPTED
    assert region.take("delta", name(78), rows("b")).state is FileState.ACCEPTED


def test_the_same_rows_under_the_next_number_count_once(region):
    region.take("delta", name(1), rows("a"))
    assert region.take("delta", name(2), rows("a")).n_rows == 0
    assert region.take("delta", name(3), rows("b")).state is FileState.ACCEPTED
    assert words(region) == ["a", "b"]


def test_rows_that_go_back_to_what_an_earlier_file_said_are_told_again(region):
    for number, word in enumerate("aba", 1):
        region.take("delta", f"events_202603{15 + number}_{number:06}.csv", rows(word))
    assert words(region) == ["a", "b", "a"]


def test_files_without_rows_go_on_counting(region):
    for number in (1, 2, 3):
        assert region.take("delta", name(number), rows()).state is FileState.ACCEPTED
    assert region.take("delta", name(4), rows("a")).n_rows == 1


def test_another_file_of_a_used_number_waits_for_somebody(region):
    region.take("delta", name(1), rows("a"))
    odd = region.take("delta", name(1), rows("b"))
    assert (odd.state, odd.reason) == (FileState.PARKED, "reused")
    assert words(region) == ["a"]


def test_a_name_without_a_number_is_put_aside(region):
    odd = region.take("delta", "events.csv", rows("a"))
    assert (odd.state, odd.reason) == (FileState.REJECTED, "sequence")


@pytest.mark.parametrize("order", [(), ("Word",)])
def test_the_rows_come_in_the_order_that_the_source_declares(database, tmp_path, order):
    region = Region(database, tmp_path, source_of("one", replace(DELTA, order_by=order)))
    region.take("one", name(1), rows("c", "a", "b"))
    assert words(region) == (["a", "b", "c"] if order else ["c", "a", "b"])


def test_a_faulty_row_goes_into_quarantine_and_the_others_in(region):
    taken = region.take("delta", name(1), rows("a") + "x\n" + "A,b\n")
    assert (taken.n_rows, taken.n_faults) == (3, 1)
    assert [found[:3] for found in region.stored()] == [
        ("new", None, 2), ("quarantined", "truncated", 3), ("new", None, 4),
    ]  # fmt: skip
