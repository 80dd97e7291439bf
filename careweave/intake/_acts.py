"""What an operator decides on messages that wait: again, without it, or never. Each accounted.

Source: reference/interop.md 11.
"""

from collections.abc import Sequence

from careweave import ledger
from careweave.db import Queries, Row, Session
from careweave.intake._arrival import MessageState
from careweave.intake._contribution import said_by
from careweave.intake._messages import Wanted
from careweave.intake._operators import Operator, account_of_act, stated
from careweave.terms import Conflict, Incorrect, NotFound

_QUERIES = Queries("careweave.intake")
_MOST = 10_000


def parked_numbers(session: Session, wanted: Wanted) -> list[int]:
    """Returns the numbers of messages that wait for somebody, of a source, for a reason, or both."""
    rows = session.rows(
        _QUERIES["act_numbers"], source=wanted.source, reason=wanted.reason, most=_MOST
    )
    return [int(row[0]) for row in rows]


def retry_messages(
    session: Session, numbers: Sequence[int], *, operator: Operator, why: str
) -> int:
    """Lets messages wait for their turn again, with the commit, and returns how many.

    Each goes back to its place in the lines of its patient. NotFound when none of them waits.
    """
    reason = stated(why)
    found = _held(session, numbers)
    rows = session.rows(_QUERIES["act_retry"], **_places(found))
    session.defer(_QUERIES["arrivals_wake"])
    return _account(session, rows, operator, "retry-message", reason)


def release_messages(
    session: Session, numbers: Sequence[int], *, operator: Operator, why: str
) -> int:
    """Lets the lines go on without these messages, and returns how many; they stay in quarantine."""
    return _settle(session, numbers, MessageState.QUARANTINED, operator, why)


def refuse_messages(
    session: Session, numbers: Sequence[int], *, operator: Operator, why: str
) -> int:
    """Decides that messages never go in, and returns how many; their bytes are kept.

    Conflict where one has been in: what it said is taken back by reading it again, and by nothing
    else.
    """
    spoken, _ = said_by(session, numbers)
    if spoken:
        message = (
            "What one of these messages said before its last replay is in the record; release it, "
            "or replay it with a mapping that leaves that out."
        )
        raise Conflict(message, where="numbers")
    return _settle(session, numbers, MessageState.REFUSED, operator, why)


def clear_files(session: Session, numbers: Sequence[int], *, operator: Operator, why: str) -> int:
    """Marks whole files that were set aside as taken, and returns how many: their door takes them."""
    reason = stated(why)
    found = _held(session, numbers)
    rows = session.rows(_QUERIES["act_clear"], **_places(found), now=operator.at)
    return _account(session, rows, operator, "clear-file", reason)


def _settle(
    session: Session, numbers: Sequence[int], state: MessageState, operator: Operator, why: str
) -> int:
    reason = stated(why)
    found = _held(session, numbers)
    rows = session.rows(_QUERIES["act_settle"], **_places(found), state=str(state), now=operator.at)
    session.defer(_QUERIES["arrivals_wake"])
    action = "refuse-message" if state is MessageState.REFUSED else "release-message"
    return _account(session, rows, operator, action, reason)


def _held(session: Session, numbers: Sequence[int]) -> list[Row]:
    """Returns the messages that can be decided on, with their lanes in no other hands."""
    if not 0 < len(numbers) <= _MOST:
        raise Incorrect(f"Decide on 1 to {_MOST} messages at a time.", where="numbers")
    ids = list(numbers)
    lanes = [row[0] for row in session.rows(_QUERIES["act_lanes"], ids=ids)]
    session.rows(_QUERIES["lanes_wait"], lanes=lanes)
    # Read after the locks: a worker may have settled them while they were waited for.
    found = session.rows(_QUERIES["act_messages"], ids=ids)
    if not found:
        raise NotFound("None of these messages waits; careweave quarantine list shows what does.")
    return found


def _places(found: Sequence[Row]) -> dict[str, list[object]]:
    return {"ids": [row[0] for row in found], "received_at": [row[1] for row in found]}


def _account(
    session: Session, rows: Sequence[Row], operator: Operator, action: str, why: str
) -> int:
    accounts = [
        account_of_act(operator, action, f"Message/{row[0]}", n_items=1, why=why) for row in rows
    ]
    ledger.append(session, accounts)
    return len(rows)
