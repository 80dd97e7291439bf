"""What is noticed when somebody breaks the glass or looks for kin, before anybody complains."""

from collections.abc import Iterator, Sequence

from careweave import identity, record
from careweave.db import Session
from careweave.disclosure._alerts import Alert, Notice, alert
from careweave.disclosure._asking import Asking
from careweave.identity import Alike, Norm, Standing
from careweave.record import Fact

_MANY_IN_SHIFT = 3

_ALIKE = {Alike.SURNAME: Notice.SAME_SURNAME, Alike.ADDRESS: Notice.SAME_ADDRESS}


def noticed(
    session: Session, asking: Asking, together: Sequence[Standing], *, n_in_shift: int
) -> tuple[Notice, ...]:
    """Returns what an officer should know of an emergency that was just opened.

    `together` are the records of the person, `n_in_shift` the emergencies of the user before this
    one. Family and home are compared only where it is known who the user is in the record.
    Source: `reference/security.md` section 4, automatic alerts.
    """
    return tuple(_noticed(session, asking, together, n_in_shift))


def _noticed(
    session: Session, asking: Asking, together: Sequence[Standing], n_in_shift: int
) -> Iterator[Notice]:
    subjects = [one.subject for one in together]
    if record.with_fact(session, Fact.WATCHED, subjects, at=asking.at):
        yield Notice.WATCHED
    if asking.actor.person is not None:
        shared = identity.alike(session, asking.actor.person, together[0].person)
        yield from (_ALIKE[one] for one in sorted(shared))
    if n_in_shift >= _MANY_IN_SHIFT:
        yield Notice.MANY_IN_SHIFT


def note_search(session: Session, asking: Asking, sought: Norm) -> None:
    """Tells the officer, once a day, that a user looked for a family name of their own in vain.

    The same whether such a person is held or not: only the user's own record is looked at.
    Source: `reference/stories.md` U8; `reference/security.md` section 4, automatic alerts.
    """
    mine = asking.actor.person
    if mine is not None and identity.is_namesake(session, mine, sought):
        found = Alert(Notice.SAME_SURNAME, asking.actor, asking.at)
        alert(session, (found,), is_repeated=False)
