"""What is kept of resources and what is asked of them agree with a plain reading of R4."""

from datetime import UTC, datetime

import pytest

from careweave.record import Keys, parse, prepare
from careweave.terms import Incorrect
from tests.lib.memory import Kept, Memory
from tests.lib.oracle import ZONE, Oracle
from tests.lib.queries import Asker
from tests.lib.worlds import World

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
KEYS = Keys(b"k" * 32)


def made(seed):
    """A world, its oracle, and its rows in memory."""
    world = World(seed)
    resources = world.resources()
    world.values = [r.value for r in resources]
    world.oracle = Oracle(world.values, NOW, NOW)
    rows = [Kept(r.id, NOW, prepare(r, keys=KEYS, zone=ZONE, public_id=r.id)) for r in resources]
    return world, Memory(rows, KEYS)


def readable(world, type_name, pairs):
    """The search, or None where the query is one that is refused."""
    try:
        return parse(type_name, pairs, keys=KEYS, zone=ZONE, now=NOW)
    except Incorrect:
        return None


@pytest.mark.parametrize("seed", range(6))
def test_prepared_rows_answer_as_r4_says(seed):
    world, memory = made(seed)
    asker = Asker(world)
    n_asked = n_found = 0
    for _ in range(150):
        type_name, pairs = asker.query()
        search = readable(world, type_name, pairs)
        if search is None:
            continue
        expected = world.oracle.search(type_name, pairs)
        assert memory.search(search) == expected, (seed, type_name, pairs)
        n_asked += 1
        n_found += bool(expected)
    assert n_asked > 140
    assert n_found > 20
