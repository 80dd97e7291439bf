"""The last answers of live sources, so that a page can say what was not checked.

Source: reference/interop.md 3.3 and 9.1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from careweave.db import Queries, Session
from careweave.terms import Heading, SubjectId

_QUERIES = Queries("careweave.sources")
_KEPT = timedelta(hours=24)


class LiveOutcome(StrEnum):
    """What came of asking a live source."""

    ANSWERED = "answered"
    SILENT = "silent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LiveCheck:
    """The last answer of one source for one subject and heading."""

    source: str
    subject: SubjectId
    heading: Heading
    asked_at: datetime
    outcome: LiveOutcome


def note_live(session: Session, checks: Iterable[LiveCheck]) -> None:
    """Keeps the answers, each in the place of an older one."""
    newest: dict[tuple[str, SubjectId, Heading], LiveCheck] = {}
    for check in sorted(checks, key=lambda one: one.asked_at):
        newest[check.source, check.subject, check.heading] = check
    listed = list(newest.values())
    if listed:
        session.run(
            _QUERIES["note_live"],
            sources=[check.source for check in listed],
            subjects=[check.subject for check in listed],
            headings=[str(check.heading) for check in listed],
            asked=[check.asked_at for check in listed],
            outcomes=[str(check.outcome) for check in listed],
        )


def live_checks(
    session: Session, subjects: Sequence[SubjectId], *, since: datetime
) -> tuple[LiveCheck, ...]:
    """Returns the last answers for some subjects that are not older than a moment."""
    rows = session.rows(_QUERIES["live_checks"], subjects=list(subjects), since=since)
    return tuple(
        LiveCheck(source, SubjectId(subject), Heading(heading), asked_at, LiveOutcome(outcome))
        for source, subject, heading, asked_at, outcome in rows
    )


def forget_live(session: Session, *, now: datetime) -> int:
    """Deletes answers of more than a day ago and returns how many."""
    return session.run(_QUERIES["forget_live"], before=now - _KEPT)
