"""The region's own records as what to learn from, and verified numbers, hidden, as the truth.

Source: reference/identity.md section 13: hidden numbers are free labels. People with verified
numbers are easier; the share of records that have one is told beside the figures.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from careweave.db import Queries, Session
from careweave.identity._norm import Norm
from careweave.identity._pack import unpack
from careweave.identity.train._pool import Pair, Pool

_QUERIES = Queries("careweave.identity")

_FEWEST = 3.0
"""A name, postcode or address that fewer persons of the region have leaves it in no document."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Records with their national numbers hidden, and which pairs have the same verified one.

    `n_records` are all that were looked at, those without a verified number too.
    """

    pool: Pool
    truth: frozenset[Pair]
    n_records: int


def region_pool(session: Session, *, most: int) -> Pool:
    """Returns at most so many of the records that are compared now, the same each time."""
    held = _held(session, most)
    norms, sources = tuple(norm for _, norm in held), tuple(authority for authority, _ in held)
    return Pool(norms, sources, fewest=_FEWEST)


def labelled_pool(session: Session, *, most: int) -> Labelled:
    """Returns the records that have a verified national number, without it, and who is who by it."""
    held = _held(session, most)
    known = [(authority, norm) for authority, norm in held if norm.verified]
    by_number: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, (_, norm) in enumerate(known):
        for kind in norm.verified:
            by_number[kind, getattr(norm, kind)].append(place)
    truth = {pair for places in by_number.values() for pair in combinations(places, 2)}
    hidden = tuple(_hidden(norm) for _, norm in known)
    pool = Pool(hidden, tuple(authority for authority, _ in known))
    return Labelled(pool, frozenset(truth), len(held))


def _held(session: Session, most: int) -> Sequence[tuple[str, Norm]]:
    rows = session.rows(_QUERIES["norms_some"], most=most)
    return [(authority, unpack(norm)) for authority, norm in rows]


def _hidden(norm: Norm) -> Norm:
    return replace(norm, nhs="", chi="", hc="", verified=frozenset(), past_numbers=())
