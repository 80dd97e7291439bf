"""After a load in whatever order: everybody held against everybody again until nothing moves.

Source: reference/identity.md section 10, settle.
"""

from collections.abc import Collection
from dataclasses import dataclass

from careweave.db import Queries, Session
from careweave.identity._again import Looking, Read, case_anew, read_again
from careweave.identity._decide import Decided, decide
from careweave.identity._incoming import Means
from careweave.identity._journal import Acted, Forward, Group, Ruling, write
from careweave.identity._review_rules import review_rules
from careweave.identity._sweep import follow
from careweave.terms import PersonId, SubjectId

_QUERIES = Queries("careweave.identity")

_MACHINE = "machine"
_OF_MACHINE = frozenset({"new_person", "probabilistic"})
_FIRST = SubjectId(0)


@dataclass(frozen=True, slots=True)
class Settled:
    """How far a pass has come: `last` is the record to go on after, None at the end."""

    last: SubjectId | None
    acted: tuple[Acted, ...] = ()


def settle(
    session: Session, looking: Looking, *, means: Means, after: SubjectId = _FIRST
) -> Settled:
    """Moves the next records to the person that each would be linked to if it came now.

    Only what the machine linked, and only where the decision would be made by itself: nobody whom a
    human, a source or a verified number has placed is moved. The caller commits, goes on after
    `last`, and repeats the pass until one moves nobody, or so often as the region allows.
    """
    most = review_rules().sweep_batch
    rows = session.rows(_QUERIES["again_next"], after=after, most=most)
    subjects = [SubjectId(row[0]) for row in rows]
    acted = settle_these(session, subjects, looking, means)
    return Settled(subjects[-1] if len(subjects) == most else None, acted)


def settle_these(
    session: Session, subjects: Collection[SubjectId], looking: Looking, means: Means
) -> tuple[Acted, ...]:
    """Moves those of these records that would be linked to another person now."""
    read = read_again(session, subjects, looking)
    acts: list[Acted] = []
    for subject in read.subjects:
        if read.known[subject].method not in _OF_MACHINE:
            continue
        decided = decide(case_anew(read, subject, looking, means))
        if decided.person is None or decided.person.person == read.board.person_of(subject):
            continue
        acted = write(session, (_moved(read, subject, decided, looking, means),))[0]
        follow(read, acted)
        acts.append(acted)
    return tuple(acts)


def _moved(
    read: Read, subject: SubjectId, decided: Decided, looking: Looking, means: Means
) -> Group:
    known, own = read.known[subject], read.board.whose(subject)
    target = own if decided.person is None else decided.person.person
    ruling = Ruling(
        subject,
        known.version,
        target,
        "LINK",
        decided.method,
        decided.reason,
        decided.confidence,
        means.model.name,
        decided.weight,
        decided.lead,
        decided.explanation,
        read.board.member(subject).decision or known.decision or None,
    )
    return Group(
        "settle",
        _MACHINE,
        "",
        means.new_person(),
        looking.at,
        rulings=(ruling,),
        forwards=_forwards(read, subject, own, target),
    )


def _forwards(
    read: Read, subject: SubjectId, own: PersonId, target: PersonId
) -> tuple[Forward, ...]:
    """Returns that a person who is left without records answers as the one they went to."""
    return () if read.board.others(subject).members else (Forward(own, target),)
