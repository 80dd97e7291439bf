"""Records made ready ahead of their turn by other processes, given back in their order.

Only what is to be read goes there and only what it says comes back, as plain values: sending whole
records to and fro would cost as much as it saves.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import date
from itertools import islice
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess

from careweave.identity._coming import Coming, come, trusted
from careweave.identity._demographics import Demographics
from careweave.identity._incoming import Incoming, Means, NumberTrust
from careweave.identity._keys import BlockKey, keys
from careweave.identity._normalise import normalise
from careweave.identity._pack import pack, unpack
from careweave.identity._raw import digest_of, write_raw
from careweave.identity._rules import Rules
from careweave.terms import Unavailable

_PIECE = 500
_BATCHES_AHEAD = 2

_Asked = tuple[Demographics, NumberTrust, date]
_Said = tuple[bytes, bytes, list[tuple[int, int, bool]]]


@contextmanager
def ahead(
    records: Iterable[Incoming], means: Means, *, processes: int, batch: int
) -> Generator[Iterator[list[Coming]]]:
    """Gives the records in batches of a size, each ready to be decided on.

    With one process everything is done when its turn comes. Those that help end when the context
    does, or soon after this one is killed.
    """
    if processes <= 1:
        yield ([come(one, means) for one in some] for some in _batches(records, batch))
        return
    pool = ProcessPoolExecutor(processes - 1, mp_context=get_context("spawn"), initializer=_begin)
    # Waits for what the others read, and unpacks it while this process waits for the database.
    unpacking = ThreadPoolExecutor(1)
    try:
        yield _in_order(pool, unpacking, _batches(records, batch), means.rules)
    except BrokenProcessPool as error:
        message = "A process of the load ended; begin it again, it goes on from here."
        raise Unavailable(message) from error
    finally:
        pool.shutdown(cancel_futures=True)
        unpacking.shutdown(cancel_futures=True)


def _batches(records: Iterable[Incoming], size: int) -> Iterator[list[Incoming]]:
    iterator = iter(records)
    while some := list(islice(iterator, size)):
        yield some


def _in_order(
    pool: ProcessPoolExecutor,
    unpacking: ThreadPoolExecutor,
    batches: Iterable[list[Incoming]],
    rules: Rules,
) -> Iterator[list[Coming]]:
    """Yields the batches in order while the next ones are being read."""
    waiting: deque[Future[list[Coming]]] = deque()
    for some in batches:
        waiting.append(unpacking.submit(_taken, some, _asked(pool, some, rules)))
        if len(waiting) > _BATCHES_AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _asked(
    pool: ProcessPoolExecutor, batch: Sequence[Incoming], rules: Rules
) -> list[Future[list[_Said]]]:
    asked = [(one.demographics, one.policy.numbers, one.at.date()) for one in batch]
    return [
        pool.submit(say, asked[start : start + _PIECE], rules)
        for start in range(0, len(asked), _PIECE)
    ]


def say(asked: Sequence[_Asked], rules: Rules) -> list[_Said]:
    """Returns what each record says: its bytes, itself normalised and packed, its keys."""
    said: list[_Said] = []
    for written, trust, today in asked:
        norm = trusted(normalise(written, rules, today=today), trust)
        found = [(one.key, one.kind, one.is_past) for one in keys(norm)]
        said.append((write_raw(written), pack(norm), found))
    return said


def _taken(batch: Sequence[Incoming], said: Iterable[Future[list[_Said]]]) -> list[Coming]:
    found = (one for piece in said for one in piece.result())
    return [_coming(one, *told) for one, told in zip(batch, found, strict=True)]


def _coming(one: Incoming, raw: bytes, norm: bytes, found: list[tuple[int, int, bool]]) -> Coming:
    own = tuple([BlockKey(*key) for key in found])
    return Coming(one, raw, digest_of(raw), unpack(norm), own)


def _begin() -> None:
    """Lets this process end with the one that it helps, even when that was killed."""
    threading.Thread(target=end_after, args=(parent_process(), os._exit), daemon=True).start()


def end_after(other: BaseProcess | None, end: Callable[[int], object]) -> None:
    """Waits until another process has ended, and ends then; nobody to wait for is no reason."""
    if other is not None:
        other.join()
        end(1)
