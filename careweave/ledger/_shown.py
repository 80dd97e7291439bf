"""What was shown because of some links: the way back out of the ledger that a recall needs."""

from collections.abc import Collection

from careweave.db import Queries, Row, Session
from careweave.ledger._account import NAMES, Account, Outcome
from careweave.terms import PersonId

_QUERIES = Queries("careweave.ledger")


def shown(
    session: Session, persons: Collection[PersonId], links: Collection[int]
) -> tuple[Account, ...]:
    """Returns the accounts of what was shown of these persons by one of these links, oldest first.

    A link is named by its decision, not by a time: a reader that saw it while its end was not yet
    committed is found too. Only `disclosure` asks. Source: `reference/identity.md` section 11.
    """
    if not persons or not links:
        return ()
    rows = session.rows(_QUERIES["shown"], persons=sorted(persons, key=str), links=sorted(links))
    return tuple(map(_account, rows))


def _account(row: Row) -> Account:
    values = dict(zip(NAMES, row, strict=True))
    values |= {"subjects": tuple(values["subjects"]), "links": tuple(values["links"] or ())}
    return Account(**values | {"outcome": Outcome(values["outcome"])})
