"""Charts: every drawn value stands in the table, whatever a person's life brings."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careweave.doors._frame import say_of
from careweave.doors._frame._scale import bands
from careweave.doors._frame._timeline import NARROW, WIDE, timeline_drawings
from careweave.doors._frame._trend import newest, sparkline_svg, trend_svg
from careweave.views import Point, Timeline, TimelineGap, TimelineItem, TimelineRow, Trend, When

SAY = say_of("en")
NOW = datetime(2026, 3, 26, 8, tzinfo=UTC).timestamp()
YEAR = 365.25 * 86_400
BORN = NOW - 84 * YEAR
SETTINGS = ("gp", "hospital", "urgent", "community", "mental", "social", "third", "person")
KINDS = ("contact", "document", "result", "alert", "interval")


def _item(kind: str, start_s: float, length_s: float = 0.0, **what: object) -> TimelineItem:
    told = {"title": "What <it> is", "when": When("05-Apr-2025"), "source": "Riverside & Sons"}
    return TimelineItem(
        kind=kind,
        start_s=start_s,
        entry="e1",
        setting="gp",
        section="contacts",
        end_s=start_s + length_s if kind == "interval" else None,
        **{**told, **what},  # type: ignore[arg-type]
    )


def _life(items: dict[str, list[TimelineItem]], born_s: float = BORN, **what: object) -> Timeline:
    rows = tuple(
        TimelineRow(slug, slug.title(), tuple(sorted(items.get(slug, []), key=lambda o: o.start_s)))
        for slug in SETTINGS
    )
    told = {"chosen": (), "n": 0, "settings": (), "kinds": (), "looked": None, "looked_s": None}
    return Timeline(born_s=born_s, now_s=NOW, until_s=NOW + YEAR / 4, rows=rows, **{**told, **what})


def _marks(svg: str) -> list[str]:
    tree = ET.fromstring(svg)
    return [one.get("data-v", "") for one in tree.iter() if one.get("data-v")]


moments = st.floats(min_value=BORN, max_value=NOW + YEAR / 5)
items = st.builds(_item, st.sampled_from(KINDS), moments, st.floats(0, 10 * YEAR))


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(st.sampled_from(SETTINGS), st.lists(items, max_size=60)))
def test_every_entry_is_drawn_once_and_every_mark_stands_in_the_table(
    found: dict[str, list[TimelineItem]],
) -> None:
    n = sum(len(all_) for all_ in found.values())
    for drawing in timeline_drawings(_life(found), "/t", SAY):
        marks = _marks(drawing.svg)
        assert sum(int(one) for one in marks) == n
        assert sorted(marks) == sorted(str(line.n) for line in drawing.lines)
        assert len(marks) <= 400


def test_five_thousand_entries_keep_the_drawing_small() -> None:
    many = {
        slug: [_item(KINDS[n % 5], BORN + (n * 7919 % 5000) / 5000 * 84 * YEAR, YEAR / 20) for n in range(625)]
        for slug in SETTINGS
    }  # fmt: skip
    for drawing in timeline_drawings(_life(many), "/t", SAY):
        assert len(_marks(drawing.svg)) <= 400
        assert len(drawing.svg.encode()) <= 60_000


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_mark_is_wide_enough_for_a_finger(size: object) -> None:
    items_ = {"gp": [_item("contact", BORN + n * YEAR) for n in range(84)]}
    for drawing in timeline_drawings(_life(items_), "/t", SAY):
        widths = [float(w) for w in re.findall(r'd="M[\d.]+ [\d.]+h([\d.]+)v', drawing.svg)]
        assert widths
        assert min(widths) >= 24


@pytest.mark.parametrize("age_years", [0.0001, 0.5, 1.0, 3.0, 5.0, 40.0, 104.0])
def test_the_bands_fill_the_room_whatever_the_age(age_years: float) -> None:
    found = bands(NOW - age_years * YEAR, NOW, NOW + YEAR / 4, 100, 900)
    assert found[0].x0 == 100
    assert found[-1].x1 == pytest.approx(900)
    assert len(found) == (3 if age_years > 5 else 2 if age_years > 1 else 1)
    for one in found:
        assert one.x(one.start_s) == pytest.approx(one.x0)
        assert one.at(one.x1) == pytest.approx(one.end_s)


def test_a_stay_that_goes_on_says_so_and_silence_is_hatched() -> None:
    stay = _item("interval", NOW - YEAR / 10, is_open=True)
    row = TimelineRow("gp", "GP", (stay,), (TimelineGap(NOW - YEAR / 12, NOW, "No data since"),))
    life = _life({})
    life = Timeline(**{name: getattr(life, name) for name in life.__slots__} | {"rows": (row,)})
    wide, _ = timeline_drawings(life, "/t", SAY)
    assert "ongoing" in wide.lines[0].when
    assert "url(#life-wide-h)" in wide.svg
    assert "No data since" in wide.svg


def test_what_a_source_writes_is_text_in_a_drawing() -> None:
    wide, narrow = timeline_drawings(_life({"gp": [_item("contact", NOW - 5)]}), "/t?on=x", SAY)
    assert "<it>" not in wide.svg + narrow.svg
    assert "What &lt;it&gt; is" in wide.svg
    assert wide.lines[0].href.startswith("/t?on=x&setting=gp&from=")


def _trend(values: list[tuple[float, str]], **what: object) -> Trend:
    points = tuple(
        Point(at, Decimal(value), When("05-Apr-2025"), f"{value}\u00a0mL", "Lab", f"e{n}")
        for n, (at, value) in enumerate(values)
    )
    return Trend("egfr", "eGFR", "mL", points, **what)  # type: ignore[arg-type]


numbers = st.decimals(min_value=0, max_value=500, places=1).map(str)
series = st.lists(st.tuples(st.floats(0, 1e9), numbers), min_size=1, max_size=40).map(sorted)


@settings(deadline=None, max_examples=40)
@given(series)
def test_every_value_of_a_trend_is_drawn_and_told(values: list[tuple[float, str]]) -> None:
    trend = _trend(values, low=Decimal(10), high=Decimal(90))
    told = sorted(point.text for point in newest(trend))
    assert sorted(_marks(sparkline_svg(trend, SAY))) == told
    every = sorted(point.text for point in newest(trend, 400))
    for is_wide in (True, False):
        assert sorted(_marks(trend_svg(trend, SAY, is_wide=is_wide))) == every


def test_a_line_breaks_where_time_is_missing() -> None:
    day = 86_400.0
    values = [(n * day, "5.0") for n in (0, 1, 2, 9, 10)]
    tree = ET.fromstring(sparkline_svg(_trend(values), SAY))
    lines = [one for one in tree.iter() if one.tag == "path" and one.get("fill") == "none"]
    assert len(lines) == 2


def test_a_drawing_says_what_it_shows_in_words() -> None:
    svg = sparkline_svg(_trend([(0, "5.0"), (9, "7.0")], finding="Above its range"), SAY)
    tree = ET.fromstring(svg)
    assert tree.get("role") == "img"
    assert "eGFR" in (tree.findtext("title") or "")
    assert "Above its range" in (tree.findtext("desc") or "")
    assert sparkline_svg(_trend([]), SAY) == ""


def test_numbers_of_a_drawing_are_stable() -> None:
    life = _life({"gp": [_item("result", NOW - YEAR / 3)]})
    first, second = (timeline_drawings(life, "/t", SAY)[0].svg for _ in range(2))
    assert first == second
    assert not re.search(r"\d\.\d\d", first)
