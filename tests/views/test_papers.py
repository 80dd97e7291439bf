"""Documents of all headings in one list: newest first, each paper once, with its heading."""

from careweave.terms import Heading
from careweave.views import State, documents
from tests.lib.shown import feed, making, row, shown

HERE = making()


def paper(heading: Heading, day: str, title: str = "Discharge summary", *, of="riverside", id_=""):
    body = {
        "resourceType": "DocumentReference",
        "id": id_ or f"{of}{day}{heading}",
        "status": "current",
        "type": {"text": title},
        "date": f"{day}T10:00:00Z",
        "content": [{"attachment": {"contentType": "application/pdf", "title": f"{title}.pdf"}}],
    }
    return row(heading, body, of=of)


def facts(*rows, **more):
    section = documents(shown(*rows, **more), HERE)
    return [fact for group in section.groups for fact in group.facts]


def under(fact):
    return [one.text for one in fact.voices[0].details if one.label == "Filed under"]


def test_papers_of_every_heading_stand_in_one_list_newest_first_with_their_heading():
    found = facts(
        paper(Heading.EOL, "2026-01-05", "Summary plan"),
        paper(Heading.DIS, "2026-03-02"),
        paper(Heading.DOC, "2026-02-01", "Letter"),
    )
    assert [fact.title for fact in found] == ["Discharge summary", "Letter", "Summary plan"]
    assert [under(fact) for fact in found] == [
        ["Discharge"],
        ["Documents"],
        ["Resuscitation and end of life plan"],
    ]


def test_one_paper_by_three_routes_is_one_row_whatever_heading_each_route_gave_it():
    (found,) = facts(
        paper(Heading.DIS, "2026-03-02", of="riverside"),
        paper(Heading.DIS, "2026-03-02", of="hospital"),
        paper(Heading.DOC, "2026-03-02", of="hospital"),
    )
    assert found.voices[0].routes == 3
    assert not found.disagrees


def test_what_is_no_paper_stays_under_its_own_heading():
    visit = {"resourceType": "Encounter", "id": "v", "status": "finished"}
    section = documents(shown(row(Heading.DIS, visit), paper(Heading.DIS, "2026-03-02")), HERE)
    assert section.n == 1


def test_without_a_paper_it_is_said_what_is_known_of_documents():
    section = documents(shown(feeds={Heading.DOC: (feed(),)}), HERE)
    assert section.state is State.NONE_RECEIVED
    assert section.text


def test_a_later_page_begins_where_the_one_before_ended():
    rows = [paper(Heading.CON, f"2026-01-{day:02}", f"Letter {day}") for day in range(1, 6)]
    section = documents(shown(*rows), HERE, 2, 2)
    assert [fact.title for fact in section.groups[0].facts] == ["Letter 3", "Letter 2"]
    assert section.n == 5
