"""Many records at once: decided in their order exactly as one by one, only sooner.

What needs nothing but the record itself, reading and keying it, is done ahead by other processes;
whom it meets and what that comes to follows one order in this one, a transaction for each batch.
So a load that was killed is begun again from the start: what is there already says nothing new.
Source: reference/identity.md section 10.
"""

import gc
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from careweave.db import Database, Session
from careweave.identity._ahead import ahead
from careweave.identity._incoming import Incoming, Means
from careweave.identity._outcome import Outcome
from careweave.identity._resolve import resolve_coming

_BATCH = 2_000
_GARBAGE = 50_000
_EARLY = 20

Settle = Callable[[Session, Sequence[Outcome]], None]
"""Writes in the transaction of a batch what else follows from its outcomes."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of the records of a load, counted; `n_asked` of them are also put to a human."""

    n_new: int
    n_linked: int
    n_unchanged: int
    n_others: int
    n_asked: int


def nothing_else(_session: Session, _outcomes: Sequence[Outcome]) -> None:
    """Leaves it at what identity keeps."""


def load(
    database: Database,
    records: Iterable[Incoming],
    *,
    means: Means,
    processes: int = 2,
    settle: Settle = nothing_else,
    batch: int = _BATCH,
) -> Loaded:
    """Resolves all records in their order and returns how many were linked, new and so on.

    `means` are those of the whole load; of the `processes` all but this one read ahead. Each batch
    is durable when the next begins; others who resolve wait for it, for about a second.
    Unavailable when one of the processes was killed.
    """
    verdicts = Counter[str]()
    n_asked = 0
    reading = ahead(records, means, processes=processes, batch=batch)
    with _few_collections(), reading as batches:
        for coming in batches:
            with database.session(bulk=True) as session:
                outcomes = resolve_coming(session, coming, means=means, early_from=_EARLY)
                settle(session, outcomes)
            verdicts.update(one.verdict for one in outcomes)
            n_asked += sum(bool(one.review) for one in outcomes)
    return _loaded(verdicts, n_asked)


@contextmanager
def _few_collections() -> Generator[None]:
    """Looks rarely for cycles: a batch makes many thousand values, and none that need it."""
    before, was_frozen = gc.get_threshold(), gc.get_freeze_count() > 0
    gc.freeze()
    gc.set_threshold(_GARBAGE, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if not was_frozen:
            gc.unfreeze()


def _loaded(verdicts: Counter[str], n_asked: int) -> Loaded:
    new, linked, unchanged = (verdicts.pop(name, 0) for name in ("new", "linked", "unchanged"))
    return Loaded(new, linked, unchanged, verdicts.total(), n_asked)
