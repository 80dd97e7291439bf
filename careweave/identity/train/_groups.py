"""Who is found less often, or linked wrongly more often, than others.

Source: reference/identity.md section 13, fairness measures.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from careweave.identity._norm import Norm
from careweave.identity.train._evaluate import together
from careweave.identity.train._pool import Pair, Pool

OTHERS = "others"
_FEWEST = 100
"""Groups of fewer true pairs are told together."""

_SHOWN = 10
"""Counts below this are not shown: they could tell of somebody."""

_Z = 1.959964
"""Of a 95 % interval. Source: E. B. Wilson 1927."""

_BANDS = ((1, "0"), (5, "1-4"), (18, "5-17"), (30, "18-29"), (65, "30-64"), (85, "65-84"))
_OLDEST = "85+"
_COMMON = 0.001
_NOT_SAID = "not said"

Groups = Sequence[Mapping[str, str]]
"""For each record of a pool, the kinds of group and which group of each it is in."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `n`, with the ends of its 95 % interval."""

    n_hit: int
    n: int

    @property
    def value(self) -> float:
        """The share; 0 of nothing."""
        return self.n_hit / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of its Wilson interval; 0 and 1 of nothing."""
        if not self.n:
            return 0.0, 1.0
        share, over = self.value, _Z * _Z / self.n
        middle, half = share + over / 2, _Z * sqrt((share * (1 - share) + over / 4) / self.n)
        return max(0.0, (middle - half) / (1 + over)), min(1.0, (middle + half) / (1 + over))

    @property
    def is_shown(self) -> bool:
        """Whether it's told: not where it is of few, or where few are hit but not none."""
        return self.n >= _SHOWN and (self.n_hit == 0 or self.n_hit >= _SHOWN)


@dataclass(frozen=True, slots=True)
class Fairness:
    """How a group fares: true pairs that were not even compared, missed ones, wrong links.

    `ratio` is its share of missed pairs over that of the best group of its kind; 1 where that has
    none missed and neither has it, infinite where only that has none.
    """

    kind: str
    group: str
    unseen: Share
    missed: Share
    false: Share
    ratio: float = 1.0


def groups_of(pool: Pool, *, year: int, given: Groups | None = None) -> Groups:
    """Returns the groups of each record that its demographics tell, and those that are `given`.

    Ages are those in `year`. That a family name is rare or common here, has several parts or is
    written in letters of another script, stands in for where a family is from.
    """
    told = given or [{} for _ in pool.norms]
    held = Counter(name for norm in pool.norms for name in {one.family for one in norm.names[:1]})
    n = len(pool.norms)
    return [
        {
            "age": _age(norm, year),
            "sex": norm.sex or _NOT_SAID,
            "family name": _name(norm, held, n),
            "birth date": _birth_date(norm),
            "address": _address(norm),
            **more,
        }
        for norm, more in zip(pool.norms, told, strict=True)
    ]


def _age(norm: Norm, year: int) -> str:
    if norm.birth is None:
        return _NOT_SAID
    years = year - norm.birth[0]
    return next((band for below, band in _BANDS if years < below), _OLDEST)


def _birth_date(norm: Norm) -> str:
    if norm.birth is None:
        return _NOT_SAID
    return "1 January" if "jan1" in norm.flags else "other"


def _name(norm: Norm, held: Mapping[str, int], n_records: int) -> str:
    if not norm.names or not norm.names[0].family:
        return _NOT_SAID
    name = norm.names[0]
    if "single_name" in norm.flags:
        return "single name"
    if not name.family.isascii():
        return "another script"
    if len(name.families) > 1:
        return "several parts"
    return "common" if held[name.family] > _COMMON * n_records else "rare"


def _address(norm: Norm) -> str:
    if "no_fixed_abode" in norm.flags:
        return "no fixed abode"
    if not norm.homes:
        return _NOT_SAID
    return "communal" if norm.homes[0].is_communal else "own"


def fairness(
    pool: Pool,
    truth: Collection[Pair],
    compared: Collection[Pair],
    persons: Sequence[int],
    groups: Groups,
) -> tuple[Fairness, ...]:
    """Returns how each group fares when the records are brought together to these persons.

    A pair counts for the groups of both its records. Groups of few are told together.
    """
    near = frozenset(compared)
    true = frozenset(truth)
    counts: dict[str, Counter[tuple[str, str]]] = {
        what: Counter() for what in ("true", "unseen", "missed", "linked", "false")
    }
    for pair in true:
        is_linked = persons[pair[0]] == persons[pair[1]]
        for group in _both(groups, pair):
            counts["true"][group] += 1
            counts["unseen"][group] += pair not in near
            counts["missed"][group] += not is_linked
    for pair in together(pool, persons):
        for group in _both(groups, pair):
            counts["linked"][group] += 1
            counts["false"][group] += pair not in true
    return tuple(_told({what: _merged(one, counts["true"]) for what, one in counts.items()}))


def _both(groups: Groups, pair: Pair) -> set[tuple[str, str]]:
    return {*groups[pair[0]].items(), *groups[pair[1]].items()}


def _merged(
    counts: Counter[tuple[str, str]], true: Counter[tuple[str, str]]
) -> Counter[tuple[str, str]]:
    """Returns counts with those of small groups put together."""
    found: Counter[tuple[str, str]] = Counter()
    for (kind, group), times in counts.items():
        found[kind, group if true[kind, group] >= _FEWEST else OTHERS] += times
    return found


def _told(counts: Mapping[str, Counter[tuple[str, str]]]) -> Iterator[Fairness]:
    def share(of: str, within: str, key: tuple[str, str]) -> Share:
        return Share(counts[of][key], counts[within][key])

    keys = sorted({*counts["true"], *counts["linked"]})
    for kind in sorted({kind for kind, _ in keys}):
        inside = [key for key in keys if key[0] == kind]
        large = [key for key in inside if counts["true"][key] >= _FEWEST]
        best = min((share("missed", "true", key).value for key in large), default=0.0)
        for key in inside:
            missed = share("missed", "true", key)
            unseen, false = share("unseen", "true", key), share("false", "linked", key)
            yield Fairness(*key, unseen, missed, false, _ratio(missed.value, best))


def _ratio(share: float, best: float) -> float:
    if best:
        return share / best
    return float("inf") if share else 1.0
