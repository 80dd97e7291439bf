"""SQL answers every search as a plain reading of R4 does: 3,000 cases always, more at night."""

import os
from dataclasses import replace

import pytest

from careweave.record import Change, append, keys, open_source, parse, prepare, search, subjects
from careweave.terms import Heading, Incorrect, TooCostly
from tests.lib.oracle import ZONE, Oracle
from tests.lib.queries import Asker
from tests.lib.worlds import World
from tests.record.lib import START, minutes, sight_of

N_WORLDS = int(os.environ.get("CAREWEAVE_SEARCH_WORLDS", "20"))
N_QUERIES = 160
NOW = minutes(60)


def written(session, seed):
    """A world in the store, its oracle, and the sight of its source."""
    world = World(seed)
    resources = world.resources()
    world.values = [r.value for r in resources]
    world.oracle = Oracle(world.values, NOW, START)
    source = open_source(session, "acute", "epr", "fhir")
    ready = [prepare(r, keys=keys(session), zone=ZONE, public_id=r.id) for r in resources]
    local_ids = {one for p in ready for one in p.patients} | {""}
    known = subjects(session, "acute", sorted(local_ids))
    changes = [
        Change(
            op="C",
            type=r.type,
            id=r.id,
            resource=r,
            prepared=p,
            source=source,
            subject=known[p.patients[0] if p.primary else ""],
            extras=tuple(known[one] for one in (p.patients[1:] if p.primary else p.patients)),
            heading=Heading.INV,
        )
        for r, p in zip(resources, ready, strict=True)
    ]
    append(session, changes, at=START, actor="test")
    return world, sight_of(source)


def answered(session, world, sight, query):
    """The ids that SQL gives, every page; None where the query is refused."""
    type_name, pairs = query
    try:
        asked = parse(type_name, pairs, keys=keys(session), zone=ZONE, now=NOW)
    except Incorrect:
        return None
    asked = replace(asked, count=5)
    found: list[str] = []
    while True:
        page = search(session, asked, sight=sight, caller="test", now=NOW)
        found += [row.id for row in page.rows]
        if page.next is None:
            return found
        asked = replace(asked, cursor=page.next)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(N_WORLDS))
def test_sql_answers_as_r4_says(session, seed):
    world, sight = written(session, seed)
    asker = Asker(world)
    n_asked = n_found = 0
    for _ in range(N_QUERIES):
        query = asker.query()
        try:
            found = answered(session, world, sight, query)
        except TooCostly:
            continue
        if found is None:
            continue
        expected = world.oracle.search(*query)
        assert sorted(found) == sorted(expected), (seed, query)
        n_asked += 1
        n_found += bool(expected)
    assert n_asked >= 150
    assert n_found >= 20
