"""Accounts of all that concerns signing in, in the transaction of what they tell."""

from dataclasses import dataclass
from datetime import datetime

from careweave import ledger
from careweave.db import Session
from careweave.ledger import Account, Outcome
from careweave.terms import Purpose


@dataclass(frozen=True, slots=True)
class Told:
    """Who does something to an account or a session, by which door, when.

    `address` is where the request comes from: it parts one's tries from another's, and is not kept.
    """

    at: datetime
    request_id: str = ""
    actor: str = "operator"
    door: str = "cli"
    user: str = ""
    address: str = ""


def tell(
    session: Session,
    told: Told,
    action: str,
    what: str,
    organisation: str,
    *,
    refused: str = "",
) -> None:
    """Adds the account of one act; `refused` says in a word why it came to nothing."""
    account = Account(
        id=ledger.new_id(told.at),
        at=told.at,
        actor=told.actor,
        organisation=organisation,
        source=None,
        action=action,
        door=told.door,
        request_id=told.request_id,
        purpose=Purpose.OPERATIONS,
        subjects=(),
        what=what,
        n_items=0 if refused else 1,
        outcome=Outcome.REFUSED if refused else Outcome.PERMIT,
        reason=refused,
        user_name=told.user or None,
    )
    ledger.append(session, [account])
