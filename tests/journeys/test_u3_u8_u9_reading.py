"""What is read in U3, U8 and U9; their tasks come with the pathways. Source: reference/stories.md."""

import re

import pytest
import yaml

from careweave.terms import Role
from tests.lib.budgets import budget, p95
from tests.lib.northmere import REGION
from tests.lib.pages import world_over
from tests.lib.reading import Readers
from tests.lib.seen import Seen
from tests.lib.timing import loads

U3, U8, U9 = budget("U3"), budget("U8"), budget("U9")
PAIRS = yaml.safe_load((REGION / "people/interactions.yaml").read_text("utf-8"))
HIDDEN = {
    f"{one['person']}-{one['id']}": one["hidden"] for one in PAIRS["pairs"] if one["label"] != "S9"
}
IN_PERSON = {"marcus-bellweather": "Darunavir with ritonavir", "rowan-ashdown": "Testosterone"}
CONTROLS = [
    f"{one['person']}-c{one['id']}"
    for one in (*PAIRS["controls"], *PAIRS["pairs"])
    if one.get("label") != "S9"
]
CLINICS = ("sexual", "fertility", "gender", "advisory", "substance")


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
    return page.one('[data-widget="new"]').all(".cw-line, .cw-fact")


def test_u3_what_is_new_is_what_came_since_this_reader_looked(northmere10, tmp_path):
    """A colleague writes one note between two looks: the second look has that and nothing else."""
    with world_over(northmere10, tmp_path) as world:
        person = world.person("edna-hartley")
        world.tie(person, Role.CN)
        visitor = world.signed_in("u-gp")
        visitor.get(visitor.record(person))
        world.later(minutes=31)
        again = world.signed_in("u-gp")
        assert new_facts(again, person) == []
        world.later(minutes=1)
        nurse = world.signed_in("u-cn")
        where = nurse.record(person, "add/note")
        form = Seen(nurse.get(where).text).fields("main form")
        typed = {"q-title": "Loose rug in the hall", "q-text": "She slipped and held the rail."}
        assert nurse.post(where, form | typed | {"act": "save"}).status_code == 303
        world.work()
        world.later(minutes=1)
        found = new_facts(world.signed_in("u-gp"), person)
        assert len(found) == 1, [one.text for one in found]
        assert "Loose rug in the hall" in found[0].text


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
        page.fields("#find") | {"family": "Pike", "day": "15", "month": "6", "year": "1938"},
    )
    assert Seen(answer.text).has("[data-none-found]")
    fields = Seen(answer.text).fields("#find")
    found = visitor.post(
        "/workspace/find",
        fields | {"family": "Pike", "day": "15", "month": "6", "year": "1937"},
    )
    assert "PIKE, Gwendolyn" in Seen(found.text).one("[data-found]").text
    guessed = visitor.get(visitor.record(other))
    assert guessed.status_code in {403, 404}
    assert "PIKE" not in guessed.text.upper()
    assert "data-entry" not in guessed.text


def test_u8_who_looks_for_a_relative_elsewhere_finds_nobody_and_the_officer_hears(
    northmere10, tmp_path
):
    """The alert says nothing of whether she is held: a name that nobody bears is told the same."""
    told = "SELECT user_name, kind, person FROM disclosure.alert"
    with world_over(northmere10, tmp_path) as world:
        visitor = world.signed_in("u-piotr")
        page = Seen(visitor.get("/workspace/find").text)
        born = {"day": "25", "month": "9", "year": "1989"}
        visitor.post("/workspace/find", page.fields("#find") | born | {"family": "Abernethy"})
        assert world.rows(told) == []
        for _ in "twice":
            fields = Seen(visitor.get("/workspace/find").text).fields("#find")
            answer = visitor.post("/workspace/find", fields | born | {"family": "Kowalczuk"})
            assert Seen(answer.text).has("[data-none-found]")
            assert "NADIA" not in answer.text.upper()
        assert world.rows(told) == [("u-piotr", "same-surname", None)]


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
    # Whom most organisations know by this key: a sexual health record stands alone.
    person = Readers(world.database, world.day10).person(key)
    world.tie(person, Role.PH)
    answer = pharmacist.get(pharmacist.record(person, "reconcile"))
    assert answer.status_code == 200
    return answer.text, Seen(answer.text).all("[data-interaction]")


def test_u9_every_hidden_medicine_that_harms_is_told_without_its_name(world, pharmacist):
    """No word of what is hidden, nor of its class or clinic, is in the bytes of the page."""
    hidden = HIDDEN | IN_PERSON
    assert len(hidden) == 19
    n_found = 0
    for key in sorted(hidden):
        page, found = alerts(world, pharmacist, key)
        assert found, key
        n_found += len(found)
        text = page.casefold()
        for word in hidden[key].casefold().replace(" with ", " ").split():
            assert not re.search(rf"\b{re.escape(word)}\b", text), (key, word)
        assert not any(one in Seen(page).one("main").text.casefold() for one in CLINICS), key
    # H01 and H02 are one person's, who is warned of both in one line.
    assert n_found == len(hidden)


def test_u9_no_alert_for_those_who_take_nothing_hidden(world, pharmacist):
    assert len(CONTROLS) == 20
    for key in sorted(CONTROLS):
        assert alerts(world, pharmacist, key)[1] == [], key


def test_u9_stopped_started_and_changed_stand_in_one_table_with_reasons(world, pharmacist):
    person = world.person("edna-hartley")
    page = Seen(pharmacist.get(pharmacist.record(person, "reconcile")).text)
    table = page.one("#reconciliation")
    kinds = {one.get("data-change") for one in table.all("[data-change]")}
    assert {"stopped", "changed"} <= kinds
    assert "oedema" in table.text
