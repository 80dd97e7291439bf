"""Who looked at a person: told to the person, to a proxy, or to an officer with a case.

Reading accounts is a disclosure like any other and is accounted for first. Source:
`reference/security.md` 5.5 and 5.6.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from careweave import identity, ledger, record
from careweave.db import Session
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._episode_accounts import acted
from careweave.disclosure._looks import Look, Reader, looks
from careweave.disclosure._worlds import world
from careweave.ledger import Account, Outcome, Period
from careweave.terms import Forbidden, PersonId, Purpose, Role, SubjectId

_MOST = 20_000
_CASE = 3


@dataclass(frozen=True, slots=True)
class _Whom:
    """A person as accounts know it: by the ids that it has or had, and by its records."""

    persons: frozenset[PersonId]
    subjects: frozenset[SubjectId]
    now: PersonId


def looked(
    way: Way, asking: Asking, person: PersonId, period: Period, *, case: str = ""
) -> tuple[Look, ...]:
    """Returns who looked at a person in a period, as the person may be told, the newest first.

    A citizen asks about the own record and a proxy about those that were granted to it; whoever
    serves at a desk needs the number of a `case`, and is told what the person is told. What has to
    stay hidden leaves no trace. Raises Forbidden, accounted for, for everybody else.
    """
    with way.reading_pages() as session:
        whom = _whom(session, person)
        may = _may_ask(session, asking, whom, case)
        accounts = _accounts(session, whom, period) if may else ()
        now = world(session, asking.at)
        told = looks(accounts, _reader(asking), now, session.zone)
    _account(way, asking, whom.now, "audit-looked", case, len(told) if may else None)
    if not may:
        raise Forbidden("Who looked is told to the person, and to officers with a case.")
    return told


def audited(
    way: Way, asking: Asking, person: PersonId, period: Period, *, case: str
) -> tuple[Account, ...]:
    """Returns all that an organisation did with a person in a period, for its privacy officer.

    Nothing is hidden from the officer but what other organisations did. Needs the purpose of
    running the service and the number of a case. Raises Forbidden, accounted for, without.
    """
    may = asking.purpose is Purpose.OPERATIONS and is_case(case)
    with way.reading_pages() as session:
        whom = _whom(session, person)
        accounts = _accounts(session, whom, period) if may else ()
    own = tuple(one for one in accounts if one.organisation == asking.actor.organisation)
    _account(way, asking, whom.now, "audit-read", case, len(own) if may else None)
    if not may:
        raise Forbidden("An officer reads accounts for a case; give its number.")
    return own


def _may_ask(session: Session, asking: Asking, whom: _Whom, case: str) -> bool:
    actor = asking.actor
    if actor.role is Role.CI:
        own = frozenset[PersonId]() if actor.person is None else frozenset({actor.person})
        return asking.purpose is Purpose.OWN_REQUEST and _is_among(session, whom, own)
    if actor.role is Role.PX:
        granted = record.granted(session, actor.user, asking.at)
        return asking.purpose is Purpose.FAMILY_REQUEST and _is_among(session, whom, granted)
    is_desk = actor.role is Role.SYSTEM and asking.purpose is Purpose.OPERATIONS
    return is_desk and is_case(case)


def _is_among(session: Session, whom: _Whom, persons: frozenset[PersonId]) -> bool:
    """Says whether one of these ids, given up or not, answers as the person."""
    if not whom.persons.isdisjoint(persons):
        return True
    together = identity.together(session, persons)
    return any(ones[0].person == whom.now for ones in together.values())


def is_case(case: str) -> bool:
    """Says whether something was given as the number of a case."""
    return len(case.strip()) >= _CASE


def _reader(asking: Asking) -> Reader:
    actor = asking.actor
    return Reader(asking.at, actor.user if actor.role is Role.PX else None)


def _whom(session: Session, person: PersonId) -> _Whom:
    """Returns the person by all that accounts may name; a sealed record is not among it."""
    found = identity.together(session, (person,)).get(person, ())
    now = found[0].person if found else person
    subjects = frozenset(one.subject for one in found if one.is_found)
    return _Whom(frozenset({person, now}), subjects, now)


def _accounts(session: Session, whom: _Whom, period: Period) -> Collection[Account]:
    return ledger.about(session, whom.persons, whom.subjects, period, most=_MOST)


def _account(
    way: Way, asking: Asking, person: PersonId, action: str, case: str, n: int | None
) -> None:
    """Makes the account of the reading durable; `n` None is a refusal."""
    read = replace(acted(asking, action, person), reason=case.strip(), n_items=n or 0)
    way.account((replace(read, outcome=_outcome(n)),))


def _outcome(n: int | None) -> Outcome:
    if n is None:
        return Outcome.REFUSED
    return Outcome.PERMIT if n else Outcome.ABSENT
