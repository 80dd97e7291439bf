"""How long and how much, for those who decide by hand: data, not code."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """Spans and counts of the queue: `review.yaml` says what each is."""

    claim_minutes: int
    undo_minutes: int
    records_for_two: int
    link_wait_hours: int
    sweep_batch: int
    due_hours: Mapping[int, int]

    def due_at(self, hazard: int, at: datetime) -> datetime:
        """Returns until when an item of that hazard should be answered."""
        return at + timedelta(hours=self.due_hours[hazard])


@cache
def review_rules() -> ReviewRules:
    """Returns the rules that the room comes with."""
    text = (files("careweave.identity") / "review.yaml").read_text("utf-8")
    return ReviewRules(**yaml.safe_load(text))
