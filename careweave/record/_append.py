"""Writing entries: new ones, new versions, tombstones; a constant number of statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from careweave.db import Queries, Session
from careweave.record._changes import Appended, Change, Held
from careweave.record._choices import defer_choices
from careweave.record._dictionaries import AccessClass, fresh
from careweave.record._growth import classes_of
from careweave.record._policy_classes import Triple
from careweave.record._rids import rids
from careweave.record._rows import defer_rows
from careweave.record._subjects import Known
from careweave.record._ties import defer_ties
from careweave.record._written import Written, body_of, create_columns, entry_columns, named
from careweave.terms import Conflict, Fault

_QUERIES = Queries("careweave.record")
_MILLISECOND = timedelta(milliseconds=1)

Classes = Mapping[Triple, AccessClass]


def append(
    session: Session, changes: Sequence[Change], *, at: datetime, actor: str
) -> list[Appended]:
    """Writes entries with search rows, ties and outbox rows, and returns what became of each.

    The number of statements does not depend on the number of changes. `at` is when the platform
    knows; FHIR instants have milliseconds, so the rest is cut off. An entry may come only once.
    """
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    written = number(session, [change for change in changes if not change.is_same], at)
    created = [one for one in written if one.change.op == "C"]
    changed = [one for one in written if one.change.op != "C"]
    if written:
        classes = classes_of(session, [one.triple for one in written])
        if changed:
            _check_owners(session, changed)
            _withdraw(session, changed)
        defer_rows(session, written)
        defer_ties(session, written, at)
        defer_choices(session, written)
        if changed:
            _supersede(session, changed, classes, actor)
        if created:
            _create(session, created, classes, at)
    done = {id(one.change): one for one in written}
    return [_appended(change, done.get(id(change))) for change in changes]


def number(session: Session, changes: Sequence[Change], at: datetime) -> list[Written]:
    """Returns the changes with row numbers, versions and times."""
    n_new = sum(change.held is None for change in changes)
    new = iter(rids(session).take(session, at, n_new) if n_new else ())
    written = [
        Written(change, next(new), change.subject, 1, at)
        if change.held is None
        else _next(change, change.held, at)
        for change in changes
    ]
    if len({one.rid for one in written}) < len(written):
        raise Conflict("One entry is changed twice at the same moment; send the second again.")
    return written


def _next(change: Change, held: Held, at: datetime) -> Written:
    # Two versions never share an instant, or one of them would never have been current.
    updated = max(at, held.updated + _MILLISECOND)
    return Written(change, held.rid, held.subject, held.version + 1, updated)


def _create(session: Session, created: Sequence[Written], classes: Classes, at: datetime) -> None:
    for one in created:
        body_of(one.change)
    values = create_columns(created, classes, at)
    rows = session.rows_of(_QUERIES["create"], values)
    if rows[0][1] != len(named(created)):
        # A subject that this process remembers was erased meanwhile.
        session.forget(Known)
        raise Conflict("The person's record changed at the same moment; send it again.")


def _supersede(session: Session, changed: Sequence[Written], classes: Classes, actor: str) -> None:
    columns = entry_columns(changed, classes) | {
        "ver": [one.version for one in changed],
        "op": [one.change.op for one in changed],
        "upd": [one.updated for one in changed],
        "actor": actor,
    }
    rows = session.rows_of(_QUERIES["supersede"], columns)
    if rows[0][0] != len(changed):
        raise Conflict("Somebody else changed this at the same moment; read it again.")


def _check_owners(session: Session, changed: Sequence[Written]) -> None:
    """Refuses to bring an entry to a source of another organisation, whoever asks."""
    moved = {
        (held.source, one.change.source)
        for one in changed
        if (held := one.change.held) is not None and held.source != one.change.source
    }
    if moved:
        known = fresh(session).sources
        if any(known[old].organisation != known[new].organisation for old, new in moved):
            raise Fault("An entry may not go over to the source of another organisation.")


def _withdraw(session: Session, changed: Sequence[Written]) -> None:
    """Sends the removal of the search rows that do not stay along with the next statement."""
    token: list[int] = []
    place: list[int] = []
    for number_, one in enumerate(changed, start=1):
        held = one.change.held
        if held is None:
            raise Fault("An update or a delete needs what is held, read with a lock.")
        stay = one.prepared.posted if one.prepared else ()
        old = sorted(set(held.tok) - set(stay))
        token += old
        place += [number_] * len(old)
    session.defer(
        _QUERIES["withdraw"],
        subject=[one.subject for one in changed],
        rid=[one.rid for one in changed],
        token=token,
        token_place=place,
    )


def _appended(change: Change, one: Written | None) -> Appended:
    if one is not None:
        return Appended(
            change.type,
            change.id,
            one.version,
            one.updated,
            one.subject,
            change.source,
            one.heading,
            changed=True,
        )
    held = cast(Held, change.held)
    return Appended(
        held.type,
        held.id,
        held.version,
        held.updated,
        held.subject,
        held.source,
        held.heading,
        changed=False,
    )
