"""A refusal of a whole operation, written down."""

from dataclasses import replace

from careweave.disclosure._accounts import account_of
from careweave.disclosure._asking import Asking, Way
from careweave.ledger import Outcome


def refuse(way: Way, asking: Asking, action: str, what: str, reason: str) -> None:
    """Makes the account of a refusal durable. The caller raises Forbidden afterwards."""
    account = account_of(asking, action, what, (), 0)
    way.account((replace(account, outcome=Outcome.REFUSED, reason=reason, clauses=""),))
