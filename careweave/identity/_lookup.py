"""Who shares keys with a record: the candidates, with what was too common to be used.

Source: reference/identity.md section 8. The count of a key is that of the moment, so that the same
records in the same order find the same candidates, one by one or in bulk.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log2
from operator import itemgetter

from careweave.db import Queries, Session
from careweave.identity._explaining import Blocking, Skipped
from careweave.identity._keys import BlockKey
from careweave.identity._limits import Limits
from careweave.terms import PersonId, SubjectId

_QUERIES = Queries("careweave.identity")
_FRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class HotKeys:
    """The keys that so many subjects share that they are not read, as read at a moment."""

    known: Mapping[int, Skipped]
    at: datetime


@dataclass(frozen=True, slots=True)
class Hits:
    """What the keys of one record met in the store.

    `shared` are the keys that each subject has in common; `counts` how many subjects have a key,
    as far as it met anybody who counts. `skipped` were not read.
    """

    shared: dict[SubjectId, set[int]] = field(default_factory=dict[SubjectId, set[int]])
    counts: dict[int, int] = field(default_factory=dict[int, int])
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidates:
    """The subjects that a record is compared with, and how they were found."""

    subjects: tuple[SubjectId, ...]
    blocking: Blocking


def look_up(
    session: Session, keys: Sequence[Sequence[BlockKey]], limits: Limits, *, at: datetime
) -> tuple[list[Hits], set[PersonId]]:
    """Returns what the keys of each record met, and the persons of all whom they met.

    One statement for all records; none when there are no keys.
    """
    hot = _hot_keys(session, at)
    hits = [
        Hits(skipped=tuple(hot[one.key] for one in of_one if one.key in hot)) for of_one in keys
    ]
    asked = [
        (place, one.key)
        for place, of_one in enumerate(keys)
        for one in of_one
        if one.key not in hot
    ]
    # In the order of the index, so that a batch touches each of its pages once.
    asked.sort(key=itemgetter(1))
    persons: set[PersonId] = set()
    if asked:
        rows = session.rows(
            _QUERIES["candidates"],
            places=[place for place, _ in asked],
            keys=[key for _, key in asked],
            cap=limits.hot_key,
        )
        for place, subject, person, shared, counts in rows:
            hits[place].counts.update(zip(shared, counts, strict=True))
            if subject is not None:
                hits[place].shared[subject] = set(shared)
                persons.add(person)
    return hits, persons


def choose(keys: Sequence[BlockKey], hits: Hits, population: float, limits: Limits) -> Candidates:
    """Returns whom a record is compared with.

    A key that too many share counts only together with another of them; of too many candidates
    those stay that share the rarest keys. `population` is that of the model: its logarithm is what
    a key of one person weighs.
    """
    counts, kinds = hits.counts, {one.key: one.kind for one in keys}
    hot = {key for key, n in counts.items() if n > limits.hot_key}
    skipped = (*hits.skipped, *_unpaired(hot, counts, kinds))
    found = {
        subject: shared
        for subject, shared in hits.shared.items()
        if len(shared) > 1 or not shared <= hot
    }
    kept = _rarest(found, counts, population, limits.candidates)
    used = {kinds[key] for subject in kept for key in found[subject]}
    blocking = Blocking(
        kinds=tuple(sorted(used)),
        n_candidates=len(kept),
        skipped=skipped,
        n_cut=len(found) - len(kept),
    )
    return Candidates(kept, blocking)


def _unpaired(
    hot: set[int], counts: Mapping[int, int], kinds: Mapping[int, int]
) -> Iterable[Skipped]:
    """Returns the one key that is shared by too many; two or more of them are used in pairs."""
    return [Skipped(kinds[key], counts[key]) for key in hot] if len(hot) == 1 else []


def _rarest(
    found: Mapping[SubjectId, set[int]],
    counts: Mapping[int, int],
    population: float,
    most: int,
) -> tuple[SubjectId, ...]:
    if len(found) <= most:
        return tuple(sorted(found))

    def rarity(subject: SubjectId) -> float:
        return sum(population - log2(counts[key]) for key in found[subject])

    return tuple(sorted(sorted(found), key=rarity, reverse=True)[:most])


def count_hot_keys(session: Session, *, at: datetime, limits: Limits) -> None:
    """Counts anew which keys are shared by so many that they are not read: an hourly job."""
    session.run(_QUERIES["hot_keys_clear"])
    session.run(_QUERIES["hot_keys_count"], at=at, most=limits.pair_key)
    session.forget(HotKeys)


def _hot_keys(session: Session, at: datetime) -> Mapping[int, Skipped]:
    """Returns the keys that are not read, as this process knows them for an hour at most."""

    def read(session: Session) -> HotKeys:
        rows = session.rows(_QUERIES["hot_keys"])
        return HotKeys({key: Skipped(kind, n) for key, n, kind in rows}, at)

    known = session.memo(HotKeys, read)
    if abs(at - known.at) > _FRESH:
        session.forget(HotKeys)
        known = session.memo(HotKeys, read)
    return known.known
