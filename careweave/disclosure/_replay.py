"""A page as it was shown: made again from the record of that moment and the sight of that moment.

To oneself only what one may still be shown; to an officer with a case, all of it. What has been
labelled since is hidden from both. Source: `reference/stories.md` N6; `reference/security.md` 5.1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from careweave import identity, ledger, record
from careweave.db import Session
from careweave.disclosure._accounts import account_for, digest
from careweave.disclosure._asked_then import is_page, wanted_of
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._episode_accounts import acted
from careweave.disclosure._leaving import Leaving, leaving
from careweave.disclosure._looked import is_case
from careweave.disclosure._page import MOST_LINES, Gathering, Held, counted_rows
from careweave.disclosure._shown import ShownPerson
from careweave.disclosure._sight import view, view_then
from careweave.disclosure._whose import Person, whose
from careweave.disclosure._worlds import world_of
from careweave.ledger import Account, Outcome
from careweave.record import Line, Row
from careweave.terms import Action, NotFound, Purpose, Role, SubjectId

_ACTION, _WHAT = "as-shown", "Person/as-shown"


@dataclass(frozen=True, slots=True)
class ShownAgain:
    """A page made again: to whom it was shown, as what, when and why.

    `is_exact` says that it digests to what the account keeps. Otherwise something of it may no
    longer be shown: labelled or unlinked since, or no longer this reader's to see.
    """

    account: UUID
    at: datetime
    user: str
    organisation: str
    role: Role
    setting: str
    purpose: str
    shown: ShownPerson
    is_exact: bool


@dataclass(frozen=True, slots=True)
class _Again:
    """A page as it was, what of it leaves now, and whether that is all of it."""

    shown: ShownPerson
    left: Leaving
    person: Person
    is_exact: bool


def as_shown(way: Way, asking: Asking, account: UUID, *, case: str = "") -> ShownAgain:
    """Returns the page that an account tells of, as it was shown then.

    For the user whom it was shown, and for the officer of the same organisation with the number of
    a case. Raises NotFound, the same for an account of somebody else's as for none.
    """
    with way.reading_pages() as session:
        accounts = ledger.answer_of(session, account)
        told = next((one for one in accounts if one.id == account), None)
        again = None
        if told is not None and (_is_officer(asking, told, case) or _is_own(asking, told)):
            again = _made(session, asking, told, accounts)
    if told is None or again is None:
        refused = acted(asking, _ACTION, None)
        way.account((replace(refused, outcome=Outcome.ABSENT, reason=case.strip()),))
        raise NotFound
    _account(way, asking, again, case)
    return _told(told, again)


def _is_officer(asking: Asking, told: Account, case: str) -> bool:
    is_asked = asking.purpose is Purpose.OPERATIONS and is_case(case)
    return is_asked and _is_page(asking, told)


def _is_own(asking: Asking, told: Account) -> bool:
    is_user = bool(asking.actor.user) and told.user_name == asking.actor.user
    return is_user and asking.purpose is not Purpose.OPERATIONS and _is_page(asking, told)


def _is_page(asking: Asking, told: Account) -> bool:
    """Says whether an account of the asker's organisation is of a page that was shown."""
    return told.organisation == asking.actor.organisation and is_page_shown(told)


def is_page_shown(told: Account) -> bool:
    """Says whether an account is of a page of a person that can be made again."""
    is_shown = told.shown_hash is not None and told.person is not None and told.role is not None
    return is_shown and told.deed == Action.OPEN and is_page(told.what)


def _made(
    session: Session, asking: Asking, told: Account, accounts: Sequence[Account]
) -> _Again | None:
    is_own = _is_own(asking, told)
    person = _person(session, told, accounts, is_own=is_own)
    if person is None:
        return None
    then = _asking_then(asking, told, is_own=is_own)
    seen = view_then(
        session,
        world_of(session, told.config_version),
        then.actor,
        then.purpose,
        Action.OPEN,
        then.at,
    )
    wanted = wanted_of(told.what)
    wanted = replace(wanted, as_of=wanted.as_of or told.at)
    shown, held = Gathering(session, then, seen, person, wanted).shown()
    is_exact = digest(counted_rows(held)) == told.shown_hash
    again = _Again(shown, held.left, person, is_exact)
    return _still_mine(session, asking, again, held) if is_own else again


def _person(
    session: Session, told: Account, accounts: Sequence[Account], *, is_own: bool
) -> Person | None:
    """Returns the person by the records that were shown as theirs; to oneself, that still are."""
    shown = {subject for one in accounts if one.person == told.person for subject in one.subjects}
    members = record.persons_of(session, shown)
    kept = tuple(
        one
        for one in members.values()
        if not is_own or (one.person == told.person and not one.is_frozen)
    )
    if not kept or told.person is None:
        return None
    together = identity.together(session, {told.person})
    return Person(told.person, kept, standings=together.get(told.person, ()))


def _asking_then(asking: Asking, told: Account, *, is_own: bool) -> Asking:
    """Returns the question as it was asked: by whom, as what, when."""
    actor = replace(
        asking.actor,
        name=told.actor,
        organisation=told.organisation,
        role=Role(told.role or Role.SYSTEM),
        setting=told.setting or "",
        team=told.team or "",
        user=told.user_name or "",
        purpose=Purpose(told.purpose),
        person=asking.actor.person if is_own else None,
    )
    return replace(
        asking, actor=actor, purpose=actor.purpose, action=Action.OPEN, at=told.at, types=None
    )


def _still_mine(session: Session, asking: Asking, again: _Again, held: Held) -> _Again:
    """Returns of a page what the reader may be shown now, and no more of it than now."""
    now = replace(asking, action=Action.OPEN)
    seen = view(session, now.actor, now.purpose, Action.OPEN, at=now.at)
    lines = record.outline(session, again.person.subjects, sight=seen.sight, most=MOST_LINES)
    visible = {(line.type, line.id) for line in lines}
    refs = [(row.type, row.id) for row in held.left.rows if (row.type, row.id) in visible]
    rows = record.located(session, refs, sight=seen.sight)
    left = leaving(session, now, seen.sight, rows)
    open_now = {(row.type, row.id): row for row in left.rows}
    kept = tuple(
        row
        for row in held.left.rows
        if (mine := open_now.get((row.type, row.id))) is not None
        and _is_no_more(held.left, row, left, mine)
    )
    told = {(row.type, row.id) for row in kept}
    without = {(row.type, row.id) for row in held.left.rows} - told
    kept_lines = tuple(line for line in held.lines if (line.type, line.id) in visible - without)
    is_whole = len(kept) == len(held.left.rows) and len(kept_lines) == len(held.lines)
    plain = _plain(again.shown)
    shown = plain if is_whole else _less(plain, kept, kept_lines)
    return _Again(shown, held.left.of(kept), again.person, again.is_exact and is_whole)


def _plain(shown: ShownPerson) -> ShownPerson:
    """Returns the page without what was only said to be there: it may be said to nobody by now."""
    words = {
        heading: word if word in ("HELD", "NOT_SHARED") else "NONE_RECEIVED"
        for heading, word in shown.coverage.items()
    }
    return replace(shown, withheld=frozenset(), indicators=(), coverage=words)


def _is_no_more(then: Leaving, old: Row, now: Leaving, new: Row) -> bool:
    """Says whether an entry was shown then with no more than it would be shown with now."""
    fields, was = now.branch(new).fields, then.branch(old).fields
    is_within = fields is None or (was is not None and was <= fields)
    return is_within and now.masks(new) <= then.masks(old)


def _less(shown: ShownPerson, kept: Iterable[Row], lines: tuple[Line, ...]) -> ShownPerson:
    """Returns the page with these entries and lines alone, and nothing that others of it told."""
    left = {(row.type, row.id) for row in kept}
    rows = {
        heading: tuple(row for row in its if (row.type, row.id) in left)
        for heading, its in shown.rows.items()
    }
    met, held = {line.source for line in lines}, {line.heading for line in lines}
    words = {
        heading: "NONE_RECEIVED" if word == "HELD" and heading not in held else word
        for heading, word in shown.coverage.items()
    }
    return replace(
        shown,
        rows={heading: its for heading, its in rows.items() if its},
        lines=lines,
        coverage=words,
        portrait=shown.portrait if _has_patients(shown, left) else None,
        beside={},
        authors={},
        organisations={one: of for one, of in shown.organisations.items() if one in met},
        marks=frozenset(),
        last_looked_at=None,
    )


def _has_patients(shown: ShownPerson, left: set[tuple[str, str]]) -> bool:
    """Says whether every Patient that a portrait is made of is still there."""
    patients = [row for its in shown.rows.values() for row in its if row.type == "Patient"]
    return all((row.type, row.id) in left for row in patients)


def _account(way: Way, asking: Asking, again: _Again, case: str) -> None:
    """Makes the account of a page shown again durable: to its user it is a look like any other."""
    rows = again.left.rows
    if not is_case(case):
        opening = replace(asking, action=Action.OPEN)
        account_for(way, opening, _ACTION, _WHAT, again.left, whose((again.person,), rows))
        return
    read = replace(acted(asking, _ACTION, again.person.id), reason=case.strip(), n_items=len(rows))
    outcome = Outcome.PERMIT if rows else Outcome.ABSENT
    subjects: tuple[SubjectId, ...] = again.person.subjects
    way.account((replace(read, outcome=outcome, subjects=subjects, shown_hash=digest(rows)),))


def _told(told: Account, again: _Again) -> ShownAgain:
    return ShownAgain(
        account=told.id,
        at=told.at,
        user=told.user_name or "",
        organisation=told.organisation,
        role=Role(told.role or Role.SYSTEM),
        setting=told.setting or "",
        purpose=told.purpose,
        shown=again.shown,
        is_exact=again.is_exact,
    )
