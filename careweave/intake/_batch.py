"""Batches: entries that do not depend on each other; what is alike is done together.

Source: reference/store.md 6.5.
"""

from collections.abc import Sequence

from careweave.db import Database
from careweave.formats import Bundle
from careweave.intake._accounts import account_for
from careweave.intake._alone import write_alone
from careweave.intake._apply import apply
from careweave.intake._entries import Item, named, read_item
from careweave.intake._making import Maker, check_request
from careweave.intake._requests import Outcome, Reads, Writing
from careweave.intake._work import Work
from careweave.terms import Busy, CareweaveError, Incorrect, Unavailable

_TOGETHER = 200


def batch(
    database: Database, bundle: Bundle, writing: Writing, maker: Maker, reads: Reads
) -> tuple[Outcome, ...]:
    """Returns what became of each entry, in the order of the entries; refusals are outcomes."""
    if bundle.type != "batch":
        raise Incorrect("The bundle is no batch.", where="Bundle.type", code="value")
    outcomes: dict[int, Outcome] = {}
    works: dict[int, Work] = {}
    others: list[Item] = []
    for place, entry in enumerate(bundle.entries):
        try:
            item = read_item(place, entry)
            if item.request is None or item.request.condition is not None:
                others.append(item)
            else:
                check_request(item.request)
                works[place] = maker.work(item.request, writing)
        except CareweaveError as error:
            outcomes[place] = _refused(error, entry.where)
    waiting = list(works.values())
    for first in range(0, len(waiting), _TOGETHER):
        _write(database, waiting[first : first + _TOGETHER], maker)
    for place, work in works.items():
        outcomes[place] = _outcome(work, bundle.entries[place].where)
    for item in others:
        outcomes[item.place] = _one(database, item, writing, maker, reads)
    return tuple(outcomes[place] for place in range(len(bundle.entries)))


def _refused(error: CareweaveError, where: str) -> Outcome:
    return Outcome(error.status, error=named(error, where))


def _outcome(work: Work, where: str) -> Outcome:
    if work.error is not None:
        return _refused(work.error, where)
    return Outcome(work.done.status, written=work.done)


def _write(database: Database, works: Sequence[Work], maker: Maker) -> None:
    """Writes the works in one transaction; when that fails, each in its own.

    Not when the database was lost or busy: then nobody knows what was kept.
    """
    if not works:
        return
    try:
        with database.session() as session:
            apply(session, works, maker.drafter)
            account_for(session, works)
    except CareweaveError as error:
        is_final = len(works) == 1 or isinstance(error, Unavailable | Busy)
        for work in works:
            work.reset()
            if is_final:
                work.error = error
            else:
                _write(database, [work], maker)


def _one(database: Database, item: Item, writing: Writing, maker: Maker, reads: Reads) -> Outcome:
    try:
        with database.session() as session:
            if item.request is None:
                return reads(session, item.entry)
            check_request(item.request)
            written = write_alone(session, item.request, writing, maker)
            return Outcome(written.status, written=written)
    except CareweaveError as error:
        return _refused(error, item.entry.where)
