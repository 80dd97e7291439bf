"""How dangerous it would be to take these people for somebody else, from what is held of them.

Source: reference/identity.md 14. Nothing of the content is read: headings and dates only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from careweave import record
from careweave.db import Session
from careweave.identity import Hazards
from careweave.intake._nodes import Node, node, packaged, texts
from careweave.record import Stake
from careweave.terms import Heading, SubjectId


@dataclass(frozen=True, slots=True)
class _Scale:
    """What counts for how much."""

    headings: frozenset[Heading]
    visit: timedelta
    active: timedelta
    hazards: Mapping[str, int]

    def hazard(self, stake: Stake) -> int:
        """Returns how dangerous an error would be, 1 to 4."""
        if stake.has_heading:
            return self.hazards["grave"]
        if stake.has_visit:
            return self.hazards["visit"]
        return self.hazards["active" if stake.is_active else "other"]


def hazards_at(at: datetime) -> Hazards:
    """Returns what tells identity how dangerous an error would be, as things are at this moment."""

    def hazards(session: Session, subjects: Sequence[SubjectId]) -> Mapping[SubjectId, int]:
        scale = _scale()
        stakes = record.stakes(
            session,
            subjects,
            headings=scale.headings,
            visit_since=at - scale.visit,
            active_since=at - scale.active,
        )
        return {subject: scale.hazard(stake) for subject, stake in stakes.items()}

    return hazards


@cache
def _scale() -> _Scale:
    rules = packaged("hazards.yaml", "hazards/1")
    parts = {name: node(rules[name]) for name in ("grave", "visit", "active", "other")}
    return _Scale(
        headings=frozenset(map(Heading, texts(parts["grave"], "headings"))),
        visit=timedelta(days=_number(parts["visit"], "days")),
        active=timedelta(days=_number(parts["active"], "days")),
        hazards={name: _number(part, "hazard") for name, part in parts.items()},
    )


def _number(part: Node, name: str) -> int:
    return int(str(part[name]))
