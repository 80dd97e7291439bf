"""The one way in which a reading statement gets its access classes."""

from collections.abc import Callable

from careweave.db import Queries, Row, Session
from careweave.record._dictionaries import Dictionaries, dictionaries, fresh
from careweave.terms import CareweaveError, Incorrect, Sight

_QUERIES = Queries("careweave.record")


def seen(session: Session, sight: Sight, ask: Callable[[bytes], list[Row]]) -> list[Row]:
    """Returns the rows that `ask` finds with the access classes of the sight.

    `ask` runs one statement that tests `get_bit(bits, cls) <> 0` on every alias and gives the
    version of the dictionaries as its last column. When others have added a class since this
    process looked, it looks again and asks again: a new class is never read as a denied one.
    """
    known = dictionaries(session)
    try:
        rows = ask(known.bits(sight))
    except Incorrect:
        # A class beyond the padded bits makes a statement fail.
        if not _has_grown(session, known):
            raise
        rows = []
    version = rows[0][-1] if rows else _version(session)
    return rows if version <= known.version else ask(fresh(session).bits(sight))


def _version(session: Session) -> int:
    row = session.row(_QUERIES["dictionary_version"])
    return row[0] if row else 0


def _has_grown(session: Session, known: Dictionaries) -> bool:
    try:
        return _version(session) > known.version
    except CareweaveError:
        # The failed statement has ended the transaction; the next one starts afresh.
        session.forget(Dictionaries)
        return False
