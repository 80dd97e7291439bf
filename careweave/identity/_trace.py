"""The number of a person traced with the national register: a cascade of questions.

The register is a `Tracer` that wiring passes in; this module only decides what to ask it next and
what its answers mean. It keeps no number and no answer.

Source: reference/identity.md section 12.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Protocol

import yaml

from careweave.identity._demographics import Demographics, WrittenName
from careweave.identity._norm import Norm
from careweave.terms import NhsNumber


@dataclass(frozen=True, slots=True)
class Step:
    """One question of the cascade: the fields it needs and sends, and how the register looks."""

    is_fuzzy: bool
    has_history: bool
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Tracing:
    """How to trace: `tracing.yaml` says what each member means."""

    confident: float
    birth_months: int
    per_second: float
    again_after_none: int
    again_after_found: int
    queries: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A question to the register. What is not asked for is empty; `born` is a span of days."""

    is_fuzzy: bool
    has_history: bool
    family: str
    given: tuple[str, ...]
    born: tuple[date, date]
    sex: str
    postcode: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One person that the register found, with its own score from 0 to 1."""

    number: NhsNumber
    score: float


@dataclass(frozen=True, slots=True)
class TooMany:
    """The register found too many to tell them."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The register did not answer in its time."""


Answer = tuple[Hit, ...] | TooMany | Unreachable
"""What the register says to one question."""


class Tracer(Protocol):
    """The national register as it can be asked."""

    def ask(self, query: Query) -> Answer:
        """Returns the answer to one question."""
        ...


@dataclass(frozen=True, slots=True)
class Traced:
    """One person, found with confidence by the question `step`, counted from 1."""

    number: NhsNumber
    score: float
    step: int


@dataclass(frozen=True, slots=True)
class Perhaps:
    """One person who may be meant, found below confidence: for a human, never a verified number."""

    hit: Hit
    step: int


@dataclass(frozen=True, slots=True)
class Several:
    """More than one person may be meant."""

    step: int


@dataclass(frozen=True, slots=True)
class Untraced:
    """Nobody was found. `n_asked` is 0 where too little is known to ask."""

    n_asked: int


Outcome = Traced | Perhaps | Several | Untraced | Unreachable
"""What a trace came to."""


@cache
def tracing() -> Tracing:
    """Returns how the room traces unless a region says otherwise."""
    text = (files("careweave.identity") / "tracing.yaml").read_text("utf-8")
    told = yaml.safe_load(text)
    steps = tuple(
        Step(one["is_fuzzy"], one["has_history"], frozenset(one["fields"]))
        for one in told.pop("queries")
    )
    return Tracing(**told, queries=steps)


def trace(written: Demographics, norm: Norm, tracer: Tracer, how: Tracing) -> Outcome:
    """Returns the number of a person, asking until one answer is confident.

    An unreachable register ends the trace: to ask for less is no way round a silent one. Without
    a confident answer the best single hit is told, else that several were found, else nobody.
    """
    perhaps: Perhaps | None = None
    several: Several | None = None
    n_asked = 0
    for number, query in queries(written, norm, how):
        answer = tracer.ask(query)
        n_asked += 1
        match _meant(answer, number, how):
            case Traced() | Unreachable() as final:
                return final
            case Perhaps() as found if perhaps is None or found.hit.score > perhaps.hit.score:
                perhaps = found
            case Several() as found:
                several = several or found
            case _:
                pass
    return perhaps or several or Untraced(n_asked)


def _meant(answer: Answer, number: int, how: Tracing) -> Outcome:
    """Returns what one answer means."""
    match answer:
        case Unreachable():
            return answer
        case ():
            return Untraced(number)
        case (hit,):
            is_sure = hit.score >= how.confident
            return Traced(hit.number, hit.score, number) if is_sure else Perhaps(hit, number)
        case _:
            return Several(number)


def queries(written: Demographics, norm: Norm, how: Tracing) -> Iterator[tuple[int, Query]]:
    """Gives the questions that can be asked with what is known, each with its number from 1."""
    name = _name(written.names)
    born = _born(norm)
    if born is None or not name.family:
        return
    postcode = next(
        (home.postcode for home in norm.homes if home.postcode and not home.is_past), ""
    )
    known = {"family": name.family, "given": name.given, "sex": norm.sex, "postcode": postcode}
    for number, step in enumerate(how.queries, start=1):
        asked = step.fields - {"birth", "birth_range"}
        if not all(known[field] for field in asked):
            continue
        months = how.birth_months if "birth_range" in step.fields else 0
        yield (
            number,
            Query(
                is_fuzzy=step.is_fuzzy,
                has_history=step.has_history,
                family=name.family,
                given=name.given if "given" in asked else (),
                born=(_moved(born, -months), _moved(born, months)),
                sex=norm.sex if "sex" in asked else "",
                postcode=postcode if "postcode" in asked else "",
            ),
        )


def _name(names: Sequence[WrittenName]) -> WrittenName:
    """Returns the current name, as written: the official or usual one first."""
    current = [name for name in names if name.family and not name.is_past]
    ranks = {"official": 0, "usual": 1}
    return min(current, key=lambda name: ranks.get(name.use, 2), default=WrittenName())


def _born(norm: Norm) -> date | None:
    """Returns the birth date where it is whole and possible."""
    if norm.birth is None or norm.precision != "day":
        return None
    try:
        return date(*norm.birth)
    except ValueError:
        return None


def _moved(day: date, months: int) -> date:
    """Returns the same day so many months on, the last of the month where it has none."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(years + (month == 11), (month + 1) % 12 + 1, 1)
    last = (first_of_next - timedelta(days=1)).day
    return date(years, month + 1, min(day.day, last))


def is_due(
    asked_at: datetime | None, *, at: datetime, was_found: bool, is_alarmed: bool, how: Tracing
) -> bool:
    """Says whether somebody is to be traced, for the first time or again.

    Again: after a year, after a week where nobody was found, and at once at an alarm that two
    people's data lie under one number.
    """
    if asked_at is None or is_alarmed:
        return True
    days = how.again_after_found if was_found else how.again_after_none
    return at - asked_at >= timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Pace:
    """How much of the next question is due: `left` of it at `at`, below 0 while some wait."""

    left: float
    at: datetime


def paced(pace: Pace, at: datetime, how: Tracing) -> tuple[Pace, float]:
    """Returns the pace after one more question, and how many seconds it has to wait first."""
    passed = max((at - pace.at).total_seconds(), 0.0)
    left = min(pace.left + passed * how.per_second, 1.0) - 1
    return Pace(left, max(at, pace.at)), max(-left, 0.0) / how.per_second
