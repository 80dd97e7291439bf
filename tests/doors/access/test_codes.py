"""Codes and the first password: once, for one's own account, and after few failures not at all."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from careweave.db import Database
from careweave.doors._access import (
    Assurance,
    Codes,
    Newcomer,
    Told,
    account_named,
    add_account,
    first_password,
    n_codes,
    new_codes,
)
from careweave.doors._access._refusals import Pace, Refusals
from careweave.terms import Busy, Conflict, Forbidden

NOW = datetime(2026, 3, 26, 8, 0, tzinfo=UTC)
TOLD = Told(NOW, "request-1", "workspace", "workspace")


class Place:
    """A place with two accounts and an administrator."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.codes = Codes(database)
        with database.session() as session:
            for user in ("a.finch", "t.reed"):
                add_account(session, Newcomer(user, user.title(), "nm-ashgrove"), TOLD)
            admin = Newcomer("admin", "Administrator", "nm-icb", is_administrator=True)
            add_account(session, admin, TOLD)

    def new(self, user: str = "a.finch", n: int = 8) -> tuple[str, ...]:
        with self.database.session() as session:
            return new_codes(session, account_named(session, user), TOLD, n=n)

    def use(self, words: str, user: str = "a.finch", minutes: float = 0) -> Assurance:
        told = replace(TOLD, at=NOW + timedelta(minutes=minutes))
        account, proof = self.codes.use(user, words, told)
        assert account.user == user
        return proof

    def left(self, user: str = "a.finch") -> int:
        with self.database.reading() as session:
            return n_codes(session, account_named(session, user).id, NOW)


@pytest.fixture
def place(database: Database) -> Place:
    return Place(database)


def test_a_code_counts_once(place: Place) -> None:
    first, *others = place.new()
    assert place.use(first) is Assurance.CODE
    with pytest.raises(Forbidden):
        place.use(first)
    assert place.left() == len(others) == 7


def test_a_code_may_be_typed_in_any_way(place: Place) -> None:
    first, second, *_ = place.new()
    place.use(first.upper().replace("-", " "))
    place.use(second.replace("0", "O").replace("1", "l"))


def test_a_code_is_of_one_account(place: Place) -> None:
    (code, *_) = place.new()
    with pytest.raises(Forbidden):
        place.use(code, "t.reed")
    assert place.left() == 8


def test_a_first_code_lasts_a_day(place: Place) -> None:
    (code,) = place.new(n=1)
    with pytest.raises(Forbidden):
        place.use(code, minutes=24 * 60)
    assert place.use(code, minutes=24 * 60 - 1) is Assurance.CODE


def test_new_codes_take_the_place_of_old_ones(place: Place) -> None:
    (old, *_) = place.new()
    place.new()
    with pytest.raises(Forbidden):
        place.use(old)


def test_no_code_and_no_password_is_kept(place: Place) -> None:
    codes = place.new()
    with place.database.session() as session:
        password = first_password(session, "admin", TOLD)
    with psycopg.connect(place.database.url) as connection:
        kept = str(connection.execute("SELECT * FROM access.code").fetchall())
        kept += str(connection.execute("SELECT * FROM access.password").fetchall())
        kept += str(connection.execute("SELECT * FROM ledger.account").fetchall())
    assert not any(word in kept for word in (*codes, password))


def test_after_five_failures_nothing_is_tried_for_a_while(place: Place) -> None:
    (code, *_) = place.new()
    for _ in range(5):
        with pytest.raises(Forbidden):
            place.use("wrong")
    for minutes in (0, 10, 14.9):
        with pytest.raises(Busy):
            place.use(code, minutes=minutes)
    assert place.use(code, minutes=15) is Assurance.CODE


def test_trying_on_does_not_lock_for_ever(place: Place) -> None:
    (code, *_) = place.new()
    for _ in range(5):
        with pytest.raises(Forbidden):
            place.use("wrong")
    for minutes in range(1, 15):
        with pytest.raises(Busy):
            place.use("wrong", minutes=minutes)
    place.use(code, minutes=15.1)


def test_who_does_not_exist_is_told_alike_and_locked_alike(place: Place) -> None:
    told = []
    for user in ("a.finch", "nobody"):
        for _ in range(5):
            with pytest.raises(Forbidden) as caught:
                place.use("wrong", user)
            told.append(caught.value.message)
        with pytest.raises(Busy):
            place.use("wrong", user)
    assert len(set(told)) == 1


def test_a_success_forgets_the_failures_before(place: Place) -> None:
    codes = place.new()
    for code in codes[:3]:
        for _ in range(4):
            with pytest.raises(Forbidden):
                place.use("wrong")
        place.use(code)


def test_a_password_is_the_first_administrator_s_alone(place: Place) -> None:
    with place.database.session() as session:
        with pytest.raises(Conflict):
            first_password(session, "a.finch", TOLD)
        password = first_password(session, "admin", TOLD)
    assert place.use(password, "admin") is Assurance.PASSWORD
    assert place.use(password, "admin") is Assurance.PASSWORD
    with pytest.raises(Forbidden):
        place.use(password, "a.finch")
    with pytest.raises(Forbidden):
        place.use(password[:-1] + "7x", "admin")


def test_what_is_tried_elsewhere_locks_nobody_here(place: Place) -> None:
    (code, *_) = place.new()
    for _ in range(6):
        with pytest.raises((Forbidden, Busy)):
            place.codes.use("a.finch", "wrong", replace(TOLD, address="198.51.100.7"))
    assert place.use(code) is Assurance.CODE


def _flood(database: Database, refusals: Refusals, n: int) -> None:
    with database.session() as session:
        for _ in range(n):
            refusals.tell(session, TOLD, "", "not-proved")


def _told(database: Database, what: str) -> list[tuple[str, int]]:
    """What the ledger says of failed tries at something, and how often."""
    query = (
        "SELECT what, count(*) FROM ledger.account WHERE what = %(w)s OR what LIKE %(w)s || '/%%'"
        " GROUP BY 1 ORDER BY 1"
    )
    with psycopg.connect(database.url) as connection:
        return connection.execute(query, {"w": what}).fetchall()


def test_a_flood_of_failures_is_counted_and_its_number_is_told(database: Database) -> None:
    now = [0.0]
    refusals = Refusals(database, "try", Pace(lambda: now[0]))
    _flood(database, refusals, 100)
    assert _told(database, "try") == [("try", 60)]
    now[0] = 1.0
    _flood(database, refusals, 2)
    assert _told(database, "try") == [("try", 60), ("try/40 more before", 1)]


def test_a_number_is_told_in_time_though_nobody_fails_again(database: Database) -> None:
    refusals = Refusals(database, "again", Pace(lambda: 0.0, wait_s=0.05))
    _flood(database, refusals, 67)
    for _ in range(200):
        found = dict(_told(database, "again"))
        if "again/7 more" in found:
            break
        time.sleep(0.02)
    assert {n for what, n in found.items() if what.startswith("again/")} == {1}
    assert found["again"] == 60


def test_no_connection_is_held_while_a_password_is_worked_out(database: Database) -> None:
    alone = Database(database.url, size=1, wait_s=0.05)
    place = Place(alone)
    with ThreadPoolExecutor(1) as pool, place.codes._queue:
        trying = pool.submit(place.use, "wrong", "admin")
        for _ in range(20):
            with alone.reading() as session:
                assert session.secret
            time.sleep(0.01)
    with pytest.raises(Forbidden):
        trying.result()
    alone.close()
