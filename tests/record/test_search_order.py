"""The order of a page, where the next one begins, and what a cursor is bound to."""

import base64
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from careweave.record import subjects
from careweave.record._nodes import Place, Search, Sort
from careweave.record._search import search
from careweave.terms import Forbidden, Incorrect
from tests.record.finding import (
    NOW,
    ask,
    code,
    day,
    ids,
    key,
    observe,
    of,
    pages,
    posted,
    seek,
    tok,
)
from tests.record.lib import Desk, minutes, other

NAME = key("name")
BORN = key("born")
SIZE = key("size")
UNIT = key("mg")

BY_DATE = Sort("date", Place.DATE, descending=False)
BY_DATE_LATEST = Sort("date", Place.DATE, descending=True)
BY_UPDATE = Sort("_lastUpdated", Place.UPDATED, descending=False)
BY_UPDATE_LATEST = Sort("_lastUpdated", Place.UPDATED, descending=True)
BY_ID = Sort("_id", Place.ID, descending=False)
BY_ID_LAST = Sort("_id", Place.ID, descending=True)
BY_NAME = Sort("name", Place.STRING, descending=False, key=NAME)
BY_NAME_LAST = Sort("name", Place.STRING, descending=True, key=NAME)
BY_BORN = Sort("born", Place.RANGE, descending=False, key=BORN)
BY_SIZE_LARGEST = Sort("size", Place.QUANTITY, descending=True, key=SIZE)


@pytest.fixture
def desk(session):
    """Nine observations of one patient: dates that tie, three without one."""
    desk = Desk(session)
    rows = {
        "a": (1, "m"), "b": (1, None), "c": (3, "k"), "d": (None, "z"), "e": (2, "m"),
        "f": (None, None), "g": (3, "a"), "h": (1, "b"), "i": (None, "c"),
    }  # fmt: skip
    for n, (id_, (on, name)) in enumerate(rows.items()):
        observe(
            desk,
            id_,
            code=["bp"],
            tok=["all"],
            posted=["enc"],
            on=None if on is None else day(on),
            strings=() if name is None else ((NAME, name), (NAME, name + "x")),
            dates=() if name is None else ((BORN, day(n + 1), day(n + 2)),),
            quantities=() if on is None else ((SIZE, UNIT, Decimal(on), Decimal(on)),),
            at=minutes(n // 2),
        )
    return desk


ORDERS = {
    (BY_DATE_LATEST,): "cgeabhdfi",
    (BY_DATE,): "hbaegcifd",
    (BY_UPDATE_LATEST,): "ighefcdab",
    (BY_UPDATE,): "badcfehgi",
    (BY_ID,): "abcdefghi",
    (BY_ID_LAST,): "ihgfedcba",
    (BY_NAME,): "ghiceadfb",
    (BY_NAME_LAST,): "daecihgbf",
    (BY_BORN,): "acdeghifb",
    (BY_SIZE_LARGEST, BY_NAME): "gcehabidf",
    (BY_DATE, BY_UPDATE_LATEST): "hbaegcifd",
    (BY_NAME_LAST, BY_DATE_LATEST, BY_ID): "deacihgbf",
}
WHERE = {
    "nothing": (),
    "patient": (of("p1"),),
    "code": (code("bp"),),
    "patient and code": (of("p1"), code("bp")),
    "posted": (posted("enc"),),
    "filter": (tok("all"),),
}


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("order", ORDERS)
def test_every_order_is_the_same_whatever_drives(desk, where, order):
    found = "".join(seek(desk, *WHERE[where], sort=order))
    assert found == ORDERS[order]


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("order", ORDERS)
def test_pages_put_together_are_the_whole_list(desk, where, order):
    for count in (1, 2, 4):
        found = pages(desk, Search("Observation", WHERE[where], sort=order, count=count))
        assert "".join(id_ for page in found for id_ in page) == ORDERS[order]
        assert all(len(page) == count for page in found[:-1])
        assert found[-1]


def test_nothing_follows_a_page_that_ends_exactly(desk):
    assert ask(desk, of("p1"), count=9).next is None
    assert ask(desk, of("p1"), count=8).next is not None
    assert ask(desk, of("nobody")).next is None


def test_further_codings_are_paged_among_the_first(session):
    desk = Desk(session)
    for n in range(8):
        observe(
            desk,
            f"o{n}",
            code=["bp"] if n % 2 else ["hr"],
            further=[] if n % 2 else ["bp"],
            on=day(1 + n // 3) if n != 4 else None,
            at=minutes(n),
        )
    whole = seek(desk, code("bp"))
    assert sorted(whole) == [f"o{n}" for n in range(8)]
    found = pages(desk, Search("Observation", (code("bp"),), count=3))
    assert [id_ for page in found for id_ in page] == whole
    both = pages(desk, Search("Observation", (code("bp", "hr"),), count=3))
    assert [id_ for page in both for id_ in page] == whole


def cursor(desk, **more):
    asked = Search("Observation", (of("p1"),), count=2, **more)
    found = search(desk.session, asked, sight=desk.sight, caller="a", now=NOW)
    return replace(asked, cursor=found.next)


def go_on(desk, asked, *, caller="a", now=NOW, sight=None):
    return search(desk.session, asked, sight=sight or desk.sight, caller=caller, now=now)


def test_a_cursor_works_for_its_caller_and_question_only(desk):
    asked = cursor(desk)
    assert ids(go_on(desk, asked)) == ["e", "a"]
    assert ids(go_on(desk, replace(asked, count=3))) == ["e", "a", "b"]
    with pytest.raises(Forbidden):
        go_on(desk, asked, caller="b")
    with pytest.raises(Forbidden):
        go_on(desk, asked, sight=replace(desk.sight, version=desk.sight.version + 1))
    for changed in (
        replace(asked, where=(of("p2"),)),
        replace(asked, sort=(BY_ID,)),
        replace(asked, type="Condition"),
    ):
        with pytest.raises(Incorrect):
            go_on(desk, changed)


def test_a_cursor_lasts_a_quarter_of_an_hour(desk):
    asked = cursor(desk)
    assert go_on(desk, asked, now=NOW + timedelta(minutes=15)).rows
    with pytest.raises(Incorrect, match="too old"):
        go_on(desk, asked, now=NOW + timedelta(minutes=15, seconds=1))


@pytest.mark.parametrize("text", ["", "x", "ä", "AAAA", "A" * 200, "-" * 64])
def test_a_cursor_that_is_not_ours_is_refused(desk, text):
    with pytest.raises(Incorrect):
        go_on(desk, replace(cursor(desk), cursor=text))


def test_an_altered_cursor_is_refused(desk):
    asked = cursor(desk)
    text = asked.cursor
    assert text is not None
    for place in range(0, len(text), 7):
        letter = "A" if text[place] != "A" else "B"
        with pytest.raises(Incorrect):
            go_on(desk, replace(asked, cursor=text[:place] + letter + text[place + 1 :]))


@pytest.mark.parametrize("order", [BY_ID, BY_NAME])
def test_a_cursor_tells_nothing(session, order):
    desk = Desk(session)
    for n in range(4):
        names = ((NAME, f"zanzibar{n}"),)
        observe(desk, f"zanzibar-{n}", code=["bp"], tok=["all"], strings=names, at=minutes(n))
    # The next page begins after the second of these: where it does is what the text stands for.
    asked = cursor(desk, sort=(order,))
    assert ids(go_on(desk, asked)) == ["zanzibar-2", "zanzibar-3"]
    text = asked.cursor
    assert text is not None
    told = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    assert "zanzibar" not in text.lower()
    assert b"zanzibar" not in told.lower()


@pytest.mark.parametrize("patient", ["p1", "nobody"])
@pytest.mark.parametrize("where", [(), (code("bp"),), (code("bp"), tok("all"))])
def test_a_plain_search_is_one_statement_even_when_nothing_is_found(database, patient, where):
    with database.session() as session:
        observe(Desk(session), "o1", code=["bp"], tok=["all"], on=day(1))
    with database.reading() as session:
        desk = Desk(session)
        for _ in range(2):
            seek(desk, of(patient), *where)
        before = session.n_sent
        found = seek(desk, of(patient), *where)
        assert session.n_sent == before + 1
        assert found == (["o1"] if patient == "p1" else [])


def test_a_change_meanwhile_neither_repeats_nor_loses_others(desk, session):
    asked = Search("Observation", (code("bp"),), sort=(BY_UPDATE_LATEST,), count=3)
    first = search(session, asked, sight=desk.sight, caller="a", now=minutes(20))
    assert ids(first) == ["i", "g", "h"]
    desk.update("e", "changed", at=minutes(30), code=key("code", "bp"), tok=(key("code", "bp"),))
    observe(desk, "new", code=["bp"], at=minutes(31))
    rest = pages(desk, replace(asked, cursor=first.next), now=minutes(21))
    assert [id_ for page in rest for id_ in page] == ["f", "c", "d", "a", "b"]


def test_read_from_the_oldest_on_a_changed_row_does_not_come_twice(desk, session):
    asked = Search("Observation", (code("bp"),), sort=(BY_UPDATE,), count=3)
    first = search(session, asked, sight=desk.sight, caller="a", now=minutes(20))
    assert ids(first) == ["b", "a", "d"]
    desk.update("a", "changed", at=minutes(30), code=key("code", "bp"), tok=(key("code", "bp"),))
    rest = pages(desk, replace(asked, cursor=first.next), now=minutes(21))
    assert [id_ for page in rest for id_ in page] == ["c", "f", "e", "h", "g", "i"]


def test_a_row_changed_in_place_stays_in_its_place_by_date(desk, session):
    asked = Search("Observation", (of("p1"),), count=3)
    first = search(session, asked, sight=desk.sight, caller="a", now=minutes(20))
    assert ids(first) == ["c", "g", "e"]
    desk.update("b", "changed", at=minutes(30), low=day(1), high=day(2))
    rest = pages(desk, replace(asked, cursor=first.next), now=minutes(21))
    assert [id_ for page in rest for id_ in page] == ["a", "b", "h", "d", "f", "i"]


def test_another_subjects_rows_do_not_disturb_the_order(desk, session):
    second = other(desk, subjects(session, "acute", ["p2"])["p2"])
    observe(second, "z", code=["bp"], on=day(2), at=minutes(50))
    assert "".join(seek(desk, of("p1"))) == ORDERS[(BY_DATE_LATEST,)]
    assert "".join(seek(desk, of("p2", "p1"))) == "cgezabhdfi"
