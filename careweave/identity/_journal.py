"""The only writer of what is decided: events, rulings, memberships, forwards, barriers, states."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from careweave.db import Queries, Row, Session
from careweave.identity._outcome import Change, Event
from careweave.terms import Json, PersonId, SubjectId

_QUERIES = Queries("careweave.identity")

# Made once: making one costs as much as what it writes of an event.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=float)

Verdict = Literal["LINK", "NOT_SAME", "UNLINK"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is decided of one subject and one person, with all that explains it.

    A LINK closes the membership that is open and opens one of the person, unless the subject is
    there already; an UNLINK alone leaves the subject without a person. `version` is that of the
    demographics that were judged, `supersedes` the decision that is put aside.
    """

    subject: SubjectId
    version: int
    person: PersonId
    verdict: Verdict
    method: str
    reason: str
    confidence: str
    model: str | None = None
    weight: float | None = None
    lead: float | None = None
    explanation: Mapping[str, Json] = field(default_factory=dict[str, Json])
    supersedes: int | None = None


@dataclass(frozen=True, slots=True)
class Forward:
    """A person that answers as another from now on."""

    person: PersonId
    to_person: PersonId


@dataclass(frozen=True, slots=True)
class Wall:
    """Two subjects that must not be one person: `left` is the smaller number."""

    left: SubjectId
    right: SubjectId
    kind: str
    basis: bytes | None = None


@dataclass(frozen=True, slots=True)
class StateChange:
    """The state of a local identity and what replaces it, before and after."""

    subject: SubjectId
    before: str
    after: str
    replaced_before: SubjectId | None = None
    replaced_after: SubjectId | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """All that is decided together, and can be taken back together: one event.

    A subject is ruled on in one group of a writing only.
    """

    kind: str
    actor: str
    cause: str
    group_id: UUID
    at: datetime
    inverse_of: UUID | None = None
    persons: tuple[PersonId, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    forwards: tuple[Forward, ...] = ()
    ended_forwards: tuple[PersonId, ...] = ()
    walls: tuple[Wall, ...] = ()
    ended_walls: tuple[Wall, ...] = ()
    states: tuple[StateChange, ...] = ()
    remarks: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Acted:
    """What an act became: its event, and the memberships that it changed."""

    event: Event
    changes: tuple[Change, ...] = ()


def write(session: Session, groups: Sequence[Group]) -> tuple[Acted, ...]:
    """Writes the groups in the caller's transaction and returns what each became, in order.

    The number of statements does not depend on the number of groups; they go in one round trip.
    """
    if not groups:
        return ()
    payloads = [_canonical(payload_of(group)) for group in groups]
    digests = [_digest(g, p) for g, p in zip(groups, payloads, strict=True)]
    session.defer(_QUERIES["journal_events"], **_events(groups, payloads, digests))
    _defer_rows(session, groups)
    touched = [(group.group_id, subject) for group in groups for subject in _touched(group)]
    rows = session.rows(
        _QUERIES["journal_outcome"],
        group_ids=[group.group_id for group in groups],
        touched_groups=[group_id for group_id, _ in touched],
        subjects=[subject for _, subject in touched],
    )
    return _outcomes(groups, digests, rows)


def payload_of(group: Group) -> dict[str, Json]:
    """Returns what an event tells of a group: numbers of subjects and persons, no demographics."""
    told: dict[str, Json] = {
        "persons": [str(person) for person in group.persons],
        "rulings": [[r.subject, r.verdict, str(r.person), r.method] for r in group.rulings],
        "forwards": [[str(f.person), str(f.to_person)] for f in group.forwards],
        "ended_forwards": [str(person) for person in group.ended_forwards],
        "barriers": [[w.left, w.right, w.kind] for w in group.walls],
        "ended_barriers": [[w.left, w.right, w.kind] for w in group.ended_walls],
        "states": [
            [s.subject, s.before, s.after, s.replaced_before, s.replaced_after]
            for s in group.states
        ],
    }
    return {key: value for key, value in {**told, **group.remarks}.items() if value}


def _canonical(value: Mapping[str, Json]) -> str:
    return _ENCODER.encode(value)


def _digest(group: Group, payload: str) -> bytes:
    inverse_of = str(group.inverse_of or "")
    parts = [group.kind, group.actor, group.cause, str(group.group_id), inverse_of]
    text = _ENCODER.encode([*parts, group.at.isoformat(), payload])
    return hashlib.sha256(text.encode()).digest()


def _events(
    groups: Sequence[Group], payloads: Sequence[str], digests: Sequence[bytes]
) -> dict[str, list[object]]:
    return {
        "at": [group.at for group in groups],
        "kinds": [group.kind for group in groups],
        "actors": [group.actor for group in groups],
        "causes": [group.cause for group in groups],
        "group_ids": [group.group_id for group in groups],
        "inverse_of": [group.inverse_of for group in groups],
        "payloads": list(payloads),
        "digests": list(digests),
    }


def _defer_rows(session: Session, groups: Sequence[Group]) -> None:
    """Sends the rows that there are, those that end something before those that begin it."""
    steps = (
        ("journal_persons", _persons(groups)),
        ("journal_forwards_end", _ended_forwards(groups)),
        ("journal_forwards", _forwards(groups)),
        ("journal_barriers_end", _walls(groups, are_ended=True)),
        ("journal_states", _states(groups)),
        ("journal_rulings", _rulings(groups)),
        ("journal_barriers", _walls(groups, are_ended=False)),
    )
    for name, values in steps:
        if values["group_ids"]:
            session.defer(_QUERIES[name], **values)


def _persons(groups: Sequence[Group]) -> dict[str, list[object]]:
    rows = [(group.group_id, person) for group in groups for person in group.persons]
    return {"group_ids": [row[0] for row in rows], "persons": [row[1] for row in rows]}


def _ended_forwards(groups: Sequence[Group]) -> dict[str, list[object]]:
    rows = [(group.group_id, person) for group in groups for person in group.ended_forwards]
    return {"group_ids": [row[0] for row in rows], "persons": [row[1] for row in rows]}


def _forwards(groups: Sequence[Group]) -> dict[str, list[object]]:
    rows = [(group.group_id, forward) for group in groups for forward in group.forwards]
    return {
        "group_ids": [group_id for group_id, _ in rows],
        "persons": [forward.person for _, forward in rows],
        "to_persons": [forward.to_person for _, forward in rows],
    }


def _walls(groups: Sequence[Group], *, are_ended: bool) -> dict[str, list[object]]:
    rows = [
        (group.group_id, wall)
        for group in groups
        for wall in (group.ended_walls if are_ended else group.walls)
    ]
    values: dict[str, list[object]] = {
        "group_ids": [group_id for group_id, _ in rows],
        "lefts": [wall.left for _, wall in rows],
        "rights": [wall.right for _, wall in rows],
        "kinds": [wall.kind for _, wall in rows],
    }
    return values if are_ended else {**values, "bases": [wall.basis for _, wall in rows]}


def _states(groups: Sequence[Group]) -> dict[str, list[object]]:
    rows = [(group.group_id, state) for group in groups for state in group.states]
    return {
        "group_ids": [group_id for group_id, _ in rows],
        "subjects": [state.subject for _, state in rows],
        "states": [state.after for _, state in rows],
        "replaced_by": [state.replaced_after for _, state in rows],
    }


def _rulings(groups: Sequence[Group]) -> dict[str, list[object]]:
    rows = [(group, ruling) for group in groups for ruling in group.rulings]
    return {
        "group_ids": [group.group_id for group, _ in rows],
        "subjects": [ruling.subject for _, ruling in rows],
        "versions": [ruling.version for _, ruling in rows],
        "persons": [ruling.person for _, ruling in rows],
        "verdicts": [ruling.verdict for _, ruling in rows],
        "methods": [ruling.method for _, ruling in rows],
        "reasons": [ruling.reason for _, ruling in rows],
        "models": [ruling.model for _, ruling in rows],
        "weights": [ruling.weight for _, ruling in rows],
        "leads": [ruling.lead for _, ruling in rows],
        "explanations": [_canonical(ruling.explanation) for _, ruling in rows],
        "confidences": [ruling.confidence for _, ruling in rows],
        "deciders": [group.actor for group, _ in rows],
        "supersedes": [ruling.supersedes for _, ruling in rows],
    }


def _touched(group: Group) -> list[SubjectId]:
    ruled = {ruling.subject for ruling in group.rulings if ruling.verdict != "NOT_SAME"}
    return sorted(ruled | {state.subject for state in group.states})


def _outcomes(
    groups: Sequence[Group], digests: Sequence[bytes], rows: Sequence[Row]
) -> tuple[Acted, ...]:
    seqs: dict[UUID, int] = {}
    changes: dict[UUID, list[Change]] = {}
    for group_id, seq, subject, person, decision, since, state in rows:
        seqs[group_id] = seq
        if subject is not None:
            change = Change(subject, person, decision, since, is_frozen=state == "frozen")
            changes.setdefault(group_id, []).append(change)
    return tuple(
        Acted(
            Event(seqs[one.group_id], one.kind, one.group_id, digest, tuple(_touched(one))),
            tuple(changes.get(one.group_id, ())),
        )
        for one, digest in zip(groups, digests, strict=True)
    )
