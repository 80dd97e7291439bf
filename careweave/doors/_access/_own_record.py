"""Who somebody with an account is as a person of the record: their own look is told by it."""

from careweave.db import Queries, Session
from careweave.doors._access._people import account_named
from careweave.doors._access._telling import Told, tell
from careweave.terms import PersonId

_QUERIES = Queries("careweave.doors._access")


def know_person(session: Session, user: str, person: PersonId, told: Told) -> None:
    """Notes which person a living account is, accounted for; sessions know it at once."""
    account = account_named(session, user)
    if account.person != person:
        session.run(_QUERIES["know_person"], account=account.id, person=person)
        tell(session, told, "user-person", user, account.organisation)
