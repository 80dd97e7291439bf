"""Why messages wait, in plain words: whose business it is and what to do.

Source: reference/interop.md 11, the closed list.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from careweave.sources import Reason

_RUNBOOK = "docs/how-to/quarantine-and-replay.md"


class Owner(StrEnum):
    """Who can mend it."""

    SOURCE = "source"
    PLATFORM = "platform"
    GOVERNANCE = "governance"


@dataclass(frozen=True, slots=True)
class ReasonText:
    """A reason in plain words: what happened, who mends it, what to do; the page that says how."""

    reason: str
    says: str
    owner: Owner
    what_to_do: str

    @property
    def runbook(self) -> str:
        """Returns the place of the instructions."""
        return f"{_RUNBOOK}#{self.reason}"


def reasons() -> tuple[ReasonText, ...]:
    """Returns every reason of the closed list."""
    return tuple(_texts().values())


def reason_text(reason: str) -> ReasonText:
    """Returns what a reason means; of one that is not on the list, that it is tried again."""
    found = _texts().get(reason)
    if found is not None:
        return found
    says = "Something that it needs did not answer; it is tried again by itself."
    return ReasonText(reason, says, Owner.PLATFORM, "Look whether the database is well.")


@cache
def _texts() -> dict[str, ReasonText]:
    return {
        str(reason): ReasonText(str(reason), says, owner, what_to_do)
        for reason, owner, says, what_to_do in _LIST
    }


_RESEND = "Ask the source to send it again; refuse this one."
_MAP = "Mend the mapping as a new version, try it on the message, then replay."
_LIST = (
    (
        Reason.TRUNCATED,
        Owner.SOURCE,
        "It ends in the middle or holds bytes that none may.",
        _RESEND,
    ),
    (Reason.EMPTY, Owner.SOURCE, "There is nothing in it.", "Refuse it; ask the source why."),
    (
        Reason.BATCH_COUNT,
        Owner.SOURCE,
        "The batch does not hold as many messages as it says.",
        _RESEND,
    ),
    (
        Reason.SENDER_MISMATCH,
        Owner.SOURCE,
        "It names another sender than the one that this connection belongs to.",
        "Ask the source which is right; correct the description of the source, then retry.",
    ),
    (
        Reason.CONTROL_ID_REUSED,
        Owner.SOURCE,
        "Another message came under the same control id.",
        "If it is a correction, retry it; if the ids of this source wrap, say so in its description.",
    ),
    (
        Reason.TYPE_NOT_MAPPED,
        Owner.PLATFORM,
        "No mapping of this source accepts this type of message.",
        "Add the type to the mapping as a new version and replay, or refuse it.",
    ),
    (
        Reason.NO_KEY,
        Owner.SOURCE,
        "Something that an id is made of is missing.",
        "Ask the source for the missing number; a corrected message comes by itself.",
    ),
    (
        Reason.NO_PATIENT,
        Owner.SOURCE,
        "It does not say whose it is.",
        "Ask the source for the patient's number; refuse this one.",
    ),
    (
        Reason.IDENTIFIER_CONFLICT,
        Owner.SOURCE,
        "It says of one patient what is held of another.",
        "Let the source check both patients before anything is released.",
    ),
    (
        Reason.MANGLED_IDENTIFIER,
        Owner.SOURCE,
        "A number was spoiled on its way, mostly by a spreadsheet.",
        "Ask for the extract without a spreadsheet between; refuse this one.",
    ),
    (
        Reason.CODE_QUARANTINE,
        Owner.PLATFORM,
        "It holds a code that must not go on unmapped.",
        "Add the code to the code map, then replay.",
    ),
    (Reason.INVALID_RESOURCE, Owner.PLATFORM, "What the mapping made of it is not valid.", _MAP),
    (
        Reason.MERGE_NOT_ENTITLED,
        Owner.GOVERNANCE,
        "The source may not merge, link or move patients.",
        "Entitle the source in its description after its agreement says so, or refuse it.",
    ),
    (
        Reason.STATUS_MOVE,
        Owner.SOURCE,
        "It moves a stay or a visit to a status that cannot follow.",
        "Ask the source which events are missing; they may still come.",
    ),
    (
        Reason.FILE_PARKED,
        Owner.SOURCE,
        "The whole file was set aside, because too much of it changed or is wrong.",
        "Compare it with the one before; then retry it, or refuse it and ask for another.",
    ),
    (Reason.MAPPING_ERROR, Owner.PLATFORM, "The mapping failed on it.", _MAP),
    (
        Reason.AGREEMENT_MISSING,
        Owner.GOVERNANCE,
        "No agreement in force covers this source.",
        "Nothing until the agreement is active; then retry.",
    ),
    (
        Reason.UNKNOWN_OUTCOME,
        Owner.PLATFORM,
        "The worker was lost over it several times, so nobody knows what it does.",
        "Read the log of the workers, try the message by itself, then retry.",
    ),
)
