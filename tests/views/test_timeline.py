"""The timeline of a life as values: every entry of the outline, by setting, in order."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from careweave.disclosure import FeedState
from careweave.terms import Heading
from careweave.views import Chosen, timeline
from tests.lib.shown import NOW, feed, line, making, row, shown
from tests.views.test_changes import stay

HERE = making()
SETTINGS = ["gp", "hospital", "emergency", "community", "mental", "social", "third", "person"]


def entry(heading: Heading, type_: str, id_: str, *, of: str = "riverside"):
    return row(heading, {"resourceType": type_, "id": id_}, of=of)


def life():
    rows = (
        entry(Heading.CON, "Encounter", "visit"),
        entry(Heading.DOC, "DocumentReference", "letter", of="hospital"),
        entry(Heading.INV, "Observation", "test", of="hospital"),
        entry(Heading.ALR, "Flag", "flag", of="council"),
    )
    return rows, tuple(line(one, NOW - timedelta(days=n)) for n, one in enumerate(rows))


def test_all_settings_stand_in_their_order_also_empty_ones() -> None:
    made = timeline(shown(), HERE)
    assert [one.slug for one in made.rows] == SETTINGS
    assert made.n == 0


def test_each_entry_stands_once_in_the_row_of_its_source() -> None:
    rows, lines = life()
    made = timeline(shown(*rows, lines=lines), HERE)
    assert {one.slug: [item.kind for item in one.items] for one in made.rows if one.items} == {
        "gp": ["contact"],
        "hospital": ["result", "document"],
        "social": ["alert"],
    }
    assert made.n == 4
    assert made.chosen[0].entry == "Encounter.visit"


def test_what_carries_others_and_who_it_is_are_no_events() -> None:
    rows = (entry(Heading.DOC, "Binary", "b"), entry(Heading.DEM, "Patient", "p"))
    assert timeline(shown(*rows), HERE).n == 0


def test_a_stay_is_a_bar_with_both_ends_and_an_open_one_goes_on() -> None:
    ended = stay()
    made = timeline(shown(ended, lines=(line(ended, NOW - timedelta(days=17)),)), HERE)
    (bar,) = made.chosen
    assert (bar.kind, bar.is_open) == ("interval", False)
    assert bar.end_s is not None
    assert bar.end_s > bar.start_s


def test_without_its_own_date_an_entry_stands_where_it_was_received() -> None:
    one = entry(Heading.CON, "Encounter", "visit")
    (item,) = timeline(shown(one, lines=(line(one),)), HERE).chosen
    assert item.when.text.startswith("received ")


def test_a_filter_lists_what_it_says_and_the_chart_keeps_everything() -> None:
    rows, lines = life()
    one = shown(*rows, lines=lines, last_looked_at=NOW - timedelta(hours=30))
    for chosen, n in (
        (Chosen(setting="hospital"), 2),
        (Chosen(kind="alert"), 1),
        (Chosen(from_s=(NOW - timedelta(days=1.5)).timestamp()), 2),
        (Chosen(to_s=(NOW - timedelta(days=1.5)).timestamp()), 2),
        (Chosen(is_new=True), 4),
    ):
        made = timeline(one, HERE, chosen)
        assert len(made.chosen) == n, chosen
        assert sum(len(of.items) for of in made.rows) == made.n == 4
    assert [one.slug for one in made.kinds] == ["contact", "document", "result", "alert"]


def test_a_silent_source_is_a_gap_in_its_row() -> None:
    last = NOW - timedelta(days=33)
    feeds = {Heading.MED: (feed(state=FeedState.STALE, last=last),)}
    made = timeline(shown(feeds=feeds), HERE)
    (gap,) = made.rows[0].gaps
    assert gap.text == "No data from Riverside Surgery since 03-Mar-2026 09:42"
    assert gap.start_s == last.timestamp()


@given(st.lists(st.tuples(st.sampled_from(list(Heading)), st.integers(-900, 30_000)), max_size=60))
def test_no_entry_is_lost_and_all_are_in_order(world) -> None:
    rows = [entry(heading, "Observation", f"n{n}") for n, (heading, _) in enumerate(world)]
    at = [NOW - timedelta(days=days) for _, days in world]
    lines = tuple(line(one, when) for one, when in zip(rows, at, strict=True))
    made = timeline(shown(lines=lines), HERE)
    due = sum(heading not in {Heading.DEM, Heading.GPP} for heading, _ in world)
    assert made.n == len(made.chosen) == due
    for one in made.rows:
        assert list(one.items) == sorted(one.items, key=lambda item: (item.start_s, item.entry))
    assert made.born_s <= min((one.start_s for one in made.chosen), default=made.born_s)
