"""The mark of a database that `careweave demo` made, and how far its clock is from the true one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from careweave.db import Queries, Session

_QUERIES = Queries("careweave.doors._access")


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What a demonstration says of itself: its clock is `ahead` of the true one, mostly behind."""

    ahead: timedelta
    made_at: datetime


def demonstration(session: Session) -> Demonstration | None:
    """Returns the mark of this database; None for one that no demonstration made."""
    row = session.row(_QUERIES["demonstration"])
    return None if row is None else Demonstration(row[0], row[1])


def mark_demonstration(session: Session, mark: Demonstration) -> Demonstration:
    """Marks a database as a demonstration's; one that is marked keeps its mark, which is returned."""
    session.run(_QUERIES["mark_demonstration"], ahead=mark.ahead, made_at=mark.made_at)
    return demonstration(session) or mark
