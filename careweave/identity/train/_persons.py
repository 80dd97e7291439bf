"""The persons of a pool: its records brought together, or decided on one after the other."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache

from careweave.identity._conflicts import Judging, Veto, group_conflicts
from careweave.identity._limits import limits
from careweave.identity._member import Member
from careweave.identity._score import score
from careweave.identity.train._clusters import agglomerate
from careweave.identity.train._pool import Pool
from careweave.identity.train._train import Compared
from careweave.terms import SubjectId

UNASKED = frozenset({Veto.TWINS, Veto.GENERATION, Veto.SIZE})
"""Vetoes that tables for measuring can't be asked for: their forenames were replaced at random and
they say nothing of systems. Source: reference/identity.md section 17."""

_SEEN_AT = datetime(2000, 1, 1, tzinfo=UTC)


def members(pool: Pool) -> tuple[Member, ...]:
    """Returns the records of a pool as the decision sees them: each an identity of its own."""
    return tuple(
        Member(
            subject=SubjectId(place),
            authority=str(place),
            source=source,
            norm=norm,
            seen_at=_SEEN_AT,
        )
        for place, (norm, source) in enumerate(zip(pool.norms, pool.sources, strict=True))
    )


def persons(pool: Pool, compared: Compared, *, at: float) -> tuple[int, ...]:
    """Returns for each record of a pool the person that it is of, as the place of a record.

    Groups agree from the weight `at` on. Where sources have nobody twice, no two records of one
    source are one person.
    """
    return persons_at(pool, compared, (at,))[at]


def persons_at(
    pool: Pool, compared: Compared, weights_at: Iterable[float]
) -> dict[float, tuple[int, ...]]:
    """Returns the persons of a pool for each of several weights, comparing no pair twice."""
    known = members(pool)
    judging = Judging(limits=limits(), leaves_out=UNASKED)

    def forbids(ours: Sequence[int], theirs: Sequence[int]) -> bool:
        if pool.are_deduplicated and not _of(pool, ours).isdisjoint(_of(pool, theirs)):
            return True
        return bool(group_conflicts([known[n] for n in ours], [known[n] for n in theirs], judging))

    @cache
    def weigh(one: int, other: int) -> float:
        return score(pool.norms[one], pool.norms[other], compared.model).weight

    weights = dict(zip(compared.pairs, compared.weights, strict=True))
    return {
        at: agglomerate(weights, len(pool.norms), weigh, at=at, forbids=forbids)
        for at in weights_at
    }


def _of(pool: Pool, records: Sequence[int]) -> frozenset[str]:
    return frozenset(pool.sources[one] for one in records)
