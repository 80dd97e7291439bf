"""Pages put together are the whole list, also while others write between and beside them."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careweave.db import Database, Session
from careweave.record import find_ids
from careweave.record._nodes import HasText, Place, Predicate, Search, Sort, Span, Total
from careweave.record._search import search
from tests.lib.cases import cases
from tests.record.finding import NOW, code, day, ids, key, observe, of, posted, to_patient, tok
from tests.record.lib import Desk, minutes

NAME = key("name")
ORGS = count(1)
PATIENTS = ("p1", "p2")


@dataclass(frozen=True)
class Entry:
    """An observation as a test writes it."""

    patient: int
    codes: tuple[str, ...]
    token: str
    on: int | None
    at: int
    name: str | None


entries = st.builds(
    Entry,
    st.integers(0, 1),
    st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True).map(tuple),
    st.sampled_from(["x", "y"]),
    st.none() | st.integers(1, 4),
    st.integers(0, 3),
    st.none() | st.sampled_from(["k", "l", "m"]),
)
sorts = st.sampled_from(
    [
        Sort("date", Place.DATE, descending=True),
        Sort("date", Place.DATE, descending=False),
        Sort("_lastUpdated", Place.UPDATED, descending=True),
        Sort("_lastUpdated", Place.UPDATED, descending=False),
        Sort("_id", Place.ID, descending=True),
        Sort("_id", Place.ID, descending=False),
        Sort("name", Place.STRING, descending=False, key=NAME),
        Sort("name", Place.STRING, descending=True, key=NAME),
    ]
)


@dataclass(frozen=True)
class Asked:
    """A condition as the search takes it, and what it means."""

    node: Predicate
    holds: object

    def __call__(self, entry: Entry, public: dict[int, str]) -> bool:
        return self.holds(entry, public)  # type: ignore[operator]


def _codes(names: tuple[str, ...]) -> Asked:
    return Asked(code(*names), lambda entry, _: bool(set(names) & set(entry.codes)))


def conditions(org: str) -> st.SearchStrategy[Asked]:
    """Conditions of every way to drive and to filter."""
    smith = HasText(NAME, (Span("smith", "smith\U0010ffff"),))
    return st.one_of(
        st.sampled_from([(0,), (1,), (0, 1)]).map(
            lambda who: Asked(
                of(*(f"{org}{PATIENTS[n]}" for n in who)), lambda entry, _: entry.patient in who
            )
        ),
        st.sampled_from([("a",), ("b",), ("a", "c")]).map(_codes),
        st.sampled_from([("x",), ("x", "y")]).map(
            lambda names: Asked(tok(*names), lambda entry, _: entry.token in names)
        ),
        st.just(Asked(posted("x"), lambda entry, _: entry.token == "x")),
        st.just(Asked(tok("x", negated=True), lambda entry, _: entry.token != "x")),
        st.just(Asked(to_patient(smith), lambda entry, _: entry.patient == 0)),
    )


class World:
    """One organisation of its own in a database that all examples share."""

    def __init__(self, session: Session, written: list[Entry]) -> None:
        self.org = f"org{next(ORGS)}x"
        self.desks = [Desk(session, self.org, f"{self.org}{name}") for name in PATIENTS]
        for desk, id_, name in zip(self.desks, PATIENTS, ("smith", "jones"), strict=True):
            desk.create(f"{self.org}{id_}", type="Patient", strings=((NAME, name),))
        self.session = session
        self.held: dict[str, Entry] = {}
        for entry in written:
            self.write(entry)

    @property
    def sight(self):
        return self.desks[0].sight

    def write(self, entry: Entry) -> None:
        id_ = f"{self.org}-{len(self.held):03}"
        self.held[id_] = entry
        observe(
            self.desks[entry.patient], id_, code=entry.codes[:1], further=entry.codes[1:],
            tok=[entry.token], posted=[entry.token], on=entry.on and day(entry.on),
            strings=() if entry.name is None else ((NAME, entry.name),), at=minutes(entry.at),
        )  # fmt: skip

    def page(self, asked: Search, now: datetime = NOW):
        return search(self.session, asked, sight=self.sight, caller="a", now=now)

    def rids(self) -> dict[str, int]:
        every = Search("Observation", (of(*(f"{self.org}{name}" for name in PATIENTS)),))
        found = find_ids(self.session, every, sight=self.sight, now=NOW, most=500)
        return {match.id: match.rid for match in found}


def ordered(world: World, matching: list[str], order: tuple[Sort, ...]) -> list[str]:
    """The ids in the order that R4 and the design ask for: nulls last, ties by rid."""
    rids = world.rids()
    result = sorted(matching, key=rids.__getitem__, reverse=not order[0].descending)
    for sort in reversed(order):

        def value(id_: str, sort: Sort = sort) -> object:
            entry = world.held[id_]
            return {Place.DATE: entry.on, Place.UPDATED: entry.at, Place.ID: id_}.get(
                sort.place, entry.name
            )

        present = [id_ for id_ in result if value(id_) is not None]
        absent = [id_ for id_ in result if value(id_) is None]
        present.sort(key=value, reverse=sort.descending)  # type: ignore[arg-type]
        # A stable sort keeps ties as they were; so does one in reverse.
        result = present + absent
    return result


@pytest.fixture(scope="module")
def database(server, template) -> Iterator[Database]:
    """A database that the examples of this module share."""
    import uuid

    import psycopg

    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        made = Database(server.address(name))
        yield made
        made.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


LAW = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def orders() -> st.SearchStrategy[tuple[Sort, ...]]:
    return st.lists(sorts, min_size=1, max_size=3, unique_by=lambda sort: sort.name).map(tuple)


@settings(LAW, max_examples=cases(200))
@given(st.data())
def test_pages_put_together_are_the_whole_list(database, data):
    with database.session() as session:
        world = World(session, data.draw(st.lists(entries, max_size=14)))
        wanted = data.draw(st.lists(conditions(world.org), max_size=3))
        order = data.draw(orders())
        matching = [
            id_ for id_, entry in world.held.items() if all(one(entry, {}) for one in wanted)
        ]
        expected = ordered(world, matching, order)
        asked = Search(
            "Observation",
            tuple(one.node for one in wanted),
            sort=order,
            count=data.draw(st.integers(1, 5)),
            total=Total.ACCURATE,
        )
        assert world.page(replace(asked, count=0)).total == len(expected)
        found: list[str] = []
        while True:
            page = world.page(asked)
            assert page.total == len(expected)
            found += ids(page)
            if page.next is None:
                break
            assert len(page.rows) == asked.count
            asked = replace(asked, cursor=page.next)
        assert found == expected


@settings(LAW, max_examples=cases(150))
@given(st.data())
def test_what_is_written_between_the_pages_neither_drops_nor_repeats_the_rest(database, data):
    with database.session() as session:
        world = World(session, data.draw(st.lists(entries, min_size=4, max_size=12)))
        wanted = data.draw(st.lists(conditions(world.org), max_size=2))
        order = data.draw(orders())
        matching = [
            id_ for id_, entry in world.held.items() if all(one(entry, {}) for one in wanted)
        ]
        expected = ordered(world, matching, order)
        asked = Search(
            "Observation",
            tuple(one.node for one in wanted),
            sort=order,
            count=data.draw(st.integers(1, 4)),
        )
        found: list[str] = []
        touched: set[str] = set()
        n_round = 0
        while True:
            page = world.page(asked, NOW + timedelta(seconds=n_round))
            found += ids(page)
            if page.next is None:
                break
            asked = replace(asked, cursor=page.next)
            n_round += 1
            _write_meanwhile(world, data, touched, NOW + timedelta(seconds=n_round))
        unchanged = [id_ for id_ in found if id_ not in touched]
        assert unchanged == [id_ for id_ in expected if id_ not in touched]
        if any(sort.place is Place.UPDATED for sort in order):
            assert len(found) == len(set(found))


def _write_meanwhile(world: World, data, touched: set[str], at: datetime) -> None:
    """Changes, deletes and makes a few rows."""
    for id_ in data.draw(st.lists(st.sampled_from(sorted(world.held)), max_size=2, unique=True)):
        entry = world.held[id_]
        desk = world.desks[entry.patient]
        if id_ in touched:
            continue
        touched.add(id_)
        if data.draw(st.booleans()):
            desk.delete(id_, at=at)
        else:
            on = data.draw(st.integers(1, 4))
            desk.update(id_, "changed", at=at, low=day(on), high=day(on + 1))
    if data.draw(st.booleans()):
        before = set(world.held)
        world.write(data.draw(entries))
        touched.update(set(world.held) - before)


@pytest.mark.parametrize("place", [Place.DATE, Place.UPDATED, Place.ID])
def test_beside_writers_every_unchanged_row_comes_once(database, place):
    with database.session() as session:
        world = World(
            session, [Entry(n % 2, ("a",), "x", n % 4 or None, 0, None) for n in range(60)]
        )
    still = sorted(world.held)[::2]
    moving = sorted(world.held)[1::2]
    ending = threading.Event()
    writer = threading.Thread(target=_keep_writing, args=(database, world, moving, ending))
    writer.start()
    try:
        for descending in (True, False, True, False):
            asked = Search(
                "Observation", (code("a"),), sort=(Sort("s", place, descending),), count=4
            )
            found: list[str] = []
            while True:
                with database.reading() as session:
                    page = search(session, asked, sight=world.sight, caller="a", now=NOW)
                found += ids(page)
                if page.next is None:
                    break
                asked = replace(asked, cursor=page.next)
            assert [id_ for id_ in sorted(found) if id_ in set(still)] == still
            assert len(found) == len(set(found)) or place is Place.DATE
    finally:
        ending.set()
        writer.join()


def _keep_writing(database: Database, world: World, moving: list[str], ending) -> None:
    """Changes rows and makes new ones until told to end."""
    n = 0
    while not ending.is_set():
        n += 1
        with database.session() as session:
            id_ = moving[n % len(moving)]
            desk = world.desks[world.held[id_].patient]
            desk.session = session
            codes = (key("code", "a"),)
            at = NOW + timedelta(seconds=n)
            on = day(1 + n % 4)
            desk.update(id_, f"v{n}", at=at, code=codes[0], tok=codes, low=on, high=on)
            observe(desk, f"{world.org}-n{n}", code=["a"], on=on, at=at)
