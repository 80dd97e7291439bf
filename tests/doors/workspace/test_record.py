"""The pages of a record: whose they are, where everything is from, what an earlier day shows."""

import base64
import html
import re
from datetime import timedelta

import pytest

from careweave.doors._access import Handles
from careweave.doors.workspace._record_results import _harmless, values_file
from careweave.terms import Role
from careweave.views import Trend, english
from tests.lib.filing import file_from, patient_of
from tests.lib.pages import Visitor, World, world_over

PLACES = ("", "s", "s/medicines", "timeline", "plan", "print", "reconcile", "s/results")
ENTRY = re.compile(r'href="(/workspace/r/[^"/]+/e/[^"]+)"')
SCRIPT = "<script>alert(1)</script><p onclick='x()'>Seen in clinic</p><svg onload=x()></svg>"


@pytest.fixture(scope="module")
def edna(world: World):
    person = world.person("edna-hartley")
    for role in (Role.ED, Role.GP):
        world.tie(person, role)
    return person


@pytest.fixture(scope="module")
def reader(world: World, edna) -> Visitor:
    return world.signed_in("u-ed")


def text_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.mark.parametrize("place", PLACES)
def test_every_page_of_a_record_has_the_banner_and_names_nobody_in_title_or_address(
    reader, edna, place
):
    path = reader.record(edna, place)
    answer = reader.get(path)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "HARTLEY, Edna May" in page
    assert "999\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}1014" in page
    title = re.findall(r"<title>(.*?)</title>", page)[0]
    links = " ".join(re.findall(r'(?:href|action|hx-get)="([^"]*)"', page))
    assert not re.search(r"(?i)hartley|edna|999.?000.?1014", title + path + links)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("place", PLACES)
def test_everything_on_a_page_has_its_source_and_its_date(reader, edna, place):
    page = reader.get(reader.record(edna, place)).get_data(as_text=True)
    parts = re.split(r'(?=data-entry=")', page)[1:]
    assert parts
    assert [one[:90] for one in parts if "data-source" not in one or "data-date" not in one] == []


def test_an_entry_tells_where_it_is_from_and_by_which_clause_it_is_shown(reader, edna):
    page = reader.get(reader.record(edna, "s/medicines")).get_data(as_text=True)
    told = [text_of(reader.get(one).get_data(as_text=True)) for one in ENTRY.findall(page)[:3]]
    for word in ("Written by", "Organisation", "System", "Received", "Version 1 of 1", "Shown by"):
        assert all(word in one for one in told)
    assert any("Agreement agr-unplanned-care" in one for one in told)


def test_a_name_of_another_session_or_another_person_is_as_absent_as_none(world, reader, edna):
    page = reader.get(reader.record(edna, "s/medicines")).get_data(as_text=True)
    link = ENTRY.findall(page)[0]
    entry = link.rpartition("/")[2]
    other = world.signed_in("u-gp")
    chidi = world.person("chidi-okonkwo")
    world.tie(chidi, Role.ED)
    none = reader.get(reader.record(edna, "e/no-such"))
    wrong = (
        reader.get(reader.record(chidi, f"e/{entry}")),
        other.get(other.record(edna, f"e/{entry}")),
        other.get(link),
        reader.get(reader.record(edna, "e/no-such")),
    )
    assert {one.status_code for one in wrong} == {404}
    said = re.sub(r"request-\d+", "", text_of(none.get_data(as_text=True)))
    assert re.sub(r"request-\d+", "", text_of(wrong[0].get_data(as_text=True))) == said


def test_somebody_without_a_tie_is_told_why_and_nothing_else(world):
    nobody = world.signed_in("u-chmanager")
    answer = nobody.get(nobody.record(world.person("chidi-okonkwo")))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert 'data-refused="' in page
    assert "OKONKWO" not in page.upper()
    assert "data-entry" not in page


def test_an_earlier_day_is_said_on_every_page_and_nothing_can_be_added(reader, edna):
    for place in ("", "s/medicines", "timeline", "plan", "s"):
        page = reader.get(f"{reader.record(edna, place)}?on=2026-03-16").get_data(as_text=True)
        assert "The record as it was on 16-Mar-2026" in page
        assert "Add to the record" not in page
    three = reader.get(reader.record(edna, "?day=16&month=3&year=2026").replace("/?", "?"))
    assert "16-Mar-2026" in three.get_data(as_text=True)


def test_an_earlier_day_shows_what_was_known_then(reader, edna):
    def shown(query: str) -> str:
        return text_of(
            reader.get(reader.record(edna, f"s/discharges{query}")).get_data(as_text=True)
        )

    assert "23-Mar-2026" in shown("")
    assert "23-Mar-2026" not in shown("?on=2026-03-20").replace("Feeds", "")


@pytest.mark.parametrize("wrong", ["?on=yesterday", "?day=31&month=2&year=2026", "?on=2026-13-01"])
def test_a_day_that_is_none_is_refused_in_words(reader, edna, wrong):
    answer = reader.get(reader.record(edna, "s") + wrong)
    assert answer.status_code == 400
    assert "There is no such day" in answer.get_data(as_text=True)


def test_today_and_later_are_now(world, reader, edna):
    for day in (world.now, world.now + timedelta(days=3)):
        page = reader.get(reader.record(edna, f"s?on={day.date()}")).get_data(as_text=True)
        assert "The record as it was" not in page


@pytest.fixture(scope="module")
def letters(world, edna):
    """Letters of a practice whose content is hostile."""
    patient = patient_of(world, edna, "gpa")
    kinds = {
        "html": ("text/html", SCRIPT),
        "svg": ("image/svg+xml", SCRIPT),
        "pdf": ("application/pdf", "%PDF"),
    }
    file_from(
        world,
        "nm-ashgrove-gp",
        [
            {
                "resourceType": "DocumentReference",
                "id": f"gpa-hostile-{name}",
                "status": "current",
                "type": {"text": f"Letter {name} <script>alert(2)</script>"},
                "subject": {"reference": f"Patient/{patient}"},
                "date": "2026-03-25T10:00:00Z",
                "content": [
                    {
                        "attachment": {
                            "contentType": kind,
                            "title": "<img src=x onerror=alert(3)>",
                            "data": base64.b64encode(text.encode()).decode(),
                        }
                    }
                ],
            }
            for name, (kind, text) in kinds.items()
        ],
    )
    return tuple(kinds)


@pytest.mark.attack(53)
def test_a_received_document_is_text_on_the_page_and_a_sandboxed_file_apart(world, edna, letters):
    own = world.signed_in("u-gp")
    handles = Handles(world.session_of(own.token).secret)
    for name in letters:
        handle = handles.of(f"entry of {edna}", f"DocumentReference/gpa-hostile-{name}")
        page = own.get(own.record(edna, f"documents/{handle}"))
        assert page.status_code == 200
        body = page.get_data(as_text=True)
        assert "<script>alert" not in body
        assert "<img src=x" not in body
        assert "onclick=" not in body.replace("&#39;", "'") or "&lt;" in body
        assert ("Seen in clinic" in body) is (name == "html")
        assert own.get(own.record(edna, f"documents/{handle}/1/image")).status_code == 404
        file = own.get(own.record(edna, f"documents/{handle}/1"))
        assert file.status_code == 200
        assert file.headers["Content-Disposition"].startswith("attachment")
        assert file.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert file.headers["X-Content-Type-Options"] == "nosniff"
        assert file.mimetype == "application/octet-stream"


@pytest.mark.attack(53)
@pytest.mark.parametrize(
    ("cell", "safe"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("-5.2", "-5.2"), ("-x", "'-x"), ("12", "12")],
)
def test_no_cell_of_a_file_of_values_is_a_formula(cell, safe):
    assert _harmless(cell) == safe


@pytest.mark.attack(25)
def test_what_a_source_calls_a_measure_is_no_formula_in_its_file():
    head = values_file(Trend("x", '=HYPERLINK("x")', "", ()), english).splitlines()[0]
    assert head.split(",")[1].startswith("\"'=HYPERLINK")


def test_a_trend_is_the_same_in_the_table_and_in_the_file(reader, edna):
    page = reader.get(reader.record(edna, "s/results")).get_data(as_text=True)
    found = re.findall(r'href="(/workspace/r/[^"/]+/s/results/[^"/]+)"', page)
    assert found
    table = reader.get(found[0]).get_data(as_text=True)
    # What was measured stands on the page, and neither in its address nor in its title.
    measure = text_of(re.search(r"<h1[^>]*>(.*?)</h1>", table)[1])
    assert measure not in text_of(re.search(r"<title>(.*?)</title>", table)[1])
    assert measure.casefold().split()[0] not in found[0].casefold()
    file = reader.get(f"{found[0]}.csv")
    lines = file.get_data(as_text=True).strip().splitlines()
    assert file.headers["Content-Disposition"].startswith("attachment")
    whole = table[table.rindex("<tbody>") :]
    assert len(lines) - 1 == whole.count("data-entry")


def test_two_hundred_entries_stand_in_one_answer_and_the_rest_is_counted(world):
    person = world.person("mohammed-al-haddad")
    world.tie(person, Role.GP)
    own = world.signed_in("u-gp")
    page = own.get(own.record(person, "s/results")).get_data(as_text=True)
    total = int(re.search(r"Show the next 200 of ([\d,]+)", page)[1].replace(",", ""))
    assert total > 400
    second = own.get(own.record(person, "s/results?page=2"))
    assert second.status_code == 200
    assert "Back to the newer ones" in second.get_data(as_text=True)
    assert own.get(own.record(person, "s/results?page=0")).status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [("/workspace/r/%0d%0aX-Y:z/", 404), ("/timeline?from=%C2%B2", 400), ("/timeline?to=9e9", 400)],
)
def test_an_address_that_no_page_of_ours_made_is_answered_plainly(reader, edna, path, status):
    whole = path if path.startswith("/workspace") else reader.record(edna) + path
    assert reader.get(whole).status_code == status


def test_a_page_is_shown_again_to_whom_it_was_shown(world, edna):
    own = world.signed_in("u-ed")
    assert own.get(own.record(edna)).status_code == 200
    account = world.rows(
        "SELECT id FROM ledger.account WHERE user_name = 'u-ed' AND deed = 'open'"
        " AND what LIKE 'Person%%' AND shown_hash IS NOT NULL ORDER BY at DESC, id DESC LIMIT 1"
    )[0][0]
    name = Handles(world.session_of(own.token).secret).of("account", str(account))
    again = own.get(f"/workspace/shown/{name}")
    assert again.status_code == 200
    assert "The page as it was shown" in again.get_data(as_text=True)
    world.later(minutes=1)
    told = re.findall(r'href="(/workspace/shown/[^"]+)"', own.get("/workspace/accesses").text)
    # The look at the page as it was shown is an access too, and no page to be shown again.
    assert told
    assert {own.get(one).status_code for one in told} == {200}
    other = world.signed_in("u-gp")
    name = Handles(world.session_of(other.token).secret).of("account", str(account))
    assert other.get(f"/workspace/shown/{name}").status_code == 404


def test_the_documents_of_all_headings_stand_on_one_page_each_once_with_its_heading(world, edna):
    reader = world.signed_in("u-gp")
    page = text_of(reader.get(reader.record(edna, "s/documents")).get_data(as_text=True))
    assert page.count("received by 3 routes") == 1
    assert "Discharge summary" in page
    assert "Filed under Discharge" in page


@pytest.mark.parametrize("place", ["", "s/medicines", "timeline", "plan"])
def test_a_protected_address_stands_on_no_page_but_its_own_section(world, place):
    nadia = world.person("nadia-kowalczuk")
    world.tie(nadia, Role.ED)
    reader = world.signed_in("u-ed")
    page = text_of(reader.get(reader.record(nadia, place)).get_data(as_text=True))
    assert "Address withheld. Ask " in page
    assert "Caldbeck Green" not in page
    own = text_of(reader.get(reader.record(nadia, "s/demographics")).get_data(as_text=True))
    assert "Caldbeck Green" in own


def test_an_entry_reached_from_an_earlier_day_is_as_it_was_then(world, edna):
    reader = world.signed_in("u-ed")
    then = reader.get(reader.record(edna, "s/medicines?on=2026-03-17")).get_data(as_text=True)
    links = set(re.findall(r'href="(/workspace/r/[^"/]+/e/[^"]+)"', then))
    assert links
    assert all(one.endswith("?on=2026-03-17") for one in links)
    page = text_of(reader.get(min(links)).get_data(as_text=True))
    assert "As it was" in page or "as it was" in page
    assert "Something is wrong with this entry" not in page


def rows_of(visitor: Visitor, person, section: str) -> list[str]:
    page = visitor.get(visitor.record(person, f"s/{section}")).get_data(as_text=True)
    return [text_of(one) for one in page.split('<li class="cw-fact')[1:]]


def test_one_vaccination_told_by_two_sources_is_one_row_that_says_so(world):
    arthur = world.person("arthur-pennyfeather")
    world.tie(arthur, Role.GP, organisation="nm-tarnside-health")
    found = rows_of(world.signed_in("u-gp-c"), arthur, "vaccinations")
    (row,) = (one for one in found if "Influenza vaccine" in one and "06-Oct-2025" in one)
    assert "received by 2 routes" in row
    assert "Sources disagree" not in row


def test_a_message_of_a_stay_that_comes_twice_makes_no_second_row(world, edna):
    reader = world.signed_in("u-ed")
    before = rows_of(reader, edna, "admissions")
    again = [
        one
        for one in world.day10.messages
        if b"ADT^A01" in one.body and b"9990001014" in one.body.replace(b" ", b"")
    ]
    assert again
    world.north.take(again)
    assert rows_of(reader, edna, "admissions") == before


def test_a_page_of_yesterday_leads_to_the_words_of_yesterday(northmere10, tmp_path):
    with world_over(northmere10, tmp_path) as world:
        person = world.person("edna-hartley")
        file_letter(world, "Letter of two visits")
        yesterday = world.now.date().isoformat()
        world.later(days=1)
        file_letter(world, "Letter of four visits")
        reader = world.signed_in("u-gp")

        def found(query: str) -> tuple[str, str]:
            page = reader.get(reader.record(person, f"s/documents{query}")).get_data(as_text=True)
            row = next(one for one in page.split('<li class="cw-fact') if "Letter of" in one)
            link = re.findall(r'href="(/workspace/r/[^"/]+/e/[^"]+)"', row)[0]
            return text_of(row), text_of(reader.get(link).get_data(as_text=True))

        for one in found(f"?on={yesterday}"):
            assert "Letter of two visits" in one
            assert "Letter of four visits" not in one
        row, entry = found("")
        assert "Letter of four visits" in row
        assert "was Letter of two visits; now Letter of four visits" in entry


def file_letter(world: World, title: str) -> None:
    letter = {
        "resourceType": "DocumentReference",
        "id": "gpa-letter-of-tests",
        "status": "current",
        "type": {"text": title},
        "subject": {
            "reference": f"Patient/{patient_of(world, world.person('edna-hartley'), 'gpa')}"
        },
        "date": "2026-03-25T10:00:00Z",
        "content": [{"attachment": {"contentType": "text/plain", "data": "YQ=="}}],
    }
    file_from(world, "nm-ashgrove-gp", [letter])


def test_a_plan_that_is_over_leaves_no_empty_box(world, edna):
    reader = world.signed_in("u-gp")
    page = reader.get(reader.record(edna, "plan")).get_data(as_text=True)
    (box,) = re.findall(
        r'<section [^>]*data-section="actions".*?</section>',
        page.split('<details class="cw-past"')[0],
        re.DOTALL,
    )
    assert "Nothing now; 1 past" in text_of(box)
    assert "cw-count" not in box


def test_the_banner_says_of_an_allergy_that_a_source_refutes_it(world, edna):
    reader = world.signed_in("u-ed")
    page = reader.get(reader.record(edna, "timeline")).get_data(as_text=True)
    box = page.partition('data-answer="allergies"')[2].partition("</ul>")[0]
    assert "Reaction not given refuted Northmere Acute Hospitals" in text_of(box)


def test_the_card_gives_each_of_two_decisions_a_line_and_every_dose_that_differs(world):
    chidi = world.person("chidi-okonkwo")
    world.tie(chidi, Role.PA)
    reader = world.signed_in("u-paramedic")
    page = reader.get(reader.record(chidi, "card")).get_data(as_text=True)
    decision = page.partition('data-answer="decision"')[2].partition("</section>")[0]
    assert decision.count("cw-short__voice--line") == 3
    taken = page.partition('data-answer="medicines"')[2].partition("</section>")[0]
    assert "Midazolam 2.5\N{NO-BREAK SPACE}mg when needed (not taken, Not found in the home)" in (
        html.unescape(re.sub(r"<[^>]+>", "", taken))
    )
