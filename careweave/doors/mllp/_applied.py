"""What the mapping made of messages, as their senders are told."""

from collections.abc import Mapping, Sequence
from functools import partial

from careweave.db import Database
from careweave.doors.mllp._answers import Judged, Verdict, fault_of
from careweave.doors.mllp._outcomes import Outcomes
from careweave.formats import Hl7Fault
from careweave.intake import Message, MessageState, messages_of, settled
from careweave.terms import Finding, Severity

_VERDICTS = {
    MessageState.DONE: Verdict.ACCEPT,
    MessageState.SUPERSEDED: Verdict.ACCEPT,
    MessageState.HELD: Verdict.ERROR,
    MessageState.QUARANTINED: Verdict.ERROR,
    MessageState.REFUSED: Verdict.REJECT,
}
_MOST_FAULTS = 20


def outcomes_of(database: Database) -> Outcomes:
    """Returns what tells the door how messages ended; the door starts and stops it."""
    return Outcomes(partial(_judged, database))


def _judged(database: Database, messages: Sequence[int]) -> Mapping[int, Judged]:
    with database.reading() as session:
        ended = {number: _VERDICTS[state] for number, state in settled(session, messages).items()}
        wrong = [number for number, verdict in ended.items() if verdict is not Verdict.ACCEPT]
        told = {one.id: _faults(one) for one in messages_of(session, wrong)} if wrong else {}
    return {
        number: Judged(verdict, told.get(number, ()), number) for number, verdict in ended.items()
    }


def _faults(message: Message) -> tuple[Hl7Fault, ...]:
    """Returns why it waits, and what else is wrong with it; each is told once."""
    reason = Finding(message.reason or "held", Severity.ERROR, message.place or "")
    errors = [one for one in message.findings if one.severity is Severity.ERROR]
    faults = [fault_of(one) for one in (reason, *errors)]
    return tuple(dict.fromkeys(faults))[:_MOST_FAULTS]
