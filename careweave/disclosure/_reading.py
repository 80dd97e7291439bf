"""One entry, one version of it, or how it came to be; and a person's own Patient."""

from contextlib import AbstractContextManager
from dataclasses import replace

from careweave import record
from careweave.db import Session
from careweave.disclosure._accounts import account_for
from careweave.disclosure._asking import Asking, Disclosed, Page, Way
from careweave.disclosure._leaving import Leaving, leaving
from careweave.disclosure._person import person_of
from careweave.disclosure._sight import seen
from careweave.terms import Action, Gone, NotFound, Role, Sight


def read(
    way: Way, asking: Asking, type_name: str, id_: str, *, version: int | None = None
) -> Disclosed:
    """Returns the current version of one entry, or the version named.

    The id of a person is answered with the Patient made of its sources' at this moment. Raises
    NotFound when it is absent or not visible (the same bytes), Gone when it was deleted and the
    caller could have read it. Both are accounted for.
    """
    reading = replace(asking, action=Action.READ)
    with session_of(way, reading) as session:
        left = seen(
            session, reading, lambda view: _read(session, reading, view, type_name, id_, version)
        )
        person = None
        if not left.rows and type_name == "Patient" and version is None:
            person = person_of(session, reading, id_)
    action = "read" if version is None else "vread"
    if person is not None:
        account_for(way, reading, action, type_name, person.left, person.whose)
        return Disclosed((person.portrait,))
    account_for(way, reading, action, type_name, left)
    if not left.rows:
        raise NotFound
    if left.rows[0].gone:
        raise Gone
    return Disclosed(left.rows)


def session_of(way: Way, asking: Asking) -> AbstractContextManager[Session]:
    """Gives a session to read in: one snapshot where one statement alone can't tell what is shown.

    Source: `reference/attacks.md` 76.
    """
    return way.reading() if asking.actor.role is Role.SYSTEM else way.reading_pages()


def _read(
    session: Session,
    asking: Asking,
    view: Sight,
    type_name: str,
    id_: str,
    version: int | None,
) -> Leaving:
    row = record.read(session, type_name, id_, sight=view, version=version)
    return leaving(session, asking, view, () if row is None else (row,))


def history(
    way: Way,
    asking: Asking,
    type_name: str,
    id_: str | None,
    *,
    page: Page,
) -> Disclosed:
    """Returns the versions of one entry, or of all entries of a type, newest first."""
    reading = replace(asking, action=Action.LIST if id_ is None else Action.READ)

    def ask(view: Sight) -> tuple[Leaving, str | None]:
        found = record.history(
            session,
            type_name,
            id_,
            sight=view,
            since=page.since,
            at=page.at,
            count=page.count,
            cursor=page.cursor,
        )
        return leaving(session, reading, view, found.rows), found.next

    with session_of(way, reading) as session:
        left, next_ = seen(session, reading, ask)
    account_for(way, reading, "history", type_name, left)
    if id_ is not None and not left.rows and page.is_whole:
        raise NotFound
    return Disclosed(left.rows, next=next_)
