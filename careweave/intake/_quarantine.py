"""What waits for somebody: how much, why, since when, and what waits behind it.

Source: reference/interop.md 11.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from careweave.db import Queries, Session
from careweave.intake._arrival import MessageState

_QUERIES = Queries("careweave.intake")
_MOVES_WAIT = timedelta(minutes=15)
_OTHERS_WAIT = timedelta(hours=4)
"""Source: reference/interop.md 11: an alarm when a lane is held longer."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages of one source that wait for one reason.

    `state` is held or quarantined; new for what is tried again by itself. `since` is that of the
    oldest, `newest` the number of a message. `n_lanes` lanes wait for them, with `n_behind` messages
    behind. `is_alarming` says that patients' messages have waited too long.
    """

    source: str
    state: MessageState
    reason: str
    n: int
    since: datetime
    newest: int | None
    n_lanes: int
    n_behind: int
    is_alarming: bool


@dataclass(frozen=True, slots=True)
class _Lanes:
    n: int
    since: datetime
    is_tried_again: bool
    n_behind: int
    is_alarming: bool


def waiting(session: Session, now: datetime) -> tuple[Waiting, ...]:
    """Returns what waits, by source and reason."""
    lanes = _lanes(session, now)
    found = []
    for source, state, reason, n, since, newest in session.rows(_QUERIES["quarantine_groups"]):
        behind = lanes.pop((source, reason), None) if state == "held" else None
        found.append(
            Waiting(
                source=source,
                state=MessageState(state),
                reason=reason,
                n=n,
                since=since,
                newest=newest,
                n_lanes=behind.n if behind else 0,
                n_behind=behind.n_behind if behind else 0,
                is_alarming=behind is not None and behind.is_alarming,
            )
        )
    return tuple(sorted([*found, *_tried_again(lanes)], key=lambda one: (one.source, one.reason)))


def quarantine_sizes(session: Session) -> Mapping[str, int]:
    """Returns how many messages of each source wait for somebody; none of a source not named."""
    return {str(source): int(n) for source, n in session.rows(_QUERIES["quarantine_sizes"])}


def _lanes(session: Session, now: datetime) -> dict[tuple[str, str], _Lanes]:
    found = {}
    for row in session.rows(_QUERIES["quarantine_lanes"]):
        source, reason, n, since, moves_since, is_tried_again, n_behind = row
        is_late = now - since > _OTHERS_WAIT
        is_moving_late = moves_since is not None and now - moves_since > _MOVES_WAIT
        found[source, reason] = _Lanes(
            n, since, is_tried_again, n_behind, is_late or is_moving_late
        )
    return found


def _tried_again(lanes: Mapping[tuple[str, str], _Lanes]) -> list[Waiting]:
    """Returns what waits for another attempt, and for nobody."""
    return [
        Waiting(
            source=source,
            state=MessageState.NEW,
            reason=reason,
            n=one.n,
            since=one.since,
            newest=None,
            n_lanes=one.n,
            n_behind=one.n_behind,
            is_alarming=one.is_alarming,
        )
        for (source, reason), one in lanes.items()
    ]
