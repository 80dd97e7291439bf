"""A person's own Patient, read by the id of the person."""

from dataclasses import replace

from careweave.db import Session
from careweave.disclosure._asking import Asking
from careweave.disclosure._people import Gate, Shown, finding, shown
from careweave.disclosure._portrait import forward
from careweave.disclosure._sight import seen
from careweave.disclosure._whose import person_id


def person_of(session: Session, asking: Asking, id_: str) -> Shown | None:
    """Returns the person of an id as far as the caller may see, None where there is none.

    An id that was given up names the person that took its place, and tells nothing else.
    """
    asked = person_id(id_)
    if asked is None:
        return None
    people = seen(
        session,
        asking,
        lambda view: shown(session, asking, Gate(session, finding(session, view)), (asked,)),
    )
    found = people.get(asked)
    if found is None or found.person == asked:
        return found
    return replace(found, portrait=forward(found.portrait, asked))
