"""Totals are the visible rows, exactly; a search over its budget is refused in plain words."""

import pytest

from careweave.record import _compile_count as counts
from careweave.record import _compile_either as either
from careweave.record import _compile_plan as plans
from careweave.record import _compile_statement as statements
from careweave.record import _compile_walk as walks
from careweave.record import _search as searching
from careweave.record import find_ids, find_ids_each, subjects
from careweave.record._nodes import (
    AnyOf,
    ByIds,
    HasDate,
    HasKeys,
    HasText,
    Moment,
    Place,
    Prefix,
    Search,
    Sort,
    Span,
    Summary,
    Total,
)
from careweave.terms import TooCostly
from tests.record.finding import (
    NOW,
    ask,
    code,
    day,
    has,
    ids,
    key,
    observe,
    of,
    pages,
    patient,
    posted,
    seek,
    to_patient,
    tok,
)
from tests.record.lib import Desk, minutes, other

NAME = key("name")
SMITH = HasText(NAME, (Span("smith", "smith\U0010ffff"),))
DATED = HasDate(None, (Moment(Prefix.GE, day(3), day(4)),))
LATELY = HasDate(None, (Moment(Prefix.GE, minutes(4), minutes(5)),), updated=True)


@pytest.fixture
def desk(session):
    """Twelve observations of two patients, and some of another organisation."""
    desk = Desk(session)
    second = other(desk, subjects(session, "acute", ["p2"])["p2"])
    theirs = Desk(session, "council", "p1")
    patient(desk, "p1", strings=((NAME, "smith"),))
    patient(second, "p2", strings=((NAME, "smithers"),))
    for n in range(12):
        mine = (desk, second)[n % 2]
        codes = ["bp", "hr"] if n % 3 else ["hr", "bp"]
        more = {"tok": ["t"], "posted": [f"e{n % 2}", "e"], "at": minutes(n), "on": day(n + 1)}
        observe(mine, f"o{n:02}", code=codes[:1], further=codes[1:], **more)
        observe(theirs, f"x{n:02}", code=["bp"], **more)
    desk.delete("o10", at=minutes(40))
    return desk


SEARCHES = {
    "type": (),
    "patient": (of("p1"),),
    "patients": (of("p1", "p2"),),
    "code": (code("bp"),),
    "codes": (code("bp", "hr"),),
    "code and token": (code("bp"), tok("t")),
    "patient and code": (of("p2"), code("hr")),
    "patient and date": (of("p2"), DATED),
    "posted": (posted("e"),),
    "two keys": (posted("e0", "e"),),
    "token": (tok("t"),),
    "not": (tok("t", negated=True),),
    "ids": (ByIds(("o01", "o02", "x03", "o10")),),
    "updated": (LATELY,),
    "updated and token": (LATELY, tok("t")),
    "either": (AnyOf((posted("e0"), of("p2"))),),
    "chain": (to_patient(SMITH),),
    "chain and code": (to_patient(SMITH), code("bp")),
    "chain and code and date": (to_patient(SMITH), code("bp"), DATED),
    "nothing": (ByIds(()),),
}
ORDERS = {
    "default": (),
    "updated": (Sort("u", Place.UPDATED, descending=True),),
    "oldest": (Sort("u", Place.UPDATED, descending=False),),
    "id": (Sort("i", Place.ID, descending=False),),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", SEARCHES)
def test_every_way_to_count_gives_the_number_of_rows(desk, name, order):
    where, sort = SEARCHES[name], ORDERS[order]
    whole = seek(desk, *where, sort=sort, count=100)
    assert len(whole) == len(set(whole))
    assert not any(id_.startswith("x") or id_ == "o10" for id_ in whole)
    assert ask(desk, *where, sort=sort, count=2, total=Total.ACCURATE).total == len(whole)
    assert ask(desk, *where, sort=sort, count=2, total=Total.ESTIMATE).total == len(whole)
    assert ask(desk, *where, sort=sort, count=2).total is None
    only = ask(desk, *where, sort=sort, summary=Summary.COUNT)
    assert (only.total, only.rows, only.next) == (len(whole), (), None)
    assert ask(desk, *where, sort=sort, count=0).total == len(whole)


@pytest.mark.parametrize("order", ["default", "updated", "oldest"])
@pytest.mark.parametrize("name", [*SEARCHES, "text"])
def test_few_and_many_candidates_give_the_same(desk, name, order, monkeypatch):
    where, sort = SEARCHES.get(name, (SMITH,)), ORDERS[order]
    kind = "Patient" if name == "text" else "Observation"
    asked = Search(kind, where, sort=sort, count=2)
    expected = pages(desk, asked)
    assert [len(page) for page in expected[:-1]] == [2] * (len(expected) - 1)
    monkeypatch.setattr(plans, "_LEAST_AMONG", 0)
    for turn, most in ((1_000, 20_000), (0, 20_000), (0, 1), (1, 0)):
        monkeypatch.setattr(plans, "_TURN", turn)
        monkeypatch.setattr(plans, "_turn", lambda *_, turn=turn: turn)
        monkeypatch.setattr(either, "MOST_CANDIDATES", most)
        statements.page_query.cache_clear()
        assert pages(desk, asked) == expected
    statements.page_query.cache_clear()


def test_patients_are_counted_by_what_is_about_them(desk):
    for node, n in ((has("Observation", code("bp")), 2), (has("Observation", posted("e0")), 1)):
        assert ask(desk, node, type_name="Patient", count=0).total == n
        assert len(seek(desk, node, type_name="Patient")) == n


def test_a_walk_over_its_budget_is_refused(desk, monkeypatch):
    monkeypatch.setattr(walks, "MOST_WALKED", 5)
    statements.page_query.cache_clear()
    try:
        assert seek(desk, tok("t"), count=2) == ["o11", "o09"]
        assert seek(desk, count=10) != []
        with pytest.raises(TooCostly, match="add"):
            seek(desk, tok("t"), count=10)
        with pytest.raises(TooCostly):
            seek(desk, tok("none"), count=1)
    finally:
        statements.page_query.cache_clear()


def test_rows_of_others_are_not_part_of_the_budget(desk, monkeypatch):
    monkeypatch.setattr(walks, "MOST_WALKED", 11)
    statements.page_query.cache_clear()
    try:
        assert len(seek(desk, tok("t"), count=20)) == 11
        assert seek(desk, tok("none"), count=20) == []
    finally:
        statements.page_query.cache_clear()


def test_more_rows_than_may_be_sorted_are_refused(desk, monkeypatch):
    monkeypatch.setattr(statements, "MOST_SORTED", 5)
    statements.page_query.cache_clear()
    try:
        by_id = (Sort("i", Place.ID, descending=False),)
        with pytest.raises(TooCostly, match="narrower"):
            seek(desk, posted("e"), sort=by_id)
        assert seek(desk, posted("e0"), sort=by_id, count=3) == ["o00", "o02", "o04"]
        assert seek(desk, code("bp"), count=3)
    finally:
        statements.page_query.cache_clear()


def test_a_frequent_key_is_walked_and_gathered_where_the_walk_ends_too_soon(desk, monkeypatch):
    session = desk.session
    from careweave.db import piece, whole

    values = ", ".join(f"({key(name)}, 9000)" for name in ("e", "e0"))
    session.run(whole(piece(f"INSERT INTO record.key_count (key, n) VALUES {values}")))
    monkeypatch.setattr(walks, "MOST_WALKED", 3)
    statements.page_query.cache_clear()
    try:
        assert seek(desk, posted("e"), count=2) == ["o11", "o09"]
        assert seek(desk, posted("e0"), count=20) == ["o08", "o06", "o04", "o02", "o00"]
    finally:
        statements.page_query.cache_clear()


def test_ids_for_conditions(desk):
    def found(*where, most=2, type_name="Observation"):
        asked = Search(type_name, where)
        matches = find_ids(desk.session, asked, sight=desk.sight, now=NOW, most=most)
        return [(match.type, match.id) for match in matches]

    assert found(ByIds(("o01",))) == [("Observation", "o01")]
    assert len(found(posted("e"))) == 2
    assert found(posted("none")) == []
    assert found(ByIds(("o10", "x01"))) == []


def test_ids_for_many_conditions_at_once(desk):
    searches = [
        Search("Observation", (posted("e0"),)),
        Search("Observation", (posted("none"),)),
        Search("Patient", (posted("e0"),)),
        Search("Observation", (HasKeys((key("e0"), key("e")), posted=True),)),
        Search("Observation", (code("bp"), ByIds(("o01",)))),
        Search("Patient", (SMITH, of("p2"))),
    ]
    most = 20
    each = find_ids_each(desk.session, searches, sight=desk.sight, now=NOW, most=most)
    for asked, matches in zip(searches, each, strict=True):
        alone = find_ids(desk.session, asked, sight=desk.sight, now=NOW, most=most)
        assert set(matches) == set(alone)
        assert len(matches) == len(alone)
    assert [len(matches) for matches in each] == [5, 0, 0, 11, 1, 1]
    one = find_ids_each(desk.session, searches, sight=desk.sight, now=NOW, most=1)
    assert [len(matches) for matches in one] == [1, 0, 0, 1, 1, 1]


def test_budgets_are_those_of_the_design():
    assert (plans.MOST_SORTED, plans.MOST_WALKED) == (50_000, 20_000)


def test_a_page_of_nothing_has_no_rows(desk):
    found = ask(desk, ByIds(()))
    assert (ids(found), found.included, found.next, found.previous, found.issues) == (
        [], (), None, None, (),
    )  # fmt: skip


def test_a_total_beyond_counting_is_left_out_and_said(desk, monkeypatch):
    monkeypatch.setattr(counts, "MOST_COUNTED", 3)
    monkeypatch.setattr(searching, "MOST_COUNTED", 3)
    statements.page_query.cache_clear()
    try:
        for where in ((), (code("bp"),), (tok("t"),)):
            found = ask(desk, *where, count=2, total=Total.ACCURATE)
            assert (len(found.rows), found.total) == (2, None)
            assert [issue.code for issue in found.issues] == ["too-costly"]
        assert ask(desk, count=0).total == 11
        assert ask(desk, of("p1"), posted("e"), count=2, total=Total.ACCURATE).total is None
    finally:
        statements.page_query.cache_clear()
