"""Budgets: how many people a user opens under a clause in an hour, and what a clause gives in a day.

Counted by all processes in one place. A budget may be passed by as many as ask in the same moment.
Source: `reference/agreements.md` 5 (6) and 6, step 7.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from careweave.agreements import Ceiling, Quantity
from careweave.db import Queries, Row, Session
from careweave.disclosure._alerts import Alert, Notice, alert
from careweave.disclosure._asking import Asking
from careweave.disclosure._clauses import Clauses
from careweave.disclosure._leaving import Leaving
from careweave.disclosure._standing import open_episodes
from careweave.terms import Action, OverBudget

_QUERIES = Queries("careweave.disclosure")

FIND = "find"
"""Under which word searches for people are counted."""

_HOUR = timedelta(hours=1)


@dataclass(slots=True)
class _Use:
    """What an answer takes from a clause: whose records it opens, and how many items."""

    quantity: Quantity
    people: set[UUID] = field(default_factory=set)
    n_items: int = 0


@dataclass(frozen=True, slots=True)
class _Tally:
    """What was spent of a clause before this answer, and what this answer adds."""

    clause: str
    n_people: int
    more_people: int
    n_items: int
    more_items: int

    def passes(self, people: int, items: int) -> bool:
        """Says whether this answer goes beyond so many people or items."""
        by_people = self.more_people and self.n_people + self.more_people > people
        return bool(by_people or self.n_items + self.more_items > items)

    def reaches(self, people: int, items: int) -> bool:
        """Says whether this answer is the one that goes beyond, and no answer before it."""
        return self.passes(people, items) and self.n_people <= people and self.n_items <= items


def spend(session: Session, asking: Asking, left: Leaving, clauses: Clauses) -> None:
    """Counts what leaves; raises OverBudget, counting nothing, where a clause gives no more.

    Who has an emergency open for everybody concerned is never refused; that is noticed instead.
    """
    uses = _uses(asking, left, clauses)
    if not uses:
        return
    tallies = _counted(session, asking, uses, is_forced=False)
    over = [one for one in tallies if one.passes(*_hard(uses[one.clause].quantity))]
    if over:
        if not _is_emergency(session, asking, uses.values()):
            raise OverBudget(_seconds_left(asking.at, session.zone, over[0], uses))
        _counted(session, asking, uses, is_forced=True)
    soft = [one for one in tallies if one.reaches(*_soft(uses[one.clause].quantity))]
    _notice(session, asking, sorted({one.clause for one in (*over, *soft)}))


def spend_search(session: Session, asking: Asking, ceiling: Ceiling) -> None:
    """Counts a search for a person; raises OverBudget where the user may make no more this hour.

    Source: `reference/agreements.md` 6.5, budget.
    """
    row = session.row(
        _QUERIES["spend_search"],
        since=_hour(asking.at),
        organisation=asking.actor.organisation,
        user=asking.actor.user,
        clause=FIND,
    )
    n = 0 if row is None else row[0]
    if n > ceiling.hard:
        raise OverBudget(_until(asking.at, _hour(asking.at) + _HOUR))
    if n == ceiling.soft + 1:
        _notice(session, asking, [FIND])


def _uses(asking: Asking, left: Leaving, clauses: Clauses) -> dict[str, _Use]:
    """Returns what is taken of each clause. Who stands on a list is not opened by it."""
    uses: dict[str, _Use] = {}
    for row in left.rows:
        name = left.branch(row).clause
        clause = clauses.get(name)
        if clause is not None:
            use = uses.setdefault(name, _Use(clause.quantity))
            if asking.action is not Action.LIST:
                use.people.add(row.person or UUID(int=row.subject))
            use.n_items += 1
    return uses


def _hard(quantity: Quantity) -> tuple[int, int]:
    return quantity.per_user_hour.hard, quantity.per_day.hard


def _soft(quantity: Quantity) -> tuple[int, int]:
    return quantity.per_user_hour.soft, quantity.per_day.soft


def _counted(
    session: Session, asking: Asking, uses: Mapping[str, _Use], *, is_forced: bool
) -> list[_Tally]:
    names = sorted(uses)
    opened = [(name, person) for name in names for person in sorted(uses[name].people)]
    rows = session.rows(
        _QUERIES["spend"],
        hour=_hour(asking.at),
        day=_day(asking.at, session.zone),
        organisation=asking.actor.organisation,
        user=asking.actor.user,
        opened=[name for name, _ in opened],
        people=[person for _, person in opened],
        clauses=names,
        items=[uses[name].n_items for name in names],
        most_people=[_hard(uses[name].quantity)[0] for name in names],
        most_items=[_hard(uses[name].quantity)[1] for name in names],
        forced=is_forced,
    )
    return list(_tallies(rows))


def _tallies(rows: Sequence[Row]) -> Iterator[_Tally]:
    for row in rows:
        yield _Tally(*row)


def _is_emergency(session: Session, asking: Asking, uses: Collection[_Use]) -> bool:
    episodes = open_episodes(session, asking.actor, asking.at)
    open_for = {one.person for one in episodes if one.is_emergency}
    return all(use.people <= open_for for use in uses)


def _notice(session: Session, asking: Asking, clauses: Sequence[str]) -> None:
    alerts = [Alert(Notice.BUDGET, asking.actor, asking.at, clause=name) for name in clauses]
    alert(session, alerts)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _day(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _seconds_left(at: datetime, zone: ZoneInfo, one: _Tally, uses: Mapping[str, _Use]) -> int:
    people, _ = _hard(uses[one.clause].quantity)
    is_by_people = one.more_people > 0 and one.n_people + one.more_people > people
    day = _day(at, zone)
    return _until(at, _hour(at) + _HOUR if is_by_people else day + timedelta(days=1))


def _until(at: datetime, then: datetime) -> int:
    return max(1, int((then - at).total_seconds()))
