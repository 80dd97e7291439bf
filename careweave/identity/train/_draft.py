"""What was learnt, as a model: its shares in order, its terms counted by person."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from careweave.identity._fields import comparator
from careweave.identity._spec import NULL, UNSEEN, Comparison, Draft, Level, Shares, Thresholds
from careweave.identity.train._em import KIN, SAME, STRANGERS, Learnt, Levels
from careweave.identity.train._pool import Pair, Pool

UNSET = Thresholds(auto=0.0, review=0.0, show=0.0, lead=0.0, floor=0.0)

_LEAST = 1e-9
_LEAST_WRONG = 0.005
"""Every field is all wrong this often, even if it never was in what was learnt from: disagreement
must stay cheap, and no field may be required. Source: reference/identity.md section 9."""

_JUST_MORE = 1.001
_SLIP = 1e-6
_PULL = 200.0
"""So many pairs of all sources go with those of one. Source: reference/identity.md section 13."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """Pairs compared, with how likely each is of one person."""

    pairs: Sequence[Pair]
    vectors: Sequence[Levels]
    shares: Sequence[float]


def blank(name: str, shapes: Sequence[Comparison]) -> Draft:
    """Returns a draft that compares so, with shares that only rank the levels."""
    return Draft(name, tuple(map(_ranked, shapes)), 0.5, UNSET)


def _ranked(one: Comparison) -> Comparison:
    n = len(one.levels)
    total = n * (n + 1) / 2
    ranked = [
        replace(level, m=(n - rank) / total, u=(rank + 1) / total)
        for rank, level in enumerate(one.levels)
    ]
    return replace(one, levels=tuple(ranked))


def finished(
    name: str, shapes: Sequence[Comparison], learnt: Learnt, seen: Weighted, pool: Pool
) -> Draft:
    """Returns the draft of what was learnt from a pool."""
    counts = _counts(shapes, pool, _persons(pool, seen))
    frequencies = {field: _shares(terms) for field, terms in counts.items()}
    comparisons = tuple(
        _comparison(one, number, learnt, frequencies[one.field])
        for number, one in enumerate(shapes)
    )
    has_kin = len(learnt.shares) > KIN
    return Draft(
        name=name,
        comparisons=comparisons,
        probability=learnt.shares[SAME],
        thresholds=UNSET,
        frequencies={field: _told(terms, pool.fewest) for field, terms in counts.items()},
        sources=_sources(comparisons, seen, pool),
        kin_share=learnt.shares[KIN] / (1 - learnt.shares[SAME]) if has_kin else 0.0,
    )


def _comparison(
    one: Comparison, number: int, learnt: Learnt, terms: Mapping[str, float]
) -> Comparison:
    same, strangers = learnt.levels[SAME][number], learnt.levels[STRANGERS][number]
    shares = zip(one.levels, same, strangers, strict=True)
    told = [replace(level, m=max(m, _LEAST), u=max(u, _LEAST)) for level, m, u in shares]
    told[-1] = replace(told[-1], m=max(told[-1].m, _LEAST_WRONG))
    levels = _in_order(told)
    # A term so common that agreeing on it would count against one person isn't weighed by.
    if levels[0].m > max(terms.values(), default=0.0):
        levels[0] = replace(levels[0], tf=one.field)
    if len(learnt.levels) > KIN:
        kin = _capped(learnt.levels[KIN][number], max(levels[0].m, levels[0].u))
        levels = [replace(level, kin=share) for level, share in zip(levels, kin, strict=True)]
    return replace(one, levels=tuple(levels))


def _in_order(levels: Sequence[Level]) -> list[Level]:
    """Returns levels whose shares add up to 1 and of which none weighs more than the first.

    Exchanged names stand for both names at once and may. Raising `u` lowers a weight: what is
    doubtful for want of pairs is taken for less telling.
    """
    found = _normal(levels)
    most = found[0].m / found[0].u
    return _normal(
        replace(level, u=_JUST_MORE * level.m / most)
        if place and level.test != "exchanged" and level.m / level.u >= most
        else level
        for place, level in enumerate(found)
    )


def _normal(levels: Iterable[Level]) -> list[Level]:
    kept = list(levels)
    m, u = sum(level.m for level in kept), sum(level.u for level in kept)
    return [replace(level, m=level.m / m, u=level.u / u) for level in kept]


def _capped(shares: Sequence[float], most: float) -> list[float]:
    """Returns shares that add up to 1, the first of them at most so large."""
    raised = [max(share, _LEAST) for share in shares]
    total = sum(raised)
    first, *others = (share / total for share in raised)
    if first <= most:
        return [first, *others]
    return [most, *(share * (1 - most) / (1 - first) for share in others)]


def _persons(pool: Pool, seen: Weighted) -> list[float]:
    """Returns for each record the share of a person that it is: half where there is one double."""
    records = [1.0] * len(pool.norms)
    for (one, other), share in zip(seen.pairs, seen.shares, strict=True):
        records[one] += share
        records[other] += share
    return [1 / n for n in records]


def _counts(
    shapes: Sequence[Comparison], pool: Pool, persons: Sequence[float]
) -> dict[str, dict[str, float]]:
    """Returns by field how many persons have each term.

    Were records counted, somebody with many of them would make the own name look common.
    """
    found: dict[str, dict[str, float]] = {}
    for one in shapes:
        terms: dict[str, float] = defaultdict(float)
        read, wanted = comparator(one.field).terms_of, frozenset({one.field})
        for norm, share in zip(pool.norms, persons, strict=True):
            for _, term in read(norm, wanted):
                terms[term] += share
        found[one.field] = dict(terms)
    return found


def _shares(terms: Mapping[str, float]) -> dict[str, float]:
    total = sum(terms.values())
    return {term: times / total for term, times in terms.items()}


def _told(terms: Mapping[str, float], fewest: float) -> dict[str, float]:
    """Returns the shares of terms without those that so few have that they would tell who.

    All of these have the share of a term that one person has.
    """
    kept = {term: share for term, share in _shares(terms).items() if terms[term] >= fewest - _SLIP}
    return kept if len(kept) == len(terms) else {**kept, UNSEEN: 1 / sum(terms.values())}


def _sources(
    comparisons: Sequence[Comparison], seen: Weighted, pool: Pool
) -> dict[str, dict[str, Shares]]:
    """Returns the shares `m` of each source, drawn to those of all where it has few pairs."""
    if len(set(pool.sources)) < 2:
        return {}
    tables = {
        source: [[_PULL * level.m for level in one.levels] for one in comparisons]
        for source in sorted(set(pool.sources))
    }
    for (one, other), vector, share in zip(seen.pairs, seen.vectors, seen.shares, strict=True):
        for source in {pool.sources[one], pool.sources[other]}:
            for row, level in zip(tables[source], vector, strict=True):
                if level != NULL:
                    row[level] += share
    return {
        source: {
            one.field: tuple(share / sum(row) for share in row)
            for one, row in zip(comparisons, table, strict=True)
        }
        for source, table in tables.items()
    }
