"""The one way in which a reading statement gets its access classes."""

from collections.abc import Callable
from typing import cast

from careweave.db import Queries, Session
from careweave.record._dictionaries import Dictionaries, dictionaries, fresh
from careweave.terms import CareweaveError, Sight

_QUERIES = Queries("careweave.record")

Rows = list[tuple[object, ...]]


def seen(session: Session, sight: Sight, ask: Callable[[bytes], Rows]) -> Rows:
    """Returns the rows that `ask` finds with the access classes of the sight.

    `ask` runs one statement that tests `get_bit(bits, cls) <> 0` on every alias and gives the
    version of the dictionaries as its last column. When others have added a class since this
    process looked, it looks again and asks again: a new class is never read as a denied one.
    """
    known = dictionaries(session)
    try:
        rows = ask(known.bits(sight))
    except CareweaveError:
        # A class beyond the padded bits makes the statement fail; the next one knows it.
        session.forget(Dictionaries)
        raise
    if _version(session, rows) <= known.version:
        return rows
    return ask(fresh(session).bits(sight))


def _version(session: Session, rows: Rows) -> int:
    if rows:
        return cast(int, rows[0][-1])
    row = session.row(_QUERIES["dictionary_version"])
    return cast(int, row[0]) if row else 0
