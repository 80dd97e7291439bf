"""In whatever order records arrive, the same of them come together, or people are asked.

Source: reference/identity.md section 10: after settling, order must hardly matter.
"""

from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from random import Random

import pytest

from careweave.identity import check_projection
from careweave.identity._again import Looking
from careweave.identity._incoming import Means
from careweave.identity._model import default_model
from careweave.identity._resolve import resolve
from careweave.identity._rules import rules
from careweave.identity._settling import settle
from tests.identity.coming import AT, Ids, incoming
from tests.identity.corruptions import corrupted
from tests.identity.people import people

N_PEOPLE, N_ORDERS, LEAST = 300, 4, 0.995


class _UndoError(Exception):
    """Leaves a session without keeping what it did."""


def _records(seed):
    rng = Random(seed)
    crowd = people(N_PEOPLE, seed)
    told = []
    for n, person in enumerate(crowd):
        told.append(incoming(3 * n + 1, "gp", f"g{n}", person.demographics))
        for place, source in ((2, "hospital"), (3, "council")):
            said = corrupted(person, rng, 20).demographics
            told.append(incoming(3 * n + place, source, f"{source[0]}{n}", said))
    return told


def _settled(session, means):
    looking = Looking(AT + timedelta(days=1), means.limits)
    for _ in range(5):
        after, n_moved = 0, 0
        while after is not None:
            done = settle(session, looking, means=means, after=after)
            n_moved += len(done.acted)
            after = done.last
        if not n_moved:
            return


def _outcome(database, records, seed):
    """Returns the pairs that are one person, and those that people are asked about."""
    together, asked = set(), set()
    database._memos.clear()
    with suppress(_UndoError), database.session() as session:
        means = Means(default_model(), replace(rules(), accepts_test=True), Ids(seed))
        for start in range(0, len(records), 150):
            resolve(session, records[start : start + 150], means=means)
        _settled(session, means)
        assert check_projection(session) == 0
        run = session._link.connection.execute
        members = defaultdict(list)
        for subject, person in run(
            "SELECT subject, person FROM identity.membership WHERE until_seq IS NULL"
        ):
            members[person].append(subject)
        for found in members.values():
            together |= {frozenset(pair) for pair in combinations(found, 2)}
        for subject, other in run(
            "SELECT r.subject, s.subject::int FROM identity.review AS r"
            " CROSS JOIN jsonb_array_elements(r.candidates) AS c"
            " CROSS JOIN jsonb_array_elements(c -> 'subjects') AS s (subject)"
        ):
            asked |= {frozenset(pair) for pair in ((subject, other),)}
        raise _UndoError
    return together, asked, members


@pytest.mark.slow
def test_order_does_not_matter_but_for_what_people_are_asked(shared):
    records = _records(7)
    found = []
    for seed in range(N_ORDERS):
        order = list(records)
        Random(seed).shuffle(order)
        found.append(_outcome(shared, order, seed))
    shares = []
    for (one, asked, groups), (other, asked_too, groups_too) in combinations(found, 2):
        assert one
        shares.append(2 * len(one & other) / (len(one) + len(other)))
        open_ = _touched(asked | asked_too, (*groups.values(), *groups_too.values()))
        unexplained = [pair for pair in one ^ other if not pair & open_]
        assert unexplained == []
    print("agreement of orders:", sorted(shares))
    assert min(shares) >= LEAST, "of the links, not of all pairs: those agree to five nines"


def _touched(asked, groups):
    """Returns everybody of a person about whom people are asked."""
    named = {subject for pair in asked for subject in pair}
    return named | {s for group in groups if named & set(group) for s in group}
