"""What levels of agreement say of a pair, learnt without labels.

Pairs are of up to three kinds: of one person, of relatives (people who share what families and
neighbours share), of strangers. Within a kind the fields are taken as independent.
Source: Fellegi and Sunter 1969; Dempster, Laird and Rubin 1977. That pairs which nothing brings
together are not of one person, and so tell how strangers agree, is what lets one run learn all
fields at once: no field is set aside because candidates were found by it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

from careweave.identity._spec import NULL

Levels = tuple[int, ...]
Table = list[list[float]]
"""By comparison, a number for each level."""

_PRIOR = 0.3
"""Pairs imagined at every level, so that what was not seen is rare and not impossible."""

_LEAST = 1e-12
_PASSES = 80
_FEW = 5
_STILL = 1e-5
_FIRST_SHARE = 0.25
_FIRST_EXACT = 0.8
_FIRST_KIN = 0.5
SAME, STRANGERS, KIN = range(3)


@dataclass(frozen=True, slots=True)
class Counts:
    """What was compared: how often each vector of levels came out.

    `candidates` are all pairs worth a comparison; `others` is a sample of the rest, which stands
    for `n_others` pairs. By comparison, `n_levels` is how many levels it has, and `is_own` whether
    it is of the person alone: there relatives agree only as strangers do.
    """

    candidates: Mapping[Levels, int]
    others: Mapping[Levels, int]
    n_others: int
    n_levels: Sequence[int]
    is_own: Sequence[bool]

    @property
    def n_pairs(self) -> int:
        """How many pairs there are in all."""
        return self.n_others + sum(self.candidates.values())


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt: by kind of pair, its share of all pairs, and those of the levels in it."""

    shares: tuple[float, ...]
    levels: tuple[Table, ...]

    def logs(self) -> list[Table]:
        """Returns the natural logarithms of the levels' shares, by kind."""
        return [[[log(max(p, _LEAST)) for p in row] for row in table] for table in self.levels]


def learn(counts: Counts) -> Learnt:
    """Returns what the kinds of pairs look like.

    Relatives are sought in a second run that begins with the candidates which the first took for
    strangers. Where that finds fewer of them than there are levels to learn, there are none.
    """
    background = _background(counts)
    found = _settle(counts, background, _first(counts, background), _PASSES)
    with_kin = _settle(counts, background, _and_kin(counts, found), _PASSES)
    return with_kin if with_kin.shares[KIN] * counts.n_pairs >= sum(counts.n_levels) else found


def learn_on(counts: Counts, before: Learnt | None) -> Learnt:
    """Returns what pairs of one person and of strangers look like by now, roughly.

    `before` is what was known when there were fewer pairs, None at the beginning.
    """
    background = _background(counts)
    passes = _PASSES if before is None else _FEW
    return _settle(counts, background, before or _first(counts, background), passes)


def _first(counts: Counts, background: Table) -> Learnt:
    """Returns where learning begins: one person mostly agrees, strangers do as they do."""
    same = [[_FIRST_EXACT, *[(1 - _FIRST_EXACT) / (n - 1)] * (n - 1)] for n in counts.n_levels]
    n_records = (2 * counts.n_pairs) ** 0.5
    share = min(_FIRST_SHARE * n_records / counts.n_pairs, _FIRST_SHARE)
    return Learnt((share, 1 - share), (same, _normal(background)))


def _background(counts: Counts) -> Table:
    """Returns how often each level comes out among pairs that nothing brings together."""
    scale = counts.n_others / max(sum(counts.others.values()), 1)
    table = _empty(counts.n_levels, _PRIOR)
    for levels, times in counts.others.items():
        _add(table, levels, times * scale)
    return table


def _and_kin(counts: Counts, found: Learnt) -> Learnt:
    """Returns a start with relatives: candidates that are not of one person, as they agree."""
    table, total = _empty(counts.n_levels, _PRIOR), 0.0
    for (levels, times), shares in zip(
        counts.candidates.items(), posteriors(counts.candidates, found), strict=True
    ):
        _add(table, levels, shares[STRANGERS] * times)
        total += shares[STRANGERS] * times
    kin = _FIRST_KIN * total / counts.n_pairs
    same, strangers = found.shares
    return Learnt((same, strangers - kin, kin), (*found.levels, _normal(table)))


def _settle(counts: Counts, background: Table, start: Learnt, passes: int) -> Learnt:
    """Returns what expectation and maximisation in turn come to."""
    found = start
    for _ in range(passes):
        before, found = found, _step(counts, background, found)
        if all(
            abs(now - was) <= _STILL * was
            for now, was in zip(found.shares, before.shares, strict=True)
        ):
            break
    return found


def _step(counts: Counts, background: Table, before: Learnt) -> Learnt:
    kinds = range(len(before.shares))
    tables = [_empty(counts.n_levels, _PRIOR) for _ in kinds]
    tables[STRANGERS] = [list(row) for row in background]
    totals = [0.0 for _ in kinds]
    totals[STRANGERS] = float(counts.n_others)
    for (levels, times), shares in zip(
        counts.candidates.items(), posteriors(counts.candidates, before), strict=True
    ):
        for kind in kinds:
            weight = shares[kind] * times
            totals[kind] += weight
            _add(tables[kind], levels, weight)
    n_pairs = counts.n_pairs
    found = [_normal(table) for table in tables]
    for kin in found[KIN:]:
        kin[:] = [
            strange if is_own else row
            for is_own, strange, row in zip(counts.is_own, found[STRANGERS], kin, strict=True)
        ]
    return Learnt(tuple(max(total, _LEAST) / n_pairs for total in totals), tuple(found))


def posteriors(vectors: Iterable[Levels], learnt: Learnt) -> list[list[float]]:
    """Returns for each vector of levels how likely a pair with it is of each kind."""
    logs = learnt.logs()
    begun = [log(max(share, _LEAST)) for share in learnt.shares]
    found: list[list[float]] = []
    for levels in vectors:
        sums = [
            start
            + sum([row[level] for row, level in zip(table, levels, strict=True) if level >= 0])
            for start, table in zip(begun, logs, strict=True)
        ]
        highest = max(sums)
        odds = [exp(one - highest) for one in sums]
        total = sum(odds)
        found.append([one / total for one in odds])
    return found


def _add(table: Table, levels: Levels, weight: float) -> None:
    for row, level in zip(table, levels, strict=True):
        if level != NULL:
            row[level] += weight


def _empty(n_levels: Sequence[int], value: float) -> Table:
    return [[value] * n for n in n_levels]


def _normal(table: Table) -> Table:
    """Returns a table whose rows add up to 1."""
    return [[value / sum(row) for value in row] for row in table]
