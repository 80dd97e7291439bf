"""What is read in U3, U8 and U9; their tasks come with the pathways. Source: reference/stories.md."""

import pytest

from careweave.terms import Role
from tests.lib.budgets import budget, p95
from tests.lib.pages import world_over
from tests.lib.seen import Seen
from tests.lib.timing import loads

U3, U8, U9 = budget("U3"), budget("U8"), budget("U9")


@pytest.mark.parametrize("asked", [U3, U8, U9], ids=["U3", "U8", "U9"])
def test_the_page_is_there_in_time(browser, world, asked):
    person = world.person(asked.seeds[0])
    measured = []
    for seconds, opened in loads(
        browser, world, asked, lambda token: world.address_of(token, person, asked.page)
    ):
        measured.append(seconds)
        assert opened.n_bytes <= asked.bytes
        assert opened.troubles == []
    assert p95(measured) <= asked.seconds_p95, sorted(measured)[-5:]


def new_facts(visitor, person):
    page = Seen(visitor.get(visitor.record(person)).text)
    return page.one('[data-widget="new"]').all(".cw-fact")


def test_u3_what_is_new_is_what_came_since_this_reader_looked(northmere10, tmp_path):
    with world_over(northmere10, tmp_path) as world:
        person = world.person("edna-hartley")
        visitor = world.signed_in("u-gp")
        visitor.get(visitor.record(person))
        world.later(minutes=31)
        again = world.signed_in("u-gp")
        assert new_facts(again, person) == []
        other = world.signed_in("u-cn")
        assert "last looked" not in Seen(other.get(other.record(person)).text).one("main").text or (
            new_facts(other, person) == []
        )


def test_u3_a_letter_by_three_ways_is_one_row(world):
    visitor = world.signed_in("u-gp")
    page = Seen(visitor.get(visitor.record(world.person("edna-hartley"), "s/documents")).text)
    rows = [one for one in page.all("main .cw-fact") if "received by 3 routes" in one.text]
    assert len(rows) == 1


def test_u8_the_list_of_changes_has_medicines_mobility_skin_and_decision(world):
    visitor = world.signed_in("u-chmanager")
    page = Seen(visitor.get(visitor.record(world.person("winifred-achterberg"))).text)
    changed = page.one('[data-widget="changed"]')
    assert {"medicines", "end-of-life"} <= {
        one.get("data-section") for one in changed.all("[data-section]")
    }
    words = changed.text.lower()
    assert "risperidone" in words
    assert any(one in words for one in ("mobil", "walk", "transfer", "hoist"))
    assert any(one in words for one in ("skin", "pressure", "sacr", "wound"))


def test_u8_a_namesake_who_is_no_resident_is_not_found_and_not_opened(world):
    visitor = world.signed_in("u-chmanager")
    other = world.person("gwendoline-pike")
    page = Seen(visitor.get("/workspace/find").text)
    answer = visitor.post(
        "/workspace/find",
        page.fields("#find") | {"family": "Pike", "day": "1", "month": "1", "year": "1930"},
    )
    assert Seen(answer.text).has("[data-none-found]")
    guessed = visitor.get(visitor.record(other))
    assert guessed.status_code in {403, 404}
    assert "PIKE" not in guessed.text.upper()
    assert "data-entry" not in guessed.text


def test_u8_five_minutes_after_somebody_left_the_home_nothing_opens(northmere10, tmp_path):
    with world_over(northmere10, tmp_path) as world:
        person = world.person("winifred-achterberg")
        visitor = world.signed_in("u-chmanager")
        paths = [visitor.record(person, one) for one in ("", "timeline", "s/medicines", "print")]
        assert all(visitor.get(one).status_code == 200 for one in paths)
        world.end_ties(person, Role.CH)
        world.later(minutes=5)
        for one in paths:
            answer = visitor.get(one)
            assert answer.status_code in {403, 404}
            assert "ACHTERBERG" not in answer.text.upper()


@pytest.fixture(scope="module")
def pharmacist(world):
    return world.signed_in("u-pharm")


def alerts(world, pharmacist, key):
    person = world.person(key)
    world.tie(person, Role.PH)
    answer = pharmacist.get(pharmacist.record(person, "reconcile"))
    assert answer.status_code == 200
    return answer.text, Seen(answer.text).all("[data-interaction]")


def test_u9_every_hidden_medicine_that_harms_is_told_without_its_name(world, pharmacist):
    hidden = [one for one in {key for key, _ in world.day10.persons} if _is_clone(one, "h")]
    assert hidden
    for key in sorted(hidden):
        page, found = alerts(world, pharmacist, key)
        assert found, key
        named = {one.canary for one in world.day10.told if one.person == key and one.canary}
        assert not any(one in page for one in named)


def test_u9_no_alert_for_those_who_take_nothing_hidden(world, pharmacist):
    controls = [one for one in {key for key, _ in world.day10.persons} if _is_clone(one, "c")]
    assert len(controls) == 20
    for key in sorted(controls):
        assert alerts(world, pharmacist, key)[1] == [], key


def _is_clone(key, kind):
    last = key.rpartition("-")[2]
    return last.startswith(kind) and last.lstrip("ch").isdigit()


def test_u9_stopped_started_and_changed_stand_in_one_table_with_reasons(world, pharmacist):
    person = world.person("edna-hartley")
    page = Seen(pharmacist.get(pharmacist.record(person, "reconcile")).text)
    table = page.one("#reconciliation")
    kinds = {one.get("data-change") for one in table.all("[data-change]")}
    assert {"stopped", "changed"} <= kinds
    assert "oedema" in table.text
