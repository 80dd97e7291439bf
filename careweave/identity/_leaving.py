"""Local identities that go: deleted by their source, or erased by law.

What was decided of them stays, without demographics: who was shown what because of a link has to be
told long after. Source: reference/identity.md 3, retention.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from careweave.db import Queries, Session
from careweave.identity._held import Held, held
from careweave.identity._journal import Acted, Group, Ruling, StateChange, write
from careweave.identity._locks import lock_keys, lock_persons
from careweave.terms import SubjectId

_QUERIES = Queries("careweave.identity")

_RETIRED, _SEALED = "retired", "sealed"
_REASON = "Its source has deleted the record."
_ERASED = "The record was erased by law."


@dataclass(frozen=True, slots=True)
class Leaving:
    """One local identity that goes: who says so, in which message or request, and when."""

    subject: SubjectId
    actor: str
    cause: str
    at: datetime


def retire(
    session: Session, leaving: Sequence[Leaving], *, new_group: Callable[[], UUID]
) -> tuple[Acted, ...]:
    """Takes records that their source has deleted out of their persons and out of every comparison.

    What was sealed stays so. One that is gone already is left out.
    """
    return _leave(session, leaving, new_group, kind="retire", reason=_REASON)


def forget(
    session: Session, leaving: Leaving, *, new_group: Callable[[], UUID]
) -> tuple[Acted, ...]:
    """Removes all demographics of a record that is erased by law; what was decided stays.

    Running it again is harmless.
    """
    acted = _leave(session, [leaving], new_group, kind="erase", reason=_ERASED)
    session.defer(_QUERIES["leave_forget"], subject=leaving.subject)
    return acted


def _leave(
    session: Session,
    leaving: Sequence[Leaving],
    new_group: Callable[[], UUID],
    *,
    kind: str,
    reason: str,
) -> tuple[Acted, ...]:
    by_subject = {one.subject: one for one in leaving}
    known = _locked(session, by_subject)
    groups = [
        _group(one, by_subject[one.subject], new_group(), kind, reason)
        for one in known
        if one.person is not None or one.state not in {_RETIRED, _SEALED}
    ]
    acted = write(session, groups)
    at = max((one.at for one in leaving), default=None)
    session.defer(_QUERIES["leave_keys"], subjects=sorted(by_subject), at=at)
    return acted


def _locked(session: Session, subjects: Collection[SubjectId]) -> list[Held]:
    """Returns what is held of these, with their persons locked: it is read anew behind the locks."""
    lock_keys(session, subjects, ())
    before = held(session, subjects)
    lock_persons(session, [one.person for one in before.values() if one.person is not None])
    return list(held(session, subjects).values())


def _group(one: Held, leaving: Leaving, group_id: UUID, kind: str, reason: str) -> Group:
    after = _SEALED if one.state == _SEALED else _RETIRED
    rulings = (
        ()
        if one.person is None
        else (
            Ruling(
                subject=one.subject,
                version=one.version,
                person=one.person,
                verdict="UNLINK",
                method="source_merge" if kind == "retire" else "human",
                reason=reason,
                confidence=one.confidence,
                supersedes=one.decision or None,
            ),
        )
    )
    return Group(
        kind=kind,
        actor=leaving.actor,
        cause=leaving.cause,
        group_id=group_id,
        at=leaving.at,
        rulings=rulings,
        states=(StateChange(one.subject, one.state, after, one.replaced_by, one.replaced_by),),
    )


def members_sum(session: Session) -> tuple[int, str]:
    """Returns how many subjects belong to somebody, and a sum over who to whom: a copy has the same."""
    row = session.row(_QUERIES["members_sum"])
    return (0, "0") if row is None else (row[0], row[1])
