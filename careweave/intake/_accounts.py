"""The accounts of what was written."""

from collections.abc import Iterable, Sequence

from careweave import ledger
from careweave.db import Session
from careweave.intake._requests import Interaction, Writing
from careweave.intake._work import Work
from careweave.ledger import Account, Outcome
from careweave.terms import SubjectId

CLAUSE = "own-organisation"
"""The rule in force until agreements come: a client writes for its own organisation."""


def account_for(session: Session, works: Iterable[Work]) -> None:
    """Appends an account of each write that changed something, in the same transaction."""
    accounts = [
        account(work.writing, work.request.interaction, work.request.type, 1, (subject,))
        for work in works
        if work.written is not None
        and work.written.changed
        and (subject := work.written.subject) is not None
    ]
    ledger.append(session, accounts)


def account(
    writing: Writing,
    interaction: Interaction | str,
    what: str,
    n_items: int,
    subjects: Sequence[SubjectId],
) -> Account:
    """Returns the account of one change."""
    actor = writing.actor
    return Account(
        id=ledger.new_id(writing.at),
        at=writing.at,
        actor=actor.name,
        organisation=actor.organisation,
        source=actor.source,
        action=str(interaction),
        door=writing.door,
        request_id=writing.request_id,
        purpose=str(actor.purpose),
        subjects=tuple(subjects),
        what=what,
        n_items=n_items,
        outcome=Outcome.PERMIT,
        clauses=CLAUSE,
    )
