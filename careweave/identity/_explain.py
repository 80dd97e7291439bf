"""A decision in words, with its figures beside them for those who ask.

Source: reference/identity.md section 14: the waterfall in words, numbers on request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import TypedDict
from uuid import UUID

import yaml

from careweave.db import Session
from careweave.identity._history import row_of_decision
from careweave.terms import PersonId, SubjectId


@dataclass(frozen=True, slots=True)
class Words:
    """The words of explanations, as `words.yaml` gives them."""

    fields: Mapping[str, str]
    levels: Mapping[str, str]
    strengths: Sequence[Mapping[str, str | float]]
    vetoes: Mapping[str, str]
    alarms: Mapping[str, str]
    confidences: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """What one field says: the sentence, and its weight in figures."""

    field: str
    level: str
    sentence: str
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a record belongs to a person, or does not: sentences first, figures for who asks.

    `sentences` are to be read in order; `fields` are the evidence, the strongest first.
    """

    decision: int
    seq: int
    group: UUID
    inverse_of: UUID | None
    kind: str
    subject: SubjectId
    version: int
    person: PersonId
    verdict: str
    method: str
    confidence: str
    decided_by: str
    decided_at: datetime
    sentences: tuple[str, ...]
    fields: tuple[Told, ...] = ()
    prior: float | None = None
    weight: float | None = None
    lead: float | None = None
    model: str | None = None
    supersedes: int | None = None


class _Field(TypedDict):
    field: str
    level: str
    w: float


class _Second(TypedDict):
    w: float


class _Blocking(TypedDict, total=False):
    candidates: int
    skipped: list[object]
    cut: int


class _Kept(TypedDict, total=False):
    """What the decision keeps of its evidence; reference/identity.md section 3."""

    prior: float
    fields: list[_Field]
    second: _Second | None
    vetoes: list[str]
    alarms: list[str]
    blocking: _Blocking


@cache
def words() -> Words:
    """Returns the words that the room comes with."""
    text = (files("careweave.identity") / "words.yaml").read_text("utf-8")
    return Words(**yaml.safe_load(text))


def explain(session: Session, decision: int) -> Explanation:
    """Returns why a decision was made, in plain words, with the figures behind them.

    NotFound when there is no such decision.
    """
    row = row_of_decision(session, decision)
    (number, seq, subject, version, person, verdict, method, reason, model, weight, *rest) = row
    (lead, kept, confidence, decided_by, decided_at, supersedes, kind, group, inverse_of) = rest
    fields = _fields(kept)
    return Explanation(
        number,
        seq,
        group,
        inverse_of,
        kind,
        SubjectId(subject),
        version,
        PersonId(person),
        verdict,
        method,
        confidence,
        decided_by,
        decided_at,
        (reason, *_confidence(verdict, confidence), *_sentences(kept, fields)),
        fields,
        kept.get("prior"),
        weight,
        lead,
        model,
        supersedes,
    )


def _confidence(verdict: str, confidence: str) -> tuple[str, ...]:
    told = words().confidences.get(confidence)
    return (told,) if told and verdict == "LINK" else ()


def _fields(kept: _Kept) -> tuple[Told, ...]:
    """Returns what each field says, the strongest first; what is not known of both is left out."""
    told = [
        Told(one["field"], one["level"], _sentence(one), one["w"])
        for one in kept.get("fields", [])
        if one["level"] != "null"
    ]
    return tuple(sorted(told, key=lambda one: (-abs(one.weight), one.field)))


def _sentence(one: _Field) -> str:
    known = words()
    field = known.fields.get(one["field"], f"The field {one['field']}")
    level = known.levels.get(one["level"], f"is at the level {one['level']}")
    return f"{field} {level}: {_strength(one['w'])}."


def _strength(weight: float) -> str:
    bounds = words().strengths
    found = next((one for one in bounds if weight >= float(one["from"])), bounds[-1])
    return str(found["words"])


def _sentences(kept: _Kept, fields: Sequence[Told]) -> list[str]:
    known = words()
    told = [one.sentence for one in fields]
    told += [known.vetoes[code] for code in kept.get("vetoes", []) if code in known.vetoes]
    told += [known.alarms[code] for code in kept.get("alarms", []) if code in known.alarms]
    if kept.get("second"):
        told.append("Another person was compared as well and agrees less.")
    blocking = kept.get("blocking", {})
    if blocking.get("skipped") or blocking.get("cut"):
        told.append("Too many people share some of these details, so that not all were compared.")
    return told
