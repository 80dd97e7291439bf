"""What comes in, and what becomes of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from careweave.terms import Finding

INBOX = "cw_inbox"
"""Where it is announced that something came in."""

LIVE = "live"
"""The channel of what a source answered when it was asked."""


class MessageState(StrEnum):
    """What a message is: the words of `intake.message.state`.

    `held` failed and its lanes wait; `quarantined` failed and its lanes go on; `refused` never goes
    in. Source: reference/interop.md 3.3, 4.
    """

    NEW = "new"
    DONE = "done"
    HELD = "held"
    QUARANTINED = "quarantined"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One thing that came in, with its bytes exactly as they were received.

    `source` is the name of a source; `channel` how it came: mllp, file, mesh, fhir, live. `name` is
    that of the file, or the id the mailbox gave. `parent` and `line` are those of the file that a
    row came in. `fault` is why the door knows already that somebody must look; its code is a
    `Reason`. A container is kept and never mapped: what is in it comes as arrivals of its own.
    """

    source: str
    channel: str
    body: bytes
    received_at: datetime
    name: str | None = None
    parent: int | None = None
    line: int | None = None
    fault: Finding | None = None
    is_container: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """It is stored; `state` is new, done (a container) or quarantined."""

    message: int
    state: MessageState


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same bytes under the same id were stored before, as this message."""

    message: int


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """It is not taken: the sender is told why, and only that it came is noted."""

    finding: Finding


Received = Kept | Duplicate | TurnedAway
"""What becomes of an arrival."""
