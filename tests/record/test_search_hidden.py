"""What a caller may not see changes no part of any answer, at no hop, in no count, in no error."""

from dataclasses import replace

import pytest

from careweave.record import _compile_statement as statements
from careweave.record import _compile_walk as walks
from careweave.record import subjects
from careweave.record._nodes import AllOf, AnyOf, ByIds, HasText, Place, Search, Sort, Span, Total
from careweave.record._search import search
from careweave.terms import EVERY_LABEL, Branch, Heading, Label, Sight, TooCostly
from tests.record.finding import (
    NOW,
    code,
    day,
    has,
    key,
    observe,
    of,
    patient,
    posted,
    seek,
    to_patient,
    tok,
)
from tests.record.lib import ALL, Desk, minutes, other

NAME = key("name")
SMITH = HasText(NAME, (Span("smith", "smith\U0010ffff"),))
BY_ID = (Sort("_id", Place.ID, descending=False),)
BY_NAME = (Sort("name", Place.STRING, descending=True, key=NAME),)

SEARCHES = [
    Search("Observation"),
    Search("Observation", (of("p1"),)),
    Search("Observation", (of("p1", "q1"),), sort=BY_ID),
    Search("Observation", (code("bp"),)),
    Search("Observation", (code("bp"),), sort=BY_NAME),
    Search("Observation", (posted("enc"),)),
    Search("Observation", (tok("t"),)),
    Search("Observation", (tok("t", negated=True),)),
    Search("Observation", (ByIds(("o1", "x1")),)),
    Search("Observation", (to_patient(SMITH),)),
    Search("Observation", (to_patient(SMITH), code("bp"))),
    Search("Observation", (AnyOf((AllOf((posted("enc"), tok("t"))), of("p1"))),)),
    Search("Patient", (SMITH,)),
    Search("Patient", (has("Observation", code("bp")),)),
    Search("Patient", (has("Observation", posted("enc")),)),
    Search("Patient", (has("Observation", AllOf((code("bp"), to_patient(SMITH)))),)),
]


def answers(desk):
    """Every part of the answers: rows, cursors, totals and refusals."""
    found = []
    for asked in SEARCHES:
        for count in (2, 100, 0):
            given = replace(asked, count=count, total=Total.ACCURATE)
            try:
                page = search(desk.session, given, sight=desk.sight, caller="a", now=NOW)
            except TooCostly as error:
                found.append(str(error))
                continue
            found.append((page.rows, page.next, page.total, page.issues))
    return found


@pytest.fixture
def desk(session):
    """A patient of ours with three observations."""
    desk = Desk(session)
    patient(desk, "p1", strings=((NAME, "smith"),))
    for n in range(3):
        observe(desk, f"o{n}", code=["bp"], tok=["t"], posted=["enc"], on=day(n + 1),
                strings=((NAME, "k"),), at=minutes(n))  # fmt: skip
    return desk


def hidden(session, at):
    """Rows of another organisation that meet every condition."""
    theirs = Desk(session, "council", "q1")
    about = other(theirs, subjects(session, "council", ["p1"])["p1"])
    patient(theirs, "q1", strings=((NAME, "smith"),), at=minutes(at))
    for n, one in enumerate((theirs, about) * 4):
        observe(one, f"x{n}", code=["bp"], further=["hr"], tok=["t"], posted=["enc"], on=day(1 + n),
                strings=((NAME, "z"),), at=minutes(at + n))  # fmt: skip
    return theirs


def test_hidden_rows_change_no_answer(desk, session):
    before = answers(desk)
    theirs = hidden(session, 10)
    assert answers(desk) == before
    for n in range(8):
        if n % 2 == 0:
            theirs.update(f"x{n}", "changed", at=minutes(30), code=key("code", "bp"))
    assert answers(desk) == before


def test_hidden_rows_use_up_no_budget(desk, session, monkeypatch):
    monkeypatch.setattr(walks, "MOST_WALKED", 4)
    monkeypatch.setattr(statements, "MOST_SORTED", 4)
    statements.page_query.cache_clear()
    try:
        before = answers(desk)
        hidden(session, 10)
        assert answers(desk) == before
    finally:
        statements.page_query.cache_clear()


def barred_from(desk, *labels, headings=ALL):
    """The desk's own source without some labels or headings."""
    seen = other(desk, desk.subject)
    seen.sight = Sight(
        (Branch(frozenset({desk.source}), headings, EVERY_LABEL - frozenset(labels), is_own=True),),
        1,
    )
    return seen


def test_a_label_hides_a_row_of_the_same_source(desk):
    observe(desk, "s1", code=["bp"], on=day(9), labels=frozenset({Label.S1}), at=minutes(9))
    assert seek(desk, of("p1"), code("bp")) == ["s1", "o2", "o1", "o0"]
    assert seek(barred_from(desk, Label.S1), of("p1"), code("bp")) == ["o2", "o1", "o0"]
    assert seek(barred_from(desk, Label.S1), code("bp")) == ["o2", "o1", "o0"]
    assert seek(barred_from(desk, Label.S1)) == ["o2", "o1", "o0"]
    assert seek(barred_from(desk, Label.S2), code("bp")) == ["s1", "o2", "o1", "o0"]


def test_a_patient_that_may_not_be_seen_is_no_hop(desk):
    without = barred_from(desk, headings=ALL - {Heading.DEM})
    assert seek(without, of("p1")) == ["o2", "o1", "o0"]
    assert seek(without, to_patient(SMITH)) == []
    assert seek(without, to_patient(SMITH), code("bp")) == []
    assert seek(without, AnyOf((to_patient(SMITH), ByIds(("o1",))))) == ["o1"]
    assert seek(without, has("Observation", code("bp")), type_name="Patient") == []


def test_entries_that_may_not_be_seen_are_no_reason_to_find_their_patient(desk):
    only = barred_from(desk, headings=frozenset({Heading.DEM}))
    assert seek(only, type_name="Patient") == ["p1"]
    assert seek(only, has("Observation", code("bp")), type_name="Patient") == []
    assert seek(only, has("Observation", posted("enc")), type_name="Patient") == []
    assert seek(only, has("Observation", tok("t")), type_name="Patient") == []
