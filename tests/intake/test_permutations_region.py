"""The HL7 v2 messages of Northmere in random orders, with repetitions: the record is the same.

PERMUTATIONS=50 tries as many orders.
"""

import os
import random
from functools import cache
from pathlib import Path

import pytest

from careweave.db import Database
from careweave.demonstration import sent
from careweave.intake import Arrival, Receiver, Worker, load_rules
from careweave.sources import load_sources
from tests.lib.inbox import NOW, Inbox

REGION = Path(__file__).parents[2] / "region"
N_ORDERS = int(os.environ.get("PERMUTATIONS", "3"))
MOST_RESULTS = 120


@cache
def described():
    return load_sources(REGION, secret=b"the same for all orders")


@cache
def corpus():
    """All messages but those of the laboratory, of which there are many alike: some."""
    messages = [one for one in sent(REGION, until=10) if one.body.startswith(b"MSH")]
    results = [one for one in messages if one.source == "nm-acute-lims"]
    others = [one for one in messages if one.source != "nm-acute-lims"]
    return others + results[:: len(results) // MOST_RESULTS + 1]


def told(database: Database, order, dice=None) -> dict[str, bytes]:
    inbox = Inbox(database, described())
    inbox.worker = Worker(database, described, lambda: NOW, rules=load_rules(REGION / "value-sets"))
    inbox.receiver = Receiver(database, described)
    for one in order:
        inbox.receiver.receive(Arrival(one.source, "mllp", one.body, one.at))
        if dice is not None and dice.random() < 0.02:
            inbox.work()
    inbox.work()
    states = inbox.rows("SELECT state, reason, count(*) FROM intake.message GROUP BY 1, 2")
    assert states == [("done", None, len(corpus()))]
    return inbox.bytes()


@pytest.fixture(scope="module")
def expected(server, template):
    from tests.conftest import database as make

    made = make.__wrapped__(server, template)
    try:
        yield told(next(made), corpus())
    finally:
        made.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(N_ORDERS))
def test_any_order_of_northmere_gives_the_same_record(database, expected, seed):
    dice = random.Random(seed)
    order = list(corpus())
    order += dice.sample(order, 40)
    dice.shuffle(order)
    found = told(database, order, dice)
    assert found.keys() == expected.keys()
    assert [ref for ref, body in found.items() if body != expected[ref]] == []
