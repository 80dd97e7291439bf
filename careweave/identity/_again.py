"""Records that are known, held against everybody once more, as if they came now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from careweave.db import Queries, Session
from careweave.identity._board import Board
from careweave.identity._conflicts import Judging
from careweave.identity._decide import Case, case
from careweave.identity._held import Held, People, held, people
from careweave.identity._incoming import Means
from careweave.identity._keys import BlockKey
from careweave.identity._limits import Limits
from careweave.identity._locks import lock_persons
from careweave.identity._lookup import Hits, choose, look_up
from careweave.identity._member import Member
from careweave.terms import PersonId, SubjectId

_QUERIES = Queries("careweave.identity")


@dataclass(frozen=True, slots=True)
class Looking:
    """How records are looked at again: at what moment, and how far common keys are followed.

    `keeps_nobody_twice` takes every source for one that keeps nobody twice, so that two records in
    use of one source are never linked by comparison: what is known does not say which sources do.
    """

    at: datetime
    limits: Limits
    keeps_nobody_twice: bool = True


@dataclass(frozen=True, slots=True)
class Read:
    """What was read for a batch of known records: the board, and per record its keys and hits."""

    board: Board
    known: Mapping[SubjectId, Held]
    keys: Mapping[SubjectId, Sequence[BlockKey]]
    hits: Mapping[SubjectId, Hits]

    @property
    def subjects(self) -> list[SubjectId]:
        """Returns those of the records that are compared at all, in the order of their numbers."""
        return [one for one in sorted(self.keys) if self.board.person_of(one) is not None]


def read_again(session: Session, subjects: Collection[SubjectId], looking: Looking) -> Read:
    """Returns these records with all whom they may be, locked until the transaction ends."""
    keys = _keys(session, subjects)
    asked = sorted(keys)
    hits, persons = look_up(session, [keys[one] for one in asked], looking.limits, at=looking.at)
    known = held(session, asked)
    persons |= {one.person for one in known.values() if one.person is not None}
    met = {*asked, *(other for found in hits for other in found.shared)}
    board = Board(_gathered(session, met, persons))
    return Read(board, known, keys, dict(zip(asked, hits, strict=True)))


def case_of(read: Read, subject: SubjectId, looking: Looking, means: Means) -> Case:
    """Returns a record with its candidates, its own person left out."""
    own = read.board.person_of(subject)
    return _case(read, subject, own, looking, means)


def case_anew(read: Read, subject: SubjectId, looking: Looking, means: Means) -> Case:
    """Returns a record with all its candidates, those of its own person too, as if it came now."""
    return _case(read, subject, None, looking, means)


def _case(
    read: Read, subject: SubjectId, besides: PersonId | None, looking: Looking, means: Means
) -> Case:
    board, model = read.board, means.model
    record = _record(board, subject, looking)
    judging = Judging(looking.limits, model.frequencies.get("given", {}), board.barriers)
    hits = read.hits[subject]
    hits.shared.pop(subject, None)
    chosen = choose(read.keys[subject], hits, -model.prior, looking.limits)
    own = board.person_of(subject)
    groups = [one for one in board.groups(chosen.subjects, besides) if one.person != own]
    rest = board.others(subject)
    if besides is None and rest.members:
        groups.append(rest)
    return case(record, groups, model, judging, chosen.blocking)


def _record(board: Board, subject: SubjectId, looking: Looking) -> Member:
    record = board.member(subject)
    return replace(record, deduplicates=looking.keeps_nobody_twice)


def _keys(session: Session, subjects: Collection[SubjectId]) -> dict[SubjectId, list[BlockKey]]:
    found: dict[SubjectId, list[BlockKey]] = {}
    for subject, key, kind, is_past in session.rows(
        _QUERIES["again_keys"], subjects=sorted(subjects)
    ):
        found.setdefault(SubjectId(subject), []).append(BlockKey(key, kind, is_past))
    return found


def _gathered(session: Session, subjects: Collection[SubjectId], persons: set[PersonId]) -> People:
    """Returns the persons of the subjects as they are once nobody else can change them."""
    while True:
        lock_persons(session, persons)
        found = people(session, subjects)
        now = {group.person for group in found.groups}
        if now <= persons:
            return found
        # They were moved while they were waited for: whoever they belong to now is locked too.
        persons |= now
