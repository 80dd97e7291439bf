"""What is about to leave: the rows as their branches show them, before they are accounted for."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from careweave import record
from careweave.db import Session
from careweave.disclosure._asking import Asking
from careweave.disclosure._redact import ADDRESS, View, redacted, without_former
from careweave.record import Fact, Row
from careweave.terms import Action, Actor, Branch, Role, Sight, SubjectId

_OF_PERSONS = frozenset({Role.CI, Role.PX})
_NOTHING = Branch(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Leaving:
    """Rows as they may be shown, found under a sight.

    `hidden` are subjects whose whereabouts this reader is not told.
    """

    sight: Sight
    rows: tuple[Row, ...]
    hidden: frozenset[SubjectId] = field(default_factory=frozenset)

    def branch(self, row: Row) -> Branch:
        """Returns the branch that lets a row out."""
        branches = self.sight.branches
        return branches[row.via] if 0 <= row.via < len(branches) else _NOTHING

    def masks(self, row: Row) -> frozenset[str]:
        """Returns what is taken out of a row."""
        masks = self.branch(row).masks
        return masks | {ADDRESS} if row.subject in self.hidden else masks

    @property
    def is_cut(self) -> bool:
        """Says whether something is taken out of any of the rows."""
        return any(self.masks(row) or self.branch(row).fields is not None for row in self.rows)

    def of(self, rows: Iterable[Row]) -> "Leaving":
        """Returns the same for some of the rows, or others of the same sight."""
        return replace(self, rows=tuple(rows))


def leaving(session: Session, asking: Asking, sight: Sight, rows: Iterable[Row]) -> Leaving:
    """Returns the rows as the caller may see them: masked, and nothing of staff about themselves.

    A technical system gets what it sent itself, as it sent it.
    Source: `reference/agreements.md` 1.5 (S11, S12), 5 (7).
    """
    found = tuple(rows)
    if asking.actor.role is Role.SYSTEM or not found:
        return Leaving(sight, found)
    subjects = {row.subject for row in found if not is_own_record(asking.actor, row)}
    return masked(asking, sight, found, hidden(session, asking, sight, subjects))


def masked(
    asking: Asking, sight: Sight, rows: Iterable[Row], whereabouts: frozenset[SubjectId]
) -> Leaving:
    """Returns the same where it is known of which subjects the whereabouts are not told."""
    found = tuple(rows)
    if asking.actor.role is Role.SYSTEM:
        return Leaving(sight, found)
    mine = tuple(row for row in found if not is_own_record(asking.actor, row))
    made = Leaving(sight, mine, whereabouts)
    return made.of(_masked(made, asking.at.date()))


def _masked(made: Leaving, today: date) -> Iterator[Row]:
    for row in made.rows:
        branch = made.branch(row)
        plain = row if branch.current_days is None else without_former(row, today)
        yield redacted(plain, View(branch.fields, made.masks(row)))


def is_own_record(actor: Actor, row: Row) -> bool:
    """Says whether somebody at work looks at their own record. Source: `agreements.md` 1.5, S11."""
    if actor.person is None or actor.role in _OF_PERSONS:
        return False
    return row.person == actor.person


def hidden(
    session: Session,
    asking: Asking,
    sight: Sight,
    subjects: Collection[SubjectId],
    *,
    restricted: frozenset[SubjectId] = frozenset(),
) -> frozenset[SubjectId]:
    """Returns the subjects whose whereabouts are protected, and not told to this reader.

    `restricted` are subjects whose Patient says so itself. A tie opens them, to search for somebody
    never does; a citizen is told the own address.
    Source: `reference/agreements.md` 1.5, S12, and 6.5.
    """
    if asking.actor.role in (Role.SYSTEM, Role.CI) or not subjects:
        return frozenset()
    stated = record.with_fact(session, Fact.PROTECTED_ADDRESS, subjects, at=asking.at)
    return untold(session, asking, sight, restricted | stated)


def untold(
    session: Session, asking: Asking, sight: Sight, protected: frozenset[SubjectId]
) -> frozenset[SubjectId]:
    """Returns those of the protected subjects whose whereabouts this reader is not told."""
    if asking.actor.role in (Role.SYSTEM, Role.CI):
        return frozenset()
    if not protected or asking.action is Action.FIND:
        return protected
    return protected - record.tied(session, sight, protected)
