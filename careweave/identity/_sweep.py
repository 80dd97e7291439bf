"""Persons that are found late: looked at again, put before people, joined by number only.

Source: reference/identity.md sections 8 (blocking incomplete) and 10 (nightly sweep).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from careweave.db import Queries, Session
from careweave.identity._acts import join
from careweave.identity._again import Looking, Read, case_of, read_again
from careweave.identity._asking import Ask, open_reviews
from careweave.identity._by import By, Ground, Method
from careweave.identity._decide import Case
from careweave.identity._doubting import asks_of, subjects_of
from careweave.identity._feed_links import follow_waiting
from careweave.identity._incoming import Means
from careweave.identity._journal import Acted, Group, write
from careweave.identity._kept import Kept, Standing, Versions, keep
from careweave.identity._limits import Limits
from careweave.identity._review_rules import review_rules
from careweave.terms import PersonId, SubjectId

_QUERIES = Queries("careweave.identity")

_MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did: `n_looked` records were looked at again."""

    n_looked: int
    acted: tuple[Acted, ...] = ()


def sweep(session: Session, *, at: datetime, means: Means) -> Swept:
    """Looks again at records of which somebody may not have been looked at, some at a time.

    What is found is put before people; persons become one only by a verified number that both
    hold. Links that wait for a record are tried again. Run until it has looked at none.
    """
    most = review_rules().sweep_batch
    acted = follow_waiting(session, at=at, most=most, means=means)
    subjects = [SubjectId(row[0]) for row in session.rows(_QUERIES["again_incomplete"], most=most)]
    looking = Looking(at, _wide(means.limits))
    found = look_again(session, subjects, looking, means)
    session.run(_QUERIES["again_looked"], subjects=subjects)
    return Swept(len(subjects), (*acted, *found))


def look_again(
    session: Session, subjects: Collection[SubjectId], looking: Looking, means: Means
) -> tuple[Acted, ...]:
    """Looks at these records again and does what a new version of each would have done.

    None of them leaves its person or is frozen: only what came can do that.
    """
    read = read_again(session, subjects, looking)
    acts: list[Acted] = []
    for subject in read.subjects:
        asked = case_of(read, subject, looking, means)
        kept = _kept(read, asked)
        acts += _asked(session, asked, kept, looking.at, means)
        acts += _joined(session, read, subject, kept, looking.at, means)
    return tuple(acts)


def _wide(limits: Limits) -> Limits:
    """Returns the limits with which keys that many share are followed one by one.

    The whole comparison then stands for the narrower keys that such a key would be paired with.
    """
    return replace(limits, hot_key=limits.pair_key, candidates=limits.pair_key)


def _kept(read: Read, asked: Case) -> Kept:
    subject = asked.record.subject
    versions = Versions(asked.record, read.board.member(subject))
    # Nobody is linked in silence at night: a record that stands alone is asked about.
    standing = Standing(read.known[subject].confidence, is_single=False)
    return keep(asked, read.board.others(subject), versions, standing)


def _asked(
    session: Session, asked: Case, kept: Kept, at: datetime, means: Means
) -> Sequence[Acted]:
    """Puts the doubts before people, with one event for them; nothing for what is asked already."""
    if not kept.doubts:
        return ()
    subject = asked.record.subject
    group = Group("review", _MACHINE, "", means.new_person(), at, remarks={"subjects": [subject]})
    acted = write(session, (group,))
    hazards = means.hazards(session, sorted(subjects_of(asked.record, kept.doubts)))
    rules = review_rules()
    asks: list[Ask] = asks_of(asked.record, kept.doubts, acted[0].event, at, hazards, rules)
    open_reviews(session, asks)
    return acted


def _joined(
    session: Session, read: Read, subject: SubjectId, kept: Kept, at: datetime, means: Means
) -> Sequence[Acted]:
    by = By(_MACHINE, at, Ground.SAME_NUMBER, method=Method.VERIFIED_NUMBER)
    acts: list[Acted] = []
    for other in kept.joins:
        own = read.board.whose(subject)
        acted = join(session, own, other.person, by=by, means=means)
        follow(read, acted)
        acts.append(acted)
    return acts


def follow(read: Read, acted: Acted) -> None:
    """Lets the board follow what an act did."""
    for change in acted.changes:
        if change.person is not None:
            read.board.move(change.subject, PersonId(change.person))
