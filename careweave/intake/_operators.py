"""Who works on messages beside the doors, and the account of each such act.

Source: reference/interop.md 11: all actions are audited; opening a body is a disclosure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from careweave import ledger
from careweave.ledger import Account, Outcome
from careweave.terms import Incorrect, Purpose, SubjectId

_MOST_REASON = 500


@dataclass(frozen=True, slots=True)
class Operator:
    """A person at a door for operators, at a moment.

    `name` is how the door knows the person; `organisation` whose operator it is.
    """

    name: str
    organisation: str
    door: str
    request_id: str
    at: datetime


def stated(why: str | None) -> str:
    """Returns the reason that a person gives, on one line; Incorrect when there is none."""
    text = " ".join((why or "").split())
    if not text:
        raise Incorrect("Say why: the reason is kept with your name.", where="reason")
    if len(text) > _MOST_REASON:
        raise Incorrect(f"A reason has at most {_MOST_REASON} letters.", where="reason")
    return text


def account_of_act(
    operator: Operator,
    action: str,
    what: str,
    *,
    n_items: int,
    why: str = "",
    subjects: Sequence[SubjectId] = (),
) -> Account:
    """Returns the account of what an operator does with messages."""
    return Account(
        id=ledger.new_id(operator.at),
        at=operator.at,
        actor=operator.name,
        organisation=operator.organisation,
        source=None,
        action=action,
        door=operator.door,
        request_id=operator.request_id,
        purpose=str(Purpose.OPERATIONS),
        subjects=tuple(subjects),
        what=what,
        n_items=n_items,
        outcome=Outcome.PERMIT if n_items else Outcome.ABSENT,
        reason=why,
        clauses="operator",
    )
