"""A person's own Patient, read by the id of the person."""

from uuid import UUID

from careweave.db import Session
from careweave.disclosure._asking import Asking
from careweave.disclosure._people import Gate, Shown, found_by, shown
from careweave.terms import PersonId


def person_of(session: Session, asking: Asking, id_: str) -> Shown | None:
    """Returns the person of an id as far as the caller may see, None where there is none.

    An id that was given up answers as the person that took its place.
    """
    try:
        asked = PersonId(UUID(id_))
    except ValueError:
        return None
    if str(asked) != id_:
        return None
    people = found_by(
        session,
        asking,
        lambda view: shown(session, Gate(session, view), (asked,), at=asking.at),
    )
    return people.get(asked)
