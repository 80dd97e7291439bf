"""Reading an outbox without ever skipping a transaction that commits late."""

from dataclasses import dataclass

from careweave.db._link import Row
from careweave.db._queries import Queries, Query
from careweave.db._session import Session
from careweave.terms import Fault

_QUERIES = Queries("careweave.db")


@dataclass(frozen=True, slots=True)
class Feed:
    """One consumer of one outbox; effect and place are committed together.

    `query` is the owner's: rows with (tx, seq) above `%(tx)s, %(seq)s` and tx below
    `%(horizon)s::xid8`, in that order, at most `%(most)s`; its first two columns are tx and seq.
    Numbers are given before a commit, so "greater than the last seen" would lose rows of slower
    transactions: only those below the horizon are read, which none can come before any more.
    Source: `reference/store.md` 6.6.
    """

    consumer: str
    query: Query

    def take(self, session: Session, *, most: int = 1000) -> list[Row]:
        """Returns the next rows and moves on, when and if the session commits.

        Empty when there are none, or while another process is reading for this consumer.
        """
        name = self.consumer
        is_reader = session.row(_QUERIES["lock_consumer"], name=name)
        if is_reader is None or not is_reader[0]:
            return []
        place = session.row(_QUERIES["place_of_consumer"], name=name)
        if place is None:
            session.defer(_QUERIES["open_consumer"], name=name)
            place = session.row(_QUERIES["place_of_consumer"], name=name)
        if place is None:
            raise Fault("A consumer of a feed could not be made known.")
        tx, seq, horizon = place
        rows = session.rows(self.query, tx=tx, seq=seq, horizon=horizon, most=most)
        if rows:
            session.defer(_QUERIES["move_consumer"], name=name, tx=rows[-1][0], seq=rows[-1][1])
        return rows
