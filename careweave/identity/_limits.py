"""The limits of the room: data, not code."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class Limits:
    """Counts and spans by which candidates are found and vetoes are judged: `limits.yaml` says."""

    hot_key: int
    pair_key: int
    candidates: int
    usable_fields: int
    comparable_fields: int
    members: int
    members_of_authority: int
    active_days: int
    death_days: int
    birth_years: int
    generation_years: int
    common_token: float
    known_name: float
    forename_similarity: float
    overlay_evidence: float


@cache
def limits() -> Limits:
    """Returns the limits that the room comes with."""
    text = (files("careweave.identity") / "limits.yaml").read_text("utf-8")
    return Limits(**yaml.safe_load(text))
