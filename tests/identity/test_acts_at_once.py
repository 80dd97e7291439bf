"""Acts at one moment: the later one reads what the earlier one left, or is told to try again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from careweave.identity import join, link, unlink
from careweave.identity._again import Looking
from careweave.identity._settling import settle_these
from careweave.terms import Unavailable
from tests.identity.acting import NOW, Region, someone


@pytest.fixture
def arrived(database):
    with database.session() as session:
        region = Region(session)
        for n in range(1, 5):
            region.arrive(n, someone(n), authority="pas")
        return region.persons()


def _waiting(database):
    """Waits until somebody waits for a lock in this database."""
    with database.session() as session:
        asked = Region(session)
        for _ in range(2000):
            ((n,),) = asked.sql(
                "SELECT count(*) FROM pg_locks AS l JOIN pg_database AS d ON l.database = d.oid"
                " WHERE NOT l.granted AND l.locktype = 'advisory' AND d.datname = current_database()"
            )
            if n:
                return
            threading.Event().wait(0.005)
    raise AssertionError("nobody waited")


def _meanwhile(database, first, second):
    """Does `second` while `first` is done and not committed; returns what `second` came to."""
    with ThreadPoolExecutor(1) as pool:
        with database.session() as session:
            first(_region(session, 50))
            session.flush()
            done = pool.submit(_alone, database, second)
            _waiting(database)
        return done.result(30)


def _region(session, start):
    region = Region(session)
    for _ in range(start):
        next(region.ids)
    return region


def _alone(database, act):
    with database.session() as session:
        return act(_region(session, 150))


def test_a_join_of_what_was_joined_meanwhile_tries_again(database, arrived):
    def first(region):
        join(region.session, arrived[1], arrived[2], by=region.by(), means=region.means)

    def second(region):
        return join(region.session, arrived[2], arrived[3], by=region.by(), means=region.means)

    with pytest.raises(Unavailable):
        _meanwhile(database, first, second)


def test_a_link_of_what_went_elsewhere_meanwhile_tries_again(database, arrived):
    def before(region):
        join(region.session, arrived[1], arrived[2], by=region.by(), means=region.means)

    def first(region):
        unlink(region.session, 2, by=region.by(), means=region.means)

    def second(region):
        return link(region.session, 2, arrived[3], by=region.by(), means=region.means)

    _alone(database, before)
    with pytest.raises(Unavailable):
        _meanwhile(database, first, second)


def test_a_parting_of_what_has_grown_meanwhile_tries_again(database, arrived):
    def before(region):
        for other in (2, 3):
            by = region.by()
            join(region.session, arrived[1], arrived[other], by=by, means=region.means)

    def first(region):
        link(region.session, 4, arrived[1], by=region.by(), means=region.means)

    def second(region):
        return unlink(region.session, 3, by=region.by(), means=region.means)

    _alone(database, before)
    with pytest.raises(Unavailable):
        _meanwhile(database, first, second)


def test_settling_sees_who_was_joined_meanwhile(database, arrived):
    def first(region):
        join(region.session, arrived[1], arrived[4], by=region.by(), means=region.means)

    def second(region):
        looking = Looking(NOW + timedelta(days=1), region.means.limits)
        return settle_these(region.session, [4], looking, region.means)

    assert _meanwhile(database, first, second) == ()
