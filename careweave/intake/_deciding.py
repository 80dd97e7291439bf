"""What people decide about who is who: each act with its reason, copied to the record, accounted.

Source: reference/identity.md sections 11 and 14; docs/decisions/0026.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from careweave import identity, ledger, record
from careweave.db import Session
from careweave.identity import (
    Acted,
    Answer,
    Answered,
    By,
    Explanation,
    Ground,
    Happened,
    Item,
    Means,
)
from careweave.intake._draft import new_person
from careweave.intake._hazards import hazards_at
from careweave.intake._identify import copy_links, what_of
from careweave.intake._operators import Operator, account_of_act, stated
from careweave.terms import Ambiguous, NotFound, PersonId, SubjectId


@dataclass(frozen=True, slots=True)
class Deed:
    """What goes with every act: who does it, why in their words, and on what ground.

    The words go to the ledger alone, for they may be about somebody; the ground, one of a closed
    list, stays with the decision. `second` is another person who agreed.
    """

    operator: Operator
    why: str
    ground: Ground = Ground.JUDGED
    second: str = ""

    @property
    def by(self) -> By:
        """Returns who acts, as identity knows it."""
        one = self.operator
        cause = f"{one.door}/{one.request_id}"
        return By(one.name, one.at, ground=self.ground, cause=cause, second=self.second)


Act = Callable[[By, Means], Acted]


def link_patient(session: Session, patient: str, person: PersonId, deed: Deed) -> Acted:
    """Links a patient record, by its Patient id, to a person."""
    subject = subject_of(session, patient)
    return _carry_out(
        session,
        deed,
        "link-patient",
        lambda by, means: identity.link(session, subject, person, by=by, means=means),
    )


def unlink_patient(session: Session, patient: str, deed: Deed) -> Acted:
    """Takes a patient record out of its person; it goes back to where it was before."""
    subject = subject_of(session, patient)
    return _carry_out(
        session,
        deed,
        "unlink-patient",
        lambda by, means: identity.unlink(session, subject, by=by, means=means),
    )


def keep_patients_apart(session: Session, left: str, right: str, deed: Deed) -> Acted:
    """Decides that two patient records are two people."""
    one, other = subject_of(session, left), subject_of(session, right)
    return _carry_out(
        session,
        deed,
        "keep-apart",
        lambda by, means: identity.not_same(session, one, other, by=by, means=means),
    )


def join_people(session: Session, left: PersonId, right: PersonId, deed: Deed) -> Acted:
    """Makes two persons one."""
    return _carry_out(
        session,
        deed,
        "join-people",
        lambda by, means: identity.join(session, left, right, by=by, means=means),
    )


def seal_patients(
    session: Session, patients: Sequence[str], apart_from: Sequence[str], deed: Deed
) -> Acted:
    """Seals patient records for ever, away from all who are in a person with them."""
    sealed = [subject_of(session, patient) for patient in patients]
    others = [subject_of(session, patient) for patient in apart_from]
    return _carry_out(
        session,
        deed,
        "seal-patient",
        lambda by, means: identity.seal(session, sealed, apart_from=others, by=by, means=means),
    )


def take_back(session: Session, group: UUID, deed: Deed) -> Acted:
    """Takes back all that was decided together; every link is again as it was before."""
    return _carry_out(
        session,
        deed,
        "take-back",
        lambda by, means: identity.invert(session, group, by=by, means=means),
    )


def reviews(session: Session, *, kind: str | None = None, most: int = 50) -> tuple[Item, ...]:
    """Returns the questions that wait for a reader, the most dangerous first; no demographics."""
    return identity.queue(session, kind=kind, most=most)


def review_item(session: Session, number: int) -> Item:
    """Returns one question, without what a first reader said to it."""
    return identity.review_item(session, number)


def person_history(session: Session, person: PersonId) -> tuple[Happened, ...]:
    """Returns all that was decided about a person, in order; no demographics."""
    return identity.history(session, person)


def records_of_person(session: Session, person: PersonId) -> tuple[SubjectId, ...]:
    """Returns the patient records that are linked to a person now, but for those that are sealed."""
    found = identity.together(session, (person,)).get(person, ())
    return tuple(one.subject for one in found if one.is_shown)


def explain_decision(session: Session, decision: int) -> Explanation:
    """Returns why a decision was taken, in sentences, with the figures behind them."""
    return identity.explain(session, decision)


def claim_review(session: Session, number: int, operator: Operator) -> Item:
    """Gives a question to a reader for a while, and returns it."""
    return identity.claim(session, number, by=Deed(operator, "").by)


def answer_review(
    session: Session, number: int, answer: Answer, person: PersonId | None, deed: Deed
) -> Answered:
    """Takes a reader's answer to a question, and does what follows from it."""
    reason = stated(deed.why)
    answered = identity.decide(
        session, number, answer, person=person, by=deed.by, means=_means(session, deed)
    )
    if answered.acted is None:
        told = account_of_act(
            deed.operator, "answer-review", f"Review/{number}", n_items=1, why=reason
        )
        ledger.append(session, (told,))
    else:
        _follow(session, deed, "answer-review", answered.acted)
    return answered


def undo_review(session: Session, number: int, deed: Deed) -> Acted:
    """Takes back what an answer did, while that is allowed, and asks again."""
    return _carry_out(
        session,
        deed,
        "undo-review",
        lambda by, means: identity.undo(session, number, by=by, means=means),
    )


def subject_of(session: Session, patient: str) -> SubjectId:
    """Returns the patient record of a public Patient id.

    NotFound when nobody has it, Ambiguous when records of several authorities do.
    """
    # Others may speak of an id of which they have no Patient: those are no records of anybody.
    found = identity.standings(session, record.subjects_of(session, (patient,)))
    if not found:
        raise NotFound("No patient record has this id.", where="patient")
    if len(found) > 1:
        raise Ambiguous("Several organisations have a record of this id.", where="patient")
    return next(iter(found))


def _carry_out(session: Session, deed: Deed, action: str, act: Act) -> Acted:
    stated(deed.why)
    acted = act(deed.by, _means(session, deed))
    _follow(session, deed, action, acted)
    return acted


def _means(session: Session, deed: Deed) -> Means:
    hazards = hazards_at(deed.operator.at)
    return identity.means(session, new_person=new_person, hazards=hazards)


def _follow(session: Session, deed: Deed, action: str, acted: Acted) -> None:
    """Copies the links that an act has changed, and adds its account."""
    copy_links(session, acted.changes, at=deed.operator.at)
    event = acted.event
    told = account_of_act(
        deed.operator,
        action,
        what_of(event),
        n_items=len(event.subjects),
        why=stated(deed.why),
        subjects=event.subjects,
    )
    ledger.append(session, (told,))
