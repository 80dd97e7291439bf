"""Laws of Gather: everybody gets their own outcome, and nobody waits without need."""

import threading

import pytest

from careweave.db import Gather
from careweave.terms import Conflict, Fault, Unavailable


def all_at_once(gather, items):
    """Submits every item from its own thread; returns the outcome or error of each."""
    outcomes = [None] * len(items)

    def one(place, item):
        try:
            outcomes[place] = gather.submit(item)
        except Exception as error:  # noqa: BLE001
            outcomes[place] = error

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(items)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    return outcomes


def test_one_caller_is_served_at_once_by_itself():
    here = threading.get_ident()
    gather = Gather(lambda items: [threading.get_ident()] * len(items))
    assert gather.submit("x") == here


def test_everybody_gets_the_outcome_of_their_own_item():
    gather = Gather(lambda items: [item * 2 for item in items], most=7)
    assert all_at_once(gather, range(300)) == [n * 2 for n in range(300)]


def test_who_comes_while_others_work_is_served_together():
    started, go = threading.Event(), threading.Event()
    batches = []

    def work(items):
        batches.append(list(items))
        started.set()
        go.wait(10)
        return items

    gather = Gather(work, most=4)
    first = threading.Thread(target=gather.submit, args=(0,))
    first.start()
    started.wait(10)
    others = [threading.Thread(target=gather.submit, args=(n,)) for n in range(1, 9)]
    for thread in others:
        thread.start()
    while len(gather._queue) < 8:
        threading.Event().wait(0.001)
    go.set()
    for thread in (first, *others):
        thread.join(10)
    assert [len(batch) for batch in batches] == [1, 4, 4]


def test_an_error_is_its_own_callers_only():
    gather = Gather(lambda items: [Conflict("odd") if item % 2 else item for item in items])
    outcomes = all_at_once(gather, range(40))
    assert outcomes[::2] == list(range(0, 40, 2))
    assert all(isinstance(outcome, Conflict) for outcome in outcomes[1::2])


def test_a_batch_that_fails_is_tried_one_by_one():
    def work(items):
        if 13 in items:
            raise ZeroDivisionError
        return items

    outcomes = all_at_once(Gather(work), range(40))
    assert isinstance(outcomes.pop(13), ZeroDivisionError)
    assert outcomes == [n for n in range(40) if n != 13]


def test_a_lost_database_is_told_to_all_and_nothing_is_done_twice():
    calls = []

    def work(items):
        calls.extend(items)
        raise Unavailable

    outcomes = all_at_once(Gather(work), range(30))
    assert all(isinstance(outcome, Unavailable) for outcome in outcomes)
    assert sorted(calls) == list(range(30))


def test_work_that_forgets_an_item_is_a_fault():
    with pytest.raises(Fault):
        Gather(lambda _: []).submit(1)
