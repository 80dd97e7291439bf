"""One batch of messages in one transaction: what they say, their entries, accounts and states."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from careweave import ledger
from careweave.db import Session
from careweave.intake._accounts import account, account_for
from careweave.intake._ages import label_the_young
from careweave.intake._apply import append
from careweave.intake._arrival import MessageState
from careweave.intake._contribution import store, store_lists, take_back
from careweave.intake._draft import Drafter
from careweave.intake._lanes import Taken
from careweave.intake._work import Ref, Work
from careweave.intake._worker_build import Built, Known, build
from careweave.intake._worker_read import Read, failed, read_message
from careweave.intake._worker_settle import Done, Failed, Turn, settle
from careweave.ledger import Account
from careweave.sources import Failure, Reason
from careweave.terms import (
    CareweaveError,
    Conflict,
    Fault,
    Finding,
    Incorrect,
    Severity,
    SourceId,
    SubjectId,
    Unprocessable,
)

_NOBODY = SourceId(0)


class Apart(Exception):
    """These messages are to be tried each by itself; nothing of the batch is kept."""

    def __init__(self, messages: Collection[int]) -> None:
        """Takes the messages."""
        super().__init__()
        self.messages = frozenset(messages)


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of messages: `alone` are to be tried each by itself."""

    done: tuple[Read, ...]
    failed: tuple[Failed, ...]
    alone: frozenset[int]


@dataclass(frozen=True, slots=True)
class Means:
    """What a batch is done with: the sources in force, what drafts, and whose turn it is."""

    known: Known
    drafter: Drafter
    turn: Turn


def work_on(session: Session, messages: Sequence[Taken], means: Means) -> Batch:
    """Does these messages in the session's transaction and returns what became of each.

    Raises Apart when it turns out late that one of several cannot be stored, and the error itself
    when it is the only one.
    """
    turn = means.turn
    ready, lost = _split([_read(message, means.known) for message in messages], turn)
    alone: set[int] = set()
    done: list[Done] = []
    while ready and not done:
        built = build(session, ready, means.known, means.drafter, turn.now)
        if not built.faults:
            _write(session, ready, built, means)
            done = [_done(one, built) for one in ready]
        elif len(ready) == 1:
            lost.append(_refused(ready.pop(), built, turn))
        else:
            blamed = _blamed(built, ready)
            alone |= blamed
            ready = _without(ready, blamed)
    settle(session, done, lost, turn)
    return Batch(tuple(ready), tuple(lost), frozenset(alone))


def _read(message: Taken, known: Known) -> Read:
    source = known.sources.by_name.get(message.source)
    return read_message(message, source, known.numbers.get(message.source, _NOBODY))


def _split(reads: Iterable[Read], turn: Turn) -> tuple[list[Read], list[Failed]]:
    """Parts what can be stored from what failed; who comes behind one that is held waits too."""
    ready: list[Read] = []
    lost: list[Failed] = []
    stuck: set[int] = set()
    for one in reads:
        if not stuck.isdisjoint(one.message.lanes):
            stuck.update(one.message.lanes)
        elif one.reading.failure is None:
            ready.append(one)
        else:
            lost.append(failed(one, one.reading.failure, turn.now))
            if lost[-1].state is MessageState.HELD:
                stuck.update(one.message.lanes)
    return ready, lost


def _without(reads: Iterable[Read], blamed: Collection[int]) -> list[Read]:
    """Returns the messages without these and those behind them."""
    stuck: set[int] = set()
    found = []
    for one in reads:
        if one.message.id in blamed or not stuck.isdisjoint(one.message.lanes):
            stuck.update(one.message.lanes)
        else:
            found.append(one)
    return found


def _blamed(built: Built, ready: Sequence[Read]) -> set[int]:
    """Returns the messages that speak of what is wrong; all of them where none does."""
    wrong = built.faults.keys()
    found = {
        one.message for one in built.said.contributions if (one.said.type, one.said.id) in wrong
    }
    return found or {one.message.id for one in ready}


def _refused(one: Read, built: Built, turn: Turn) -> Failed:
    error = next(iter(built.faults.values()))
    return failed(one, failure_of(error), turn.now, _in_vain(one, built))


def failure_of(error: CareweaveError) -> Failure:
    """Returns why what a message says cannot be stored."""
    if isinstance(error, Conflict):
        suggestion = "The id belongs to another entry; mend the key in the mapping and replay."
        return Failure(Reason.IDENTIFIER_CONFLICT, error.where or "", suggestion)
    if isinstance(error, Incorrect):
        suggestion = "FHIR R4 refuses what the mapping makes of it; mend the mapping and replay."
        return Failure(Reason.INVALID_RESOURCE, error.where or "", suggestion)
    return Failure(Reason.UNKNOWN_OUTCOME, error.where or "", "Look at the log, then retry it.")


def _write(session: Session, ready: Sequence[Read], built: Built, means: Means) -> None:
    works = list(built.works.values())
    label_the_young(session, works, means.drafter)
    append(session, works, means.drafter)
    errors = [work.error for work in works if work.error is not None]
    if errors and len(ready) > 1:
        raise Apart({one.message.id for one in ready})
    if errors:
        raise _of_patient(errors[0])
    take_back(session, built.said.taken_back)
    store(session, built.said.contributions)
    store_lists(session, built.said.lists)
    accounts = [_account(one, built, means) for one in ready]
    ledger.append(session, accounts + [one for work in works for one in _lowered(work)])
    account_for(session, _unspoken(ready, built))


def _unspoken(ready: Sequence[Read], built: Built) -> list[Work]:
    """Returns the writes of entries that no message speaks of: taken back, or left out of a list."""
    spoken = set[Ref]().union(*(one.refs for one in ready)) | built.said.beside
    return [work for ref, work in built.works.items() if ref not in spoken]


def _of_patient(error: CareweaveError) -> CareweaveError:
    """Returns the error of an entry that would go to another patient as what it is."""
    if isinstance(error, Unprocessable):
        return Conflict("The entry is another patient's.", where=error.where, code="duplicate")
    return error


def _lowered(work: Work) -> list[Account]:
    """Returns the account of labels that a mapping took away. Source: reference/record.md 6.1."""
    if work.held is None or work.draft is None or work.held.gone:
        return []
    gone = work.held.labels - work.draft.classification.labels
    if not gone:
        return []
    what = " ".join(sorted(gone))
    return [account(work.writing, "clear-label", what, 1, [work.held.subject])]


def _account(one: Read, built: Built, means: Means) -> Account:
    """Returns the account of a message: what it changed, and of whom it spoke."""
    works = [built.works[ref] for ref in one.refs if ref in built.works]
    written = [work.written for work in works if work.written is not None]
    changed = Counter(each.type for each in written if each.changed)
    subjects: set[SubjectId] = {each.subject for each in written if each.subject is not None}
    subjects |= {built.plan.held[ref].subject for ref in one.refs if ref in built.plan.held}
    if one.source is None:
        raise Fault
    message, at = one.message, means.turn.now
    writing = means.known.writing(one.source, message.channel, str(message.id), at)
    what = " ".join(f"{name}:{n}" for name, n in sorted(changed.items()))
    action = "replay" if message.is_replay else "arrival"
    return account(writing, action, what, sum(changed.values()), sorted(subjects))


def _done(one: Read, built: Built) -> Done:
    return Done(one.message, one.mapping, len(one.refs), one.findings(_in_vain(one, built)))


def _in_vain(one: Read, built: Built) -> list[Finding]:
    """Returns what this message asked for in vain: moves of status, what it takes back."""
    moves = [
        Finding("status-move", Severity.WARNING, "Encounter.status")
        for ref in one.refs
        if ref in built.plan.entries
        for step in built.plan.entries[ref].steps
        if step.is_move_refused and step.by.message == one.message.id
    ]
    unmet = sorted(ref[0] for ref in one.refs & built.unmet)
    return moves + [Finding("nothing-to-delete", Severity.INFORMATION, name) for name in unmet]
