"""The explanation of a decision as data: fields, levels, weights, codes; no value of anybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from careweave.identity._member import Member
from careweave.identity._model import Model
from careweave.identity._norm import NORM_VERSION
from careweave.identity._score import Part
from careweave.identity._weigh import Weighed
from careweave.terms import Json


@dataclass(frozen=True, slots=True)
class Skipped:
    """A key that too many share: its kind, and how many subjects have it."""

    kind: int
    n: int


@dataclass(frozen=True, slots=True)
class Blocking:
    """How candidates were found: the kinds of keys, how many there were, what was left out.

    `n_cut` are candidates that were not compared because there were too many.
    """

    kinds: tuple[int, ...] = ()
    n_candidates: int = 0
    skipped: tuple[Skipped, ...] = ()
    n_cut: int = 0

    @property
    def is_incomplete(self) -> bool:
        """Says that somebody may not have been looked at."""
        return bool(self.skipped or self.n_cut)


def explanation(
    record: Member,
    chosen: Weighed | None,
    ranked: Sequence[Weighed],
    model: Model,
    blocking: Blocking,
) -> dict[str, Json]:
    """Returns what a decision was made of; `chosen` is the person it was about, or the nearest.

    The prior and the weights of the fields add up to the weight of the best.
    """
    told: dict[str, Json] = {
        "model": model.name,
        "norm": NORM_VERSION,
        "blocking": _blocking(blocking),
    }
    if chosen is None:
        return told
    second = next((one for one in ranked if one is not chosen), None)
    said: dict[str, Json] = {
        "prior": exactly(model.prior),
        "fields": [_field(part) for part in chosen.scored.parts],
        "best": _person(chosen) | {"subject": chosen.best.subject},
        "second": None if second is None else _person(second),
        "vetoes": list[Json](sorted(chosen.vetoes)),
        "alarms": _alarms(record, chosen),
    }
    return told | said


def exactly(number: float) -> Decimal:
    """Returns the number with all its digits, so that sums hold."""
    return Decimal(repr(number))


def _field(part: Part) -> dict[str, Json]:
    told: dict[str, Json] = {
        "field": part.field,
        "level": part.level,
        "w": exactly(part.weight),
    }
    return told | ({"tf": exactly(part.tf_weight)} if part.tf_weight else {})


def _person(one: Weighed) -> dict[str, Json]:
    return {"person": str(one.group.person), "w": exactly(one.weight)}


def _blocking(blocking: Blocking) -> dict[str, Json]:
    told: dict[str, Json] = {
        "kinds": list[Json](blocking.kinds),
        "candidates": blocking.n_candidates,
        "skipped": [{"kind": one.kind, "n": one.n} for one in blocking.skipped],
    }
    return told | ({"cut": blocking.n_cut} if blocking.n_cut else {})


def _alarms(record: Member, chosen: Weighed) -> list[Json]:
    """Returns the codes of what is odd but forbids nothing: A1, the sex differs."""
    ours, theirs = record.norm.sex, chosen.best.norm.sex
    return ["A1"] if ours and theirs and ours != theirs else []


def persons_told(persons: Sequence[Weighed]) -> list[dict[str, Json]]:
    """Returns the persons of a review item: ids, weights, vetoes."""
    return [_told(one) for one in persons]


def _told(one: Weighed) -> dict[str, Json]:
    return {
        "person": str(one.group.person),
        "subjects": [member.subject for member in one.group.members],
        "best": one.best.subject,
        "w": exactly(round(one.weight, 3)),
        "vetoes": list[Json](sorted(one.vetoes)),
    }
