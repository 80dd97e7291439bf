"""One entry, one version of it, or how it came to be; and a person's own Patient."""

from careweave import record
from careweave.disclosure._accounts import account_for
from careweave.disclosure._asking import Asking, Disclosed, Page, Way
from careweave.disclosure._person import person_of
from careweave.disclosure._sight import seen
from careweave.record import Row
from careweave.terms import Gone, NotFound


def read(
    way: Way, asking: Asking, type_name: str, id_: str, *, version: int | None = None
) -> Disclosed:
    """Returns the current version of one entry, or the version named.

    The id of a person is answered with the Patient made of its sources' at this moment. Raises
    NotFound when it is absent or not visible (the same bytes), Gone when it was deleted and the
    caller could have read it. Both are accounted for.
    """
    with way.reading() as session:
        row = seen(
            session,
            asking,
            lambda sight: record.read(session, type_name, id_, sight=sight, version=version),
        )
        person = None
        if row is None and type_name == "Patient" and version is None:
            person = person_of(session, asking, id_)
    action = "read" if version is None else "vread"
    if person is not None:
        account_for(way, asking, action, type_name, person.rows, person.whose)
        return Disclosed((person.portrait,))
    account_for(way, asking, action, type_name, () if row is None else (row,))
    if row is None:
        raise NotFound
    if row.gone:
        raise Gone
    return Disclosed((row,))


def history(
    way: Way,
    asking: Asking,
    type_name: str,
    id_: str | None,
    *,
    page: Page,
) -> Disclosed:
    """Returns the versions of one entry, or of all entries of a type, newest first."""
    with way.reading() as session:
        found = seen(
            session,
            asking,
            lambda sight: record.history(
                session,
                type_name,
                id_,
                sight=sight,
                since=page.since,
                at=page.at,
                count=page.count,
                cursor=page.cursor,
            ),
        )
    rows: tuple[Row, ...] = tuple(found.rows)
    account_for(way, asking, "history", type_name, rows)
    if id_ is not None and not rows and page.is_whole:
        raise NotFound
    return Disclosed(rows, next=found.next)
