"""The accounts of one answer: durable before the answer leaves."""

import hashlib
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from uuid import UUID

from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._budgets import spend
from careweave.disclosure._clauses import clauses
from careweave.disclosure._leaving import Leaving
from careweave.disclosure._told import Telling, clauses_told, telling
from careweave.disclosure._worlds import world
from careweave.ledger import Account, Outcome, Part, Spread, new_id, new_ids
from careweave.record import Row
from careweave.terms import Branch, OverBudget, PersonId, Role, SubjectId

_BREAK_GLASS, _REASON = "break-glass", "reason"
_SECOND = {_BREAK_GLASS: "BTG", _REASON: "reason"}
_FEW = 2


@dataclass(frozen=True, slots=True)
class Whose:
    """As whose a subject was read: the person, and the decisions that made it so."""

    person: PersonId | None
    links: tuple[int, ...]


ByPerson = Mapping[SubjectId, tuple[Whose, ...]]
BY_ITSELF: ByPerson = MappingProxyType({})


def account_of(
    asking: Asking, action: str, what: str, subjects: tuple[SubjectId, ...], n_items: int
) -> Account:
    """Returns the account of what one person's part of an answer holds."""
    actor = asking.actor
    is_system = actor.role is Role.SYSTEM
    return Account(
        id=new_id(asking.at),
        at=asking.at,
        actor=actor.name,
        organisation=actor.organisation,
        source=actor.source,
        action=action,
        door=asking.door,
        request_id=asking.request_id,
        purpose=asking.purpose,
        subjects=subjects,
        what=what,
        n_items=n_items,
        outcome=Outcome.PERMIT if n_items else Outcome.ABSENT,
        answer_ms=_answer_ms(asking),
        deed=str(asking.action),
        role=None if is_system else str(actor.role),
        setting=actor.setting or None,
        team=actor.team or None,
        user_name=actor.user or None,
    )


def _answer_ms(asking: Asking) -> int | None:
    return None if asking.began_s is None else int((time.perf_counter() - asking.began_s) * 1000)


def account_for(
    way: Way,
    asking: Asking,
    action: str,
    what: str,
    left: Leaving | None,
    whose: ByPerson = BY_ITSELF,
) -> None:
    """Makes the accounts of what leaves durable: for each subject, or one of nothing found.

    `left` None: no entries were asked for. `whose` tells which of the subjects were read as those
    of a person: what was shown because of a link can then be listed, should it turn out to be
    wrong. What the person is not told of has an account of its own, and so has what an episode let
    be seen. Raises OverBudget, accounted for, instead of showing more than one user may open.
    """
    shared = account_of(asking, action, what, (), 0 if left is None else len(left.rows))
    if left is None or not left.rows:
        way.account((_of_nothing(shared, left),))
        return
    shared = replace(
        shared,
        config_version=left.sight.version,
        shown_hash=digest(left.rows),
        bytes=sum(len(row.body or b"") for row in left.rows),
    )
    told = _spent(way, asking, left, shared)
    groups = _groups(left, whose, told, asking)
    way.account(tuple(_accounts(shared, left, groups, asking)))


def _of_nothing(shared: Account, left: Leaving | None) -> Account:
    """Returns the account of an answer without entries: refused where no clause gives any."""
    if left is None:
        return shared
    of = replace(shared, config_version=left.sight.version)
    if left.sight.branches:
        return of
    return replace(of, outcome=Outcome.REFUSED, reason="no-agreement")


def _spent(way: Way, asking: Asking, left: Leaving, shared: Account) -> Telling | None:
    """Takes what leaves from its budgets, and returns when people are told of it.

    None for a technical system: it has no budget, and its looks are told as they happen.
    """
    if asking.actor.role is Role.SYSTEM:
        return None
    try:
        with way.reading() as session:
            known = clauses(session, asking.at)
            spend(session, asking, left, known)
            return telling(world(session, asking.at).rules, known)
    except OverBudget:
        refused = replace(shared, n_items=0, outcome=Outcome.REFUSED, reason="budget", bytes=None)
        way.account((replace(refused, shown_hash=None),))
        raise


def digest(rows: Iterable[Row]) -> str:
    """Returns a digest of what is shown of some rows, whatever their order."""
    made = hashlib.sha256()
    for row in sorted(rows, key=lambda one: (one.type, one.id, one.version)):
        made.update(f"{row.type}/{row.id}/{row.version}\x1f".encode())
        made.update(row.body or b"")
    return made.hexdigest()


@dataclass(frozen=True, slots=True)
class _Key:
    """What one account is about: a subject, read as whose, told when, by which episode."""

    subject: SubjectId
    of: Whose
    told: str | None
    second: str | None
    episode: str


_Groups = Mapping[_Key, Collection[Row]]


def _groups(left: Leaving, whose: ByPerson, told: Telling | None, asking: Asking) -> _Groups:
    groups: dict[_Key, list[Row]] = {}
    for row in left.rows:
        branch = left.branch(row)
        when = None if told is None else told.of(asking.purpose, branch, row)
        for of in whose.get(row.subject) or (_itself(row, branch),):
            key = _Key(row.subject, of, when, _second(branch), branch.episode)
            groups.setdefault(key, []).append(row)
    return groups


def _itself(row: Row, branch: Branch) -> Whose:
    """Returns as whose a row was read that was asked for by no person.

    Where a condition about the person let it out, it was seen because of its link.
    """
    is_by_link = row.link is not None and (branch.ties is not None or branch.persons is not None)
    return Whose(row.person, (row.link,) if is_by_link and row.link is not None else ())


def _second(branch: Branch) -> str | None:
    if not branch.episode:
        return None
    return next((_SECOND[duty] for duty in (_BREAK_GLASS, _REASON) if duty in branch.duties), None)


def _accounts(
    shared: Account, left: Leaving, groups: _Groups, asking: Asking
) -> Iterator[Account | Spread]:
    """Yields the accounts of the groups; those that differ in little share a statement."""
    plain = [key for key in groups if not key.episode]
    if len(plain) >= _FEW:
        parts = tuple(_part(key, left, groups[key], asking) for key in plain)
        yield Spread(shared, new_ids(shared.at, len(parts)), parts)
        plain = []
    for key in groups:
        if key.episode or key in plain:
            yield _account(shared, key, _part(key, left, groups[key], asking))


def _part(key: _Key, left: Leaving, rows: Collection[Row], asking: Asking) -> Part:
    return Part(
        subject=key.subject,
        n_items=len(rows),
        clauses=clauses_told(left, rows, asking.at),
        person=key.of.person,
        links=key.of.links,
        visible_to_person=key.told,
    )


def _account(shared: Account, key: _Key, part: Part) -> Account:
    return replace(
        shared,
        id=new_id(shared.at),
        subjects=(part.subject,),
        n_items=part.n_items,
        clauses=part.clauses,
        person=part.person,
        links=part.links,
        visible_to_person=part.visible_to_person,
        second_purpose=key.second,
        episode=UUID(key.episode) if key.episode else None,
    )


def account_empty(
    way: Way,
    asking: Asking,
    action: str,
    what: str,
    left: Leaving,
    about: Sequence[tuple[SubjectId, PersonId | None]],
) -> None:
    """Makes the account of an answer durable that names people and shows nothing of them."""
    shared = account_of(asking, action, what, tuple(one for one, _ in about), 0)
    person = next((of for _, of in about if of is not None), None)
    way.account((replace(shared, config_version=left.sight.version, person=person),))
