"""Rows that are sent while it is still being decided whose they are.

What is kept of a record that nobody knew does not depend on whose it is, but for one mark. In a
load the database puts it into its indexes, which is most of its work, while this process decides.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from careweave.db import Session
from careweave.identity._coming import Ready
from careweave.identity._storing import Stored, defer_identities, defer_stored


class Early:
    """Sends the rows of records by another thread; nobody else uses the session until `end`."""

    __slots__ = ("_flushing", "_sent", "_session", "_thread")

    def __init__(self, session: Session, told: Sequence[Ready]) -> None:
        """Begins with those that nobody knew."""
        fresh = [one for one in told if one.held is None and not one.is_sealed]
        self._session = session
        self._sent = {one.incoming.subject for one in fresh}
        defer_stored(session, [Stored(one, one.whole, has_new_keys=True) for one in fresh])
        self._thread = ThreadPoolExecutor(1)
        self._flushing = self._thread.submit(session.flush)

    def end(self) -> None:
        """Waits until all is sent; raises what went wrong with it."""
        self._thread.shutdown()
        self._flushing.result()

    def left(self, stored: Sequence[Stored]) -> list[Stored]:
        """Returns what is still to be sent, and sends the mark of those that have it."""
        self.end()
        sent = [one for one in stored if one.ready.incoming.subject in self._sent]
        defer_identities(self._session, [one for one in sent if one.is_incomplete])
        return [one for one in stored if one.ready.incoming.subject not in self._sent]
