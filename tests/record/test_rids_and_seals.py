"""Numbers of resources never come twice; page links cannot be read or altered."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.db import Database
from careweave.record._rids import Rids, rids
from careweave.record._seals import seal, unseal
from careweave.terms import Incorrect
from tests.record.lib import START

SECRET = b"s" * 32


def test_a_number_carries_its_time(session):
    first, second = rids(session).take(session, START, 2)
    later = rids(session).take(session, START + timedelta(milliseconds=1), 1)[0]

    assert first >> 20 == second >> 20 == (later >> 20) - 1
    assert datetime(2020, 1, 1, tzinfo=UTC) + timedelta(milliseconds=first >> 20) == START


def test_processes_never_share_a_number(database):
    taken, lock = [], threading.Lock()

    def work():
        own = Rids()
        with database.session() as session:
            for n in (1, 1000, 2000, 1, 30):
                numbers = own.take(session, START, n)
                with lock:
                    taken.extend(numbers)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == len(set(taken)) == 6 * 3032


def test_an_old_block_is_given_up(session):
    own = Rids()
    low = own.take(session, START, 1)[0] & 0xFFFFF
    next_ = own.take(session, START + timedelta(seconds=5), 1)[0] & 0xFFFFF
    after = own.take(session, START + timedelta(seconds=16), 1)[0] & 0xFFFFF

    assert next_ == low + 1
    assert after - low >= 1000


def test_threads_of_one_process_share_an_allocator(database):
    with database.session() as one, database.session() as two:
        assert rids(one) is rids(two)
    assert isinstance(database, Database)


VALUES = st.lists(st.none() | st.integers() | st.text(st.characters(codec="utf-8")))


@given(scope=st.text(st.characters(codec="utf-8")), values=VALUES)
def test_a_sealed_text_opens_to_what_was_sealed(scope, values):
    assert unseal(SECRET, scope, seal(SECRET, scope, values)) == values


@given(values=VALUES, place=st.integers(0, 200), character=st.sampled_from("AZaz09-_"))
def test_an_altered_text_does_not_open(values, place, character):
    text = seal(SECRET, "s", values)
    place %= len(text) - 1
    altered = text[:place] + character + text[place + 1 :]
    if altered != text:
        with pytest.raises(Incorrect):
            unseal(SECRET, "s", altered)


@pytest.mark.parametrize("text", ["", "A", "é", "*" * 40, "A" * 21, "A" * 4000])
def test_what_was_not_sealed_does_not_open(text):
    with pytest.raises(Incorrect):
        unseal(SECRET, "s", text)


def test_another_scope_or_secret_does_not_open():
    text = seal(SECRET, "one", [1])
    for secret, scope in ((SECRET, "two"), (b"t" * 32, "one")):
        with pytest.raises(Incorrect):
            unseal(secret, scope, text)


def test_a_sealed_text_shows_nothing_of_its_values():
    assert "smith" not in seal(SECRET, "s", ["smith"])
