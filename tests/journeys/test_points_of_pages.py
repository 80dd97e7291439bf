"""The acceptance points that every page keeps, each by its number.

One visit of a page measures all of them; a test judges one point of one page. Source:
`reference/interface.md` 15.
"""

import itertools

import pytest

from careweave.doors._frame._headers import POLICY
from tests.lib.places import chosen, places, reader, table
from tests.lib.probe import probe

# Of what a page may weigh with all that belongs to it. Source: reference/interface.md 4.
WEIGHTS = {"card": 60_000}
WEIGHT = 100_000
MOST_NODES = 1_500
CHART_BYTES, CHART_MARKS = 60_000, 400
OUR_COOKIES = {"__Host-cw", "__Host-cw-visit"}
PAGES = list(chosen())


@pytest.fixture(scope="module")
def measured(world, browser):
    """What was measured of a page as a role, in one visit for all points."""
    readers, kept = {}, {}

    def of(name, role):
        if role not in readers:
            readers[role] = reader(world, role)
        if (name, role) not in kept:
            one = readers[role]
            kept[name, role] = probe(browser, world.base, one.token, one.path(name))
        return kept[name, role]

    return of


each_page = pytest.mark.parametrize(("name", "role"), PAGES, ids=lambda one: one)


def test_every_route_has_its_place_in_the_table(world):
    told = {
        rule.endpoint
        for door in world.doors.values()
        for rule in door.url_map.iter_rules()
        if "GET" in rule.methods
    }
    assert told == set(table())


@each_page
def test_1a_there_is_no_violation_of_wcag(measured, name, role):
    assert measured(name, role).violations == []


@each_page
def test_1a_there_is_none_in_welsh_either(measured, name, role):
    assert measured(name, role).in_welsh == []


@each_page
def test_2a_nothing_scrolls_sideways_at_320_pixels(measured, name, role):
    assert measured(name, role).too_wide == dict.fromkeys(measured(name, role).too_wide, 0)


@each_page
def test_3a_large_text_with_wide_spacing_is_neither_cut_nor_covered(measured, name, role):
    assert measured(name, role).clipped == []


@each_page
def test_4a_the_tab_key_goes_in_reading_order_and_its_stop_is_seen(measured, name, role):
    assert measured(name, role).walked == []


@each_page
def test_5a_what_is_to_be_hit_is_large_enough(measured, name, role):
    assert measured(name, role).small == []


@each_page
def test_7a_headings_and_landmarks_are_in_order(measured, name, role):
    seen = measured(name, role).outline
    levels = seen["levels"]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), levels
    assert (seen["mains"], seen["banners"], seen["feet"]) == (1, 1, 1)
    assert measured(name, role).skip == ""


@each_page
def test_9a_each_drawing_says_what_it_shows_and_has_its_table(measured, name, role):
    for chart in measured(name, role).charts:
        assert chart["named"]
        assert chart["equal"], chart
        assert max(chart["bytes"]) <= CHART_BYTES
        assert max(chart["marks"]) <= CHART_MARKS


@each_page
def test_10a_a_status_is_readable_as_text_without_colours(measured, name, role):
    assert measured(name, role).forced == []


@each_page
def test_11a_nothing_moves_where_none_is_wanted(measured, name, role):
    assert measured(name, role).moving == 0


@each_page
def test_12p_a_page_weighs_little_and_asks_nobody_else(measured, name, role):
    seen = measured(name, role)
    assert seen.n_bytes <= WEIGHTS.get(name, WEIGHT)
    assert seen.strangers == []
    assert seen.outline["nodes"] <= MOST_NODES or name in {"section", "record", "reconcile"}


@each_page
def test_14p_a_browser_keeps_nothing_of_a_person(measured, name, role):
    seen = measured(name, role)
    assert seen.headers["cache-control"] == "no-store"
    assert seen.outline["stored"] == 0
    assert set(seen.cookies) <= OUR_COOKIES
    told = f"{seen.path} {seen.outline['title']}".upper()
    assert not any(word in told for word in ("HARTLEY", "PRYS", "OKONKWO", "ACHTERBERG", "999"))


@each_page
def test_15p_the_policy_is_sent_and_nothing_breaks_it(measured, name, role):
    seen = measured(name, role)
    assert seen.status == 200
    assert seen.headers["content-security-policy"] == POLICY
    assert seen.troubles == []


@each_page
def test_21s_a_number_and_its_unit_are_never_split(measured, name, role):
    assert all(found == [] for found in measured(name, role).split.values())


@each_page
def test_22s_no_date_is_made_of_figures_alone(measured, name, role):
    assert measured(name, role).numeric_dates == []


@each_page
def test_nothing_stands_on_a_page_without_source_and_date(measured, name, role):
    assert measured(name, role).naked == []


def test_every_role_reads_an_overview():
    assert {role for name, role in PAGES if name == "record"} == set(places()["record"].roles)
