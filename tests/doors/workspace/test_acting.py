"""What somebody does on the pages: finds, writes, opens by emergency; each acts once and for one."""

import re

import pytest

from careweave.terms import Role
from tests.lib.posting import form_of, sent


@pytest.fixture(scope="module")
def edna(world):
    person = world.person("edna-hartley")
    world.tie(person, Role.ED)
    world.tie(person, Role.CN)
    world.tie(person, Role.GP)
    return person


def saved(world, person):
    rows = world.rows(
        "SELECT person, state FROM workspace.saved AS s JOIN intake.message AS m ON m.id = s.message"
    )
    return [state for one, state in rows if one == person]


def test_a_day_begins_with_the_people_of_the_role(world, edna):
    page = world.signed_in("u-ed").get("/workspace/")
    assert page.status_code == 200, page.text[-900:]
    assert "HARTLEY" in page.text
    assert "Arrived in the last 24 hours" in page.text


def test_a_number_finds_its_person_whatever_its_blanks(world, edna):
    visitor = world.signed_in("u-ed")
    shown = {}
    for text in ("999 000 1014", "9990001014", "999-000-1014"):
        page = sent(visitor, "/workspace/find", number=text)
        assert page.status_code == 200
        shown[text] = page.text.count("data-found")
    assert set(shown.values()) == {1}, shown


def test_a_note_is_saved_and_then_filed(world, edna):
    visitor = world.signed_in("u-ed")
    path = visitor.record(edna, "add/note")
    world.work()
    before = saved(world, edna)
    answer = sent(visitor, path, q_title="Wound", q_text="Clean and dry.")
    assert answer.status_code == 303, answer.text[-900:]
    assert sorted(saved(world, edna)) == sorted([*before, "new"])
    page = visitor.get(answer.headers["Location"])
    assert "being filed" in page.text
    world.work()
    assert sorted(saved(world, edna)) == sorted([*before, "done"])
    page = visitor.get(answer.headers["Location"])
    assert "filed" in page.text


@pytest.mark.attack(83)
def test_who_cannot_be_found_and_who_is_not_there_are_one_page(world):
    visitor = world.signed_in("u-chmanager")
    answers = [
        sent(visitor, "/workspace/find", number=text) for text in ("9990001014", "9990000107")
    ]
    texts = {masked(one.text) for one in answers}
    assert len(texts) == 1
    assert "data-none-found" in answers[0].text


def masked(text):
    """A page without what is made anew each time, and what was typed."""
    text = re.sub(r'(name="(csrf|form)" value=)"[^"]*"', r"\1", text)
    text = re.sub(r'data-csrf="[^"]*"', "", text)
    return re.sub(r'(id="number"[^>]*value=)"[^"]*"', r"\1", text)


@pytest.mark.attack(83)
@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"number": "9990001015"}, "number"),
        ({"number": "12345"}, "number"),
        ({"family": "Hart*", "day": "9", "month": "7", "year": "1941"}, "family"),
        ({"family": "Hartley"}, "day"),
        ({"family": "Hartley", "day": "31", "month": "2", "year": "1941"}, "day"),
        ({"day": "9", "month": "7", "year": "1941"}, "family"),
        ({}, "family"),
        (
            {"family": "Hartley", "day": "9", "month": "7", "year": "1941", "postcode": "X%"},
            "postcode",
        ),
    ],
)
def test_a_search_that_is_not_exact_is_sent_back_with_its_fault(world, typed, field):
    answer = sent(world.signed_in("u-gp"), "/workspace/find", **typed)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert "<title>Error: " in answer.text
    assert 'role="alert"' in answer.text


def test_no_address_and_no_title_names_anybody(world, edna):
    visitor = world.signed_in("u-ed")
    answer = sent(visitor, "/workspace/find", number="999 000 1014")
    links = re.findall(r'href="([^"]*)"', answer.text)
    assert not [one for one in links if "9990001014" in one or "artley" in one]
    title = answer.text.partition("<title>")[2].partition("</title>")[0]
    assert "artley" not in title


def test_each_person_found_and_each_listed_is_accounted(world, edna):
    n = len(world.rows("SELECT 1 FROM ledger.account WHERE action IN ('find', 'list')"))
    sent(world.signed_in("u-ed"), "/workspace/find", number="9990001014")
    assert len(world.rows("SELECT 1 FROM ledger.account WHERE action IN ('find', 'list')")) > n


# 16S, 17S: a form is of one session, one person, once.


def note_fields(visitor, person, **typed):
    page = visitor.get(visitor.record(person, "add/note"))
    assert page.status_code == 200
    fields = form_of(page.text, "/add/note")
    return fields | {"q-title": "Visit", "q-text": "Seen at home.", "act": "save"} | typed


def test_two_posts_of_one_form_save_once(world, edna):
    visitor = world.signed_in("u-cn")
    n = len(saved(world, edna))
    fields = note_fields(visitor, edna)
    answers = [visitor.post(visitor.record(edna, "add/note"), fields) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    assert len(saved(world, edna)) == n + 1


def test_a_form_of_one_person_is_never_saved_for_another(world, edna):
    other = world.person("colin-hartley")
    world.tie(other, Role.CN)
    visitor = world.signed_in("u-cn")
    fields = note_fields(visitor, edna)
    n = len(world.rows("SELECT 1 FROM workspace.saved"))
    answer = visitor.post(visitor.record(other, "add/note"), fields)
    assert answer.status_code == 409
    assert "another person" in answer.text
    forged = fields | {"about": visitor.record(other).rpartition("/")[2]}
    assert visitor.post(visitor.record(other, "add/note"), forged).status_code == 409
    assert len(world.rows("SELECT 1 FROM workspace.saved")) == n


def test_a_form_of_another_session_page_or_site_acts_for_nobody(world, edna):
    one, other = world.signed_in("u-cn"), world.signed_in("u-cn")
    fields = note_fields(one, edna)
    n = len(world.rows("SELECT 1 FROM workspace.saved"))
    assert other.post(other.record(edna, "add/note"), fields).status_code in {403, 409}
    assert one.post(one.record(edna, "add/alert"), fields).status_code == 409
    there = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    path = one.record(edna, "add/note")
    assert one.post(path, fields, headers=there).status_code == 403
    assert one.post(path, fields | {"csrf": "x"}).status_code == 403
    assert other.get(path).status_code == 404
    assert len(world.rows("SELECT 1 FROM workspace.saved")) == n


@pytest.mark.parametrize("form", ["note", "alert", "about-me", "observation"])
def test_an_empty_form_comes_back_with_its_faults(world, edna, form):
    visitor = world.signed_in("u-cn")
    answer = sent(visitor, visitor.record(edna, f"add/{form}"))
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert 'id="faults"' in answer.text
    for href in re.findall(r'<li><a href="#(q-[^"]*)"', answer.text):
        assert f'id="{href}"' in answer.text


def test_what_was_typed_stays_in_a_form_that_is_sent_back(world, edna):
    visitor = world.signed_in("u-cn")
    path = visitor.record(edna, "add/observation")
    answer = sent(visitor, path, q_weight="72.5", q_heart_rate="a lot")
    assert answer.status_code == 422
    assert 'value="72.5"' in answer.text
    assert "write a number" in answer.text
    assert "data-banner" in answer.text


def test_each_form_becomes_an_entry_of_its_heading(world, edna):
    visitor = world.signed_in("u-cn")
    base = visitor.record(edna)
    typed = {
        "observation": {"q_weight": "72.5", "q_systolic": "141", "q_diastolic": "80"},
        "alert": {"q_category": "safety", "q_text": "Dog loose in the yard"},
        "about-me": {"q_whose": "person", "q_matters": "My garden"},
    }
    for form, answers in typed.items():
        assert sent(visitor, f"{base}/add/{form}", **answers).status_code == 303
    world.work()
    rows = world.rows(
        "SELECT s.form, m.state, m.reason FROM workspace.saved AS s"
        " JOIN intake.message AS m ON m.id = s.message WHERE s.form <> 'note'"
    )
    assert {one[0]: one[1] for one in rows} == dict.fromkeys(typed, "done"), rows
    assert "Dog loose in the yard" in visitor.get(f"{base}/s/alerts").text
    assert "My garden" in visitor.get(f"{base}/s/about-me").text
    observations = visitor.get(f"{base}/s/observations").text
    assert "72.5" in observations
    assert "141" in observations


@pytest.mark.attack(20)
def test_writing_about_somebody_makes_no_relationship(world, edna):
    ties = world.rows("SELECT count(*) FROM record.tie WHERE from_rid > 0")
    visitor = world.signed_in("u-cn")
    sent(visitor, visitor.record(edna, "add/about-me"), q_whose="person", q_matters="Tea")
    world.work()
    assert world.rows("SELECT count(*) FROM record.tie WHERE from_rid > 0") == ties
    stranger = world.person("winifred-achterberg")
    page = visitor.get(visitor.record(stranger, "add/note"))
    assert page.status_code in {403, 404}


def test_a_draft_is_kept_for_its_writer_and_is_no_part_of_the_record(world, edna):
    visitor = world.signed_in("u-cn")
    path = visitor.record(edna, "add/note")
    fields = note_fields(visitor, edna, **{"q-text": "Half a sentence about kestrels"})
    assert visitor.post(f"{path}/draft", fields).status_code == 303
    assert "kestrels" in visitor.get(path).text
    again = world.signed_in("u-cn")
    assert "kestrels" in again.get(again.record(edna, "add/note")).text
    colleague = world.signed_in("u-cn-b")
    assert "kestrels" not in colleague.get(colleague.record(edna, "add/note")).text
    (row,) = world.rows("SELECT sealed FROM workspace.draft")
    assert b"kestrels" not in bytes(row[0])
    visitor.post(path, note_fields(visitor, edna))
    assert world.rows("SELECT count(*) FROM workspace.draft") == [(0,)]


def test_nothing_is_written_on_an_earlier_day(world, edna):
    visitor = world.signed_in("u-cn")
    fields = note_fields(visitor, edna)
    path = visitor.record(edna, "add/note") + "?on=2026-03-20"
    assert visitor.get(path).status_code == 403
    assert visitor.post(path, fields).status_code == 403
