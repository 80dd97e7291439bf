"""What readers say to what they are asked: claims, two readers, verdicts, and taking back.

Source: reference/identity.md section 14.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from careweave.db import Queries, Session
from careweave.identity._acts import join, keep_apart, unfreeze
from careweave.identity._asking import (
    CONTROL,
    Candidate,
    First,
    Item,
    first_of,
    item_of,
    review_item,
    row_of,
)
from careweave.identity._by import By, Ground
from careweave.identity._feed_acts import apply_refused
from careweave.identity._incoming import Means
from careweave.identity._inverting import invert
from careweave.identity._journal import Acted, Group, write
from careweave.identity._review_rules import review_rules
from careweave.identity._scene import roots, whose
from careweave.terms import Conflict, Forbidden, Incorrect, Json, PersonId

_QUERIES = Queries("careweave.identity")

_OVERLAY, _MERGE, _ANSWER = "overlay", "source_merge_conflict", "answer"


class Answer(StrEnum):
    """What a reader says."""

    SAME = "same"
    NOT_SAME = "not-same"
    CANNOT_TELL = "cannot-tell"
    SOURCE = "source-must-correct"


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an item: `state` is closed, second, open or asleep."""

    state: str
    acted: Acted | None = None


@dataclass(frozen=True, slots=True)
class _Reading:
    """One answer to one item: `person` is the candidate that it is about, None for all."""

    item: Item
    answer: Answer
    person: PersonId | None
    first: First | None


@dataclass(frozen=True, slots=True)
class _Settled:
    """How an item stands after an answer: `left` are the candidates that are still in question."""

    state: str
    first: First | None = None
    acted: Acted | None = None
    at: datetime | None = None
    left: tuple[Candidate, ...] = ()


def claim(session: Session, number: int, *, by: By) -> Item:
    """Gives an item to a reader for a while and returns it; Conflict where another has it.

    Who read it first cannot be its second reader.
    """
    until = by.at + timedelta(minutes=review_rules().claim_minutes)
    row_of(session, number)
    n = session.run(
        _QUERIES["review_claim"], review=number, reader=by.actor, until=until, now=by.at
    )
    if not n:
        raise Conflict("This item is in other hands, answered, or read by you before.")
    return review_item(session, number)


def decide(
    session: Session,
    number: int,
    answer: Answer,
    *,
    person: PersonId | None = None,
    by: By,
    means: Means,
) -> Answered:
    """Takes a reader's answer and does what follows from it.

    Where two must agree, the first answer waits for the second; if both differ, the item is open
    again. What nobody can tell sleeps until there is new evidence.
    """
    reading = _read(session, number, answer, person, by)
    if answer in {Answer.CANNOT_TELL, Answer.SOURCE}:
        return _sleep(session, reading, by, means)
    if reading.first is None and reading.item.needs_two:
        return _first(session, reading, by)
    if reading.first is not None and not _agrees(reading):
        _settle(session, reading, _Settled("open"))
        return Answered("open")
    if reading.first is not None:
        by = replace(by, second=reading.first.by)
    try:
        return _close(session, reading, by, means)
    except Forbidden:
        # Nothing was written: that two are needed shows only when the vetoes are asked, and only
        # to one who acts alone.
        return _first(session, reading, by)


def undo(session: Session, number: int, *, by: By, means: Means) -> Acted:
    """Takes back what an answer did, while that is allowed, and asks again."""
    item = item_of(row_of(session, number))
    allowed = timedelta(minutes=review_rules().undo_minutes)
    if item.closed_seq is None or item.closed_at is None or by.at - item.closed_at > allowed:
        raise Conflict("This can no longer be undone here: take the group back instead.")
    ((group_id, kind),) = session.rows(_QUERIES["review_group"], seq=item.closed_seq)
    by = replace(by, ground=Ground.TAKEN_BACK)
    if kind != _ANSWER:
        return invert(session, group_id, by=by, means=means)
    acted = _noted(session, item, "undo", by, means)
    session.run(_QUERIES["group_reopen"], seq=item.closed_seq)
    return acted


def _read(
    session: Session, number: int, answer: Answer, person: PersonId | None, by: By
) -> _Reading:
    """Returns the answer with the item that it is to, locked; Conflict without a claim on it."""
    session.rows(_QUERIES["review_lock"], review=number)
    row = row_of(session, number)
    item = item_of(row)
    is_held = item.claimed_by == by.actor and item.claimed_until is not None
    if item.state not in {"claimed", "second"} or not is_held or by.at > _until(item):
        raise Conflict("Claim this item before you answer it.")
    known = {candidate.person for candidate in item.candidates}
    if person is not None and person not in known:
        raise Incorrect("That person is none of the candidates.", where="person")
    if answer is Answer.SAME and person is None and known:
        if len(known) > 1:
            raise Incorrect("Say which of the candidates it is.", where="person")
        person = next(iter(known))
    return _Reading(item, answer, person, first_of(row))


def _until(item: Item) -> datetime:
    return item.claimed_until or item.opened_at


def _agrees(reading: _Reading) -> bool:
    first = reading.first
    return first is None or (first.verdict, first.person) == _said(reading)


def _said(reading: _Reading) -> tuple[str, str]:
    return str(reading.answer), str(reading.person or "")


def _first(session: Session, reading: _Reading, by: By) -> Answered:
    verdict, person = _said(reading)
    _settle(session, reading, _Settled("second", First(by.actor, verdict, person)))
    return Answered("second")


def _sleep(session: Session, reading: _Reading, by: By, means: Means) -> Answered:
    acted = None
    if reading.answer is Answer.SOURCE:
        acted = _noted(session, reading.item, str(reading.answer), by, means)
    _settle(session, reading, _Settled("asleep"))
    return Answered("asleep", acted)


def _close(session: Session, reading: _Reading, by: By, means: Means) -> Answered:
    acted = _done(session, reading, by, means)
    if acted is None:
        acted = _noted(session, reading.item, str(reading.answer), by, means)
    left = _left(reading)
    state = "open" if left else "closed"
    _settle(session, reading, _Settled(state, None, acted, by.at, left))
    return Answered(state, acted)


def _left(reading: _Reading) -> tuple[Candidate, ...]:
    """Returns the candidates that are still in question after one was ruled out."""
    if reading.answer is not Answer.NOT_SAME or reading.person is None:
        return ()
    return tuple(one for one in reading.item.candidates if one.person != reading.person)


def _done(session: Session, reading: _Reading, by: By, means: Means) -> Acted | None:
    """Does what follows from an answer; None where nothing does."""
    item = reading.item
    if item.kind == CONTROL:
        return None
    if item.kind == _OVERLAY:
        is_same = reading.answer is Answer.SAME
        return unfreeze(session, item.subject, by=by, means=means) if is_same else None
    if item.kind == _MERGE and reading.answer is Answer.SAME:
        return apply_refused(session, item.subject, by=by, means=means)
    if reading.answer is Answer.SAME:
        return _joined(session, reading, by, means)
    persons = [one.person for one in item.candidates if reading.person in {None, one.person}]
    return keep_apart(session, item.subject, persons, by=by, means=means)


def _joined(session: Session, reading: _Reading, by: By, means: Means) -> Acted | None:
    """Joins the person of the record with the one named, unless they are one by now."""
    if reading.person is None:
        return None
    own = whose(session, (reading.item.subject,))[reading.item.subject]
    found = roots(session, (own, reading.person))
    if found[own] == found[reading.person]:
        return None
    return join(session, own, reading.person, by=by, means=means)


def _noted(session: Session, item: Item, answer: str, by: By, means: Means) -> Acted:
    """Writes an event for an answer that changes no link."""
    told: dict[str, Json] = {"review": item.number, "answer": answer, "subjects": [item.subject]}
    group = Group(_ANSWER, by.names, by.cause, means.new_person(), by.at, remarks=told)
    return write(session, (group,))[0]


def _settle(session: Session, reading: _Reading, settled: _Settled) -> None:
    kept = [_told(one) for one in settled.left]
    first = settled.first
    is_closed = settled.state == "closed"
    session.run(
        _QUERIES["review_settle"],
        review=reading.item.number,
        state=settled.state,
        candidates=json.dumps(kept, default=float) if kept else None,
        first_verdict=None if first is None else json.dumps(asdict(first)),
        needs_two=first is not None,
        verdict=None if settled.state in {"open", "second"} else str(reading.answer),
        closed_seq=settled.acted.event.seq if is_closed and settled.acted is not None else None,
        closed_at=settled.at if is_closed else None,
    )


def _told(one: Candidate) -> dict[str, Json]:
    return {
        "person": str(one.person),
        "subjects": list[Json](one.subjects),
        "best": one.best,
        "w": Decimal(repr(one.weight)),
        "vetoes": list[Json](one.vetoes),
    }
