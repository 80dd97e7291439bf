"""A problem with an entry goes to where the entry comes from; an officer answers within its clock."""

import re

import pytest
from werkzeug.test import Client

from careweave.doors._access import Handles
from careweave.terms import Role
from tests.lib.logs import logged
from tests.lib.posting import form_of, sent
from tests.lib.staff import NHS

WORDS = "The dose is that of her sister."


@pytest.fixture(scope="module")
def entry(world):
    """A hospital entry on the page of a GP: its address to report it."""
    edna = world.person("edna-hartley")
    world.tie(edna, Role.GP)
    world.tie(edna, Role.ED)
    visitor = world.signed_in("u-ed")
    page = visitor.get(visitor.record(edna, "s/medicines")).text
    found = re.search(r'href="(/workspace/r/[^"/]+)/e/([^"]+)"', page)
    return visitor, f"{found[1]}/report/{found[2]}"


def test_a_problem_says_what_is_wrong_or_comes_back(world, entry):
    visitor, path = entry
    for typed in ({"kind": ""}, {"kind": "wrong-value", "words": "no"}, {"kind": "gossip"}):
        answer = sent(visitor, path, **{"words": WORDS} | typed)
        assert answer.status_code == 422
        assert "<title>Error: " in answer.text


@pytest.fixture(scope="module")
def reported(world, entry):
    """The entry whose problem was sent, twice by the same form; the answers to both."""
    visitor, path = entry
    fields = form_of(visitor.get(path).text, path.rpartition("/workspace")[2])
    fields |= {"kind": "wrong-value", "words": WORDS}
    return *entry, [visitor.post(path, fields).status_code for _ in range(2)]


def test_a_problem_is_sent_once_and_its_reader_sees_the_clock(world, reported):
    visitor, path, answers = reported
    assert answers == [303, 303]
    assert world.rows("SELECT count(*) FROM disclosure.problem") == [(1,)]
    page = visitor.get(path).text
    assert "data-reported" in page
    assert "To be answered by 02-Apr-2026" in page


@pytest.mark.usefixtures("reported")
def test_only_officers_of_the_source_read_and_answer_it(world):
    owner = world.rows("SELECT owner FROM disclosure.problem")[0][0]
    officers = {"nm-acute": "u-privacy", "nm-mental-health": "u-privacy-mh"}
    for organisation, user in officers.items():
        page = world.signed_in(user).get("/console/problems")
        assert page.status_code == 200
        assert (WORDS in page.text) is (organisation == owner)
    assert world.signed_in("u-ed").get("/console/problems").status_code == 403


def test_who_may_not_see_an_entry_cannot_report_it(world, entry):
    _, path = entry
    assert world.signed_in("u-ed").get(path).status_code == 404
    assert world.signed_in("u-chmanager").get(path).status_code == 404


def test_an_officer_does_not_answer_a_report_of_their_own(world, reported):
    visitor, _path, _ = reported
    officer = world.signed_in("u-privacy")
    ((id_, owner),) = world.rows("SELECT id, owner FROM disclosure.problem")
    change = "UPDATE disclosure.problem SET user_name = %(user)s, owner = %(owner)s RETURNING 1"
    world.rows(change, user=visitor.user, owner="nm-acute")
    handle = Handles(world.session_of(officer.token).secret).of("problem", str(id_))
    fields = form_of(officer.get("/console/problems").text, handle)
    world.rows(change, user=officer.user, owner="nm-acute")
    page = officer.get("/console/problems").text
    refused = officer.post(
        f"/console/problems/{handle}", fields | {"outcome": "corrected", "remark": "Mended."}
    )
    world.rows(change, user=visitor.user, owner=owner)
    assert WORDS in page
    assert handle not in page
    assert refused.status_code == 409
    assert world.rows("SELECT answered_at FROM disclosure.problem") == [(None,)]


def test_an_officer_takes_up_what_waits_and_writes_what_was_found(world):
    broken = world.signed_in("u-hc")
    person = world.person("dorothy-lumb")
    words = "Collapsed in the waiting room, alone."
    sent(broken, broken.record(person, "emergency"), because="life-at-risk", words=words)
    officer = world.signed_in("u-privacy")
    queue = officer.get("/console/").text
    assert words in queue
    href = re.search(r'<a href="(/console/review/[^"]+)">Emergency access', queue)[1]
    page = officer.get(href).text
    assert "LUMB" not in page
    assert str(person) not in page
    taken = officer.post(f"{href}/claim", form_of(page, "/claim"))
    assert taken.status_code == 303
    fields = form_of(officer.get(href).text, "/finding")
    assert officer.post(f"{href}/finding", fields).status_code == 422
    done = officer.post(
        f"{href}/finding", fields | {"finding": "justified", "remark": "Seen notes."}
    )
    assert done.status_code == 303
    assert words not in officer.get("/console/").text
    assert "Justified" in officer.get("/console/?show=all").text


def test_the_console_is_for_officers_of_that_office(world):
    for user in ("u-gp", "u-ed"):
        assert world.signed_in(user).get("/console/").status_code == 403
    assert world.signed_in("u-privacy").get("/workspace/").status_code == 303


@pytest.mark.parametrize(("user", "home"), [("u-gp", "/workspace/"), ("u-privacy", "/console/")])
def test_whoever_asks_to_stay_signed_in_stays(world, user, home):
    visitor = world.signed_in(user)
    told = dict(re.findall(r'data-(keep|csrf)="([^"]+)"', visitor.get(home).text))
    assert visitor.post(told["keep"], {"csrf": told["csrf"]}).status_code == 204


@pytest.mark.attack(70)
def test_what_is_typed_and_who_it_is_about_is_in_no_log_and_no_address(world, caplog):
    caplog.set_level(0)
    visitor = world.signed_in("u-ed")
    canary = "Zanzibar"
    page = visitor.get("/workspace/find").text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
    answers = [
        sent(visitor, "/workspace/find", number="9990001014"),
        sent(visitor, "/workspace/find", family=canary, day="9", month="7", year="1941"),
        visitor.post("/workspace/go", {"csrf": csrf, "words": "999 000 1014"}),
        visitor.get(f"/workspace/r/{canary}"),
        visitor.get(f"/workspace/{canary}"),
    ]
    assert "data-found" in answers[2].text
    assert not [one for one in answers if "9990001014" in one.headers.get("Location", "")]
    for text in logged(caplog):
        assert canary.casefold() not in text
        assert "9990001014" not in text
        assert "999 000 1014" not in text
    rows = world.rows("SELECT what, reason FROM ledger.account")
    assert not [row for row in rows if canary.casefold() in str(row).casefold()]
    assert not [row for row in rows if "9990001014" in str(row)]


@pytest.mark.attack(70)
def test_reading_and_writing_put_nobody_in_a_log_or_an_address(world, caplog):
    caplog.set_level(0)
    edna = world.person("edna-hartley")
    world.tie(edna, Role.GP)
    visitor = world.signed_in("u-gp")
    pages = ("", "s/medicines", "timeline", "print", "plan", "s/documents", "add/note")
    answers = [visitor.get(visitor.record(edna, page)) for page in pages]
    assert all("HARTLEY" in one.text for one in answers)
    path = visitor.record(edna, "add/note")
    answers.append(sent(visitor, path, q_title="Zanzibar", q_text="Asked about Zanzibar."))
    assert answers[-1].status_code == 303
    world.work()
    assert world.rows("SELECT count(*) FROM workspace.saved WHERE form = 'note'") != [(0,)]
    places = [one.request.path + one.headers.get("Location", "") for one in answers]
    for text in (*logged(caplog), *places):
        for word in ("zanzibar", "hartley", "9990001014", "999 000 1014", "1941-07-09"):
            assert word not in text.casefold()
    rows = world.rows("SELECT what, reason, actor FROM ledger.account")
    assert rows
    assert not [row for row in rows if "zanzibar" in str(row).casefold()]


@pytest.mark.attack(70)
def test_a_launch_that_opens_somebody_puts_nobody_in_a_log_or_an_address(world, caplog):
    caplog.set_level(0)
    edna = world.person("edna-hartley")
    world.tie(edna, Role.PA)
    token = world.client("dispatch", "nm-ambulance", "launch")
    fields = {"system": NHS, "identifier": "9990001014", "user": "u-paramedic"}
    launched = Client(world.answer).post(
        "/workspace/launch",
        base_url=world.base,
        data=fields,
        headers={"Authorization": f"Bearer {token}"},
    )
    assert launched.status_code == 201
    visitor = world.signed_in("u-paramedic")
    led = visitor.get(launched.json["address"].removeprefix(world.base))
    assert led.status_code == 303
    opened = visitor.get(led.headers["Location"].removeprefix(world.base))
    assert "HARTLEY" in opened.text
    places = (launched.json["address"], led.headers["Location"], opened.request.path)
    for text in (*logged(caplog), *places):
        for word in ("hartley", "9990001014", "999 000 1014", "1941-07-09"):
            assert word not in text.casefold()


def test_the_command_bar_leads_to_pages_and_people(world):
    visitor = world.signed_in("u-ed")
    page = visitor.get("/workspace/find").text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]

    def go(words, path="/workspace/go"):
        return visitor.post(path, {"csrf": csrf, "words": words})

    assert go("my acc").headers["Location"].endswith("/workspace/accesses")
    assert "data-found" in go("999 000 1014").text
    assert "No page has this name" in go("qwertz").text
    edna = world.person("edna-hartley")
    about = go("medicines", visitor.record(edna, "go")).headers["Location"]
    assert about.endswith("/s/medicines")
    assert visitor.post("/workspace/go", {"words": "my day"}).status_code == 403


def test_a_tap_keeps_whether_a_page_answered_and_nobodys_name(world):
    edna = world.person("edna-hartley")
    world.tie(edna, Role.ED)
    visitor = world.signed_in("u-ed")
    page = visitor.get(visitor.record(edna))
    fields = form_of(page.text, "/answered") | {"answer": "yes"}
    world.later(seconds=8)
    for _ in range(2):
        assert visitor.post(visitor.record(edna, "answered"), fields).status_code == 303
    rows = world.rows("SELECT role, page, is_answered, answer_s FROM workspace.answered")
    assert rows == [("ED", "overview", True, 8)]
    columns = {
        row[0]
        for row in world.rows(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = 'workspace' AND table_name = 'answered'"
        )
    }
    assert columns.isdisjoint({"user_name", "person", "session", "at"})
