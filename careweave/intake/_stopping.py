"""Stopping the work on a source, and going on: a state of the database, so no restart undoes it.

Source: reference/interop.md 11.
"""

from careweave import ledger, sources
from careweave.db import Session
from careweave.intake._operators import Operator, account_of_act, stated
from careweave.sources import Source


def stop_source(session: Session, source: Source, *, operator: Operator, why: str) -> None:
    """Stops the work on a source with the commit: what it sends is kept, and waits."""
    reason = stated(why)
    sources.stop_source(session, source.name, source.feed, why=reason, now=operator.at)
    _account(session, source, operator, "stop-source", reason)


def start_source(session: Session, source: Source, *, operator: Operator, why: str) -> None:
    """Lets the work on a source go on with the commit."""
    reason = stated(why)
    sources.start_source(session, source.name, now=operator.at)
    _account(session, source, operator, "start-source", reason)


def _account(session: Session, source: Source, operator: Operator, action: str, why: str) -> None:
    what = f"Source/{source.name}"
    ledger.append(session, [account_of_act(operator, action, what, n_items=1, why=why)])
