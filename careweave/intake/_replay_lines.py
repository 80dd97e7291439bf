"""Putting messages back into their lanes. No account is written here: whoever acts adds it.

Source: reference/interop.md 11.
"""

from collections.abc import Collection, Mapping

from careweave.db import Queries, Session
from careweave.intake._arrival import MessageState

_QUERIES = Queries("careweave.intake")


def requeue(session: Session, ids: Collection[int]) -> tuple[int, ...]:
    """Puts messages at their old places in their lanes, and returns which.

    What they said before is taken back when they are done. Left out are those without bytes: what
    was refused, what was pruned; and containers, which have no lanes.
    """
    _lock(session, ids)
    rows = session.rows(_QUERIES["lines_again"], ids=sorted(ids))
    found = tuple(sorted({int(row[0]) for row in rows}))
    session.defer(_QUERIES["messages_again"], ids=found)
    session.defer(_QUERIES["messages_unpark"], ids=found)
    session.defer(_QUERIES["lanes_free"], ids=found)
    session.defer(_QUERIES["arrivals_wake"])
    return found


def settled(session: Session, ids: Collection[int]) -> Mapping[int, MessageState]:
    """Returns the states of those of these messages that no longer wait to be done."""
    rows = session.rows(_QUERIES["messages_settled"], ids=sorted(ids))
    return {int(number): MessageState(state) for number, state in rows}


def _lock(session: Session, ids: Collection[int]) -> None:
    rows = session.rows(_QUERIES["messages_lanes"], ids=sorted(ids))
    lanes = sorted({lane for row in rows for lane in row[0]})
    session.rows(_QUERIES["lanes_wait"], lanes=lanes)
