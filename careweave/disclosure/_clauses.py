"""The clauses in force by the names that accounts give them."""

from collections.abc import Mapping
from datetime import datetime

from careweave.agreements import Clause, World
from careweave.db import Session
from careweave.disclosure._worlds import world

Clauses = Mapping[str, Clause]


class _Book:
    """The clauses of one world, by name."""

    def __init__(self, of: World) -> None:
        self.world = of
        self.clauses: Clauses = {
            f"{agreement.name}/{clause.id}": clause
            for agreement in of.agreements
            for clause in agreement.clauses
        }


def clauses(session: Session, at: datetime) -> Clauses:
    """Returns every clause of the configuration in force, by "agreement@version/clause"."""
    now = world(session, at)
    book = session.memo(_Book, lambda _: _Book(now))
    if book.world is not now:
        session.forget(_Book)
        book = session.memo(_Book, lambda _: _Book(now))
    return book.clauses
