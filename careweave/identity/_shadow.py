"""What another model would decide of those who are known, without deciding anything.

Source: reference/identity.md sections 10 and 13: re-scoring runs in shadow first; what people, a
source or a verified number have decided never moves.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from careweave.db import Queries, Session
from careweave.identity._again import Looking, Read, case_anew, read_again
from careweave.identity._decide import Decided, decide
from careweave.identity._incoming import Means
from careweave.identity._model import Model
from careweave.identity._norm import Norm
from careweave.identity._review_rules import review_rules
from careweave.terms import SubjectId

_QUERIES = Queries("careweave.identity")

_OF_MACHINE = frozenset({"new_person", "probabilistic"})
_SHOWN_FLAGS = frozenset({"jan1", "no_fixed_abode", "single_name"})
_FIRST = SubjectId(0)


class Would(StrEnum):
    """What would become of a record.

    OPEN: alone now, it would be linked. CLOSE: linked now, it would be alone. MOVE: it would be
    linked to another person. ASK: it stays, but people would be asked. STAY: nothing. FIXED: it
    is decided by people, a source or a verified number.
    """

    OPEN = "open"
    CLOSE = "close"
    MOVE = "move"
    ASK = "ask"
    STAY = "stay"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Shadow:
    """How many records would change and how: by source, and by group.

    `last` is the record to go on after, None at the end. Parts are added up with `+`.
    """

    last: SubjectId | None
    by_source: Mapping[tuple[str, Would], int] = field(default_factory=dict[tuple[str, Would], int])
    by_group: Mapping[tuple[str, Would], int] = field(default_factory=dict[tuple[str, Would], int])

    def __add__(self, other: "Shadow") -> "Shadow":
        """Returns both reports as one, which goes on where the other ends."""
        return Shadow(
            other.last,
            Counter(self.by_source) + Counter(other.by_source),
            Counter(self.by_group) + Counter(other.by_group),
        )


def shadow(
    session: Session,
    model: Model,
    looking: Looking,
    *,
    means: Means,
    after: SubjectId = _FIRST,
) -> Shadow:
    """Returns what `model` would decide of the next records; nothing is written."""
    most = review_rules().sweep_batch
    rows = session.rows(_QUERIES["again_next"], after=after, most=most)
    subjects = [SubjectId(row[0]) for row in rows]
    found = shadow_of(session, subjects, looking, replace(means, model=model))
    return replace(found, last=subjects[-1] if len(subjects) == most else None)


def shadow_of(
    session: Session, subjects: Collection[SubjectId], looking: Looking, means: Means
) -> Shadow:
    """Returns what the model of the means would decide of these records."""
    read = read_again(session, subjects, looking)
    sources: Counter[tuple[str, Would]] = Counter()
    groups: Counter[tuple[str, Would]] = Counter()
    for subject in read.subjects:
        would = _would(read, subject, looking, means)
        member = read.board.member(subject)
        sources[member.source, would] += 1
        groups.update((group, would) for group in _groups(member.norm))
    return Shadow(None, sources, groups)


def _would(read: Read, subject: SubjectId, looking: Looking, means: Means) -> Would:
    if read.known[subject].method not in _OF_MACHINE:
        return Would.FIXED
    decided = decide(case_anew(read, subject, looking, means))
    return _compared(read, subject, decided)


def _compared(read: Read, subject: SubjectId, decided: Decided) -> Would:
    is_alone = not read.board.others(subject).members
    asked = Would.ASK if decided.doubts else Would.STAY
    if decided.person is None:
        return asked if is_alone else Would.CLOSE
    if decided.person.person == read.board.person_of(subject):
        return asked
    return Would.OPEN if is_alone else Would.MOVE


def _groups(norm: Norm) -> list[str]:
    """Returns the groups for which a change of model is told apart; section 13, fairness."""
    number = "number verified" if norm.verified else "no verified number"
    return [number, norm.sex or "sex not known", *sorted(norm.flags & _SHOWN_FLAGS)]
