"""When the person is told of a look, and what an account says of the clauses. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from careweave.agreements import Rules
from careweave.disclosure._clauses import Clauses
from careweave.disclosure._leaving import Leaving
from careweave.record import Row
from careweave.terms import Branch, Json, Label, Purpose, Role

NOW = "now"
WITHHELD = "withheld"
PERSON_ONLY = "person-only"
"""The person is told, and nobody who stands for them."""

_NEVER = "-"

_UNTOLD = frozenset({Purpose.SAFEGUARDING, Purpose.LEGAL})
"""Looks that nobody is told of. Source: `reference/record.md` 6.4."""


@dataclass(frozen=True, slots=True)
class Telling:
    """When a person is told of looks: by clause, and of which labels never.

    `untold` are labels that leave no trace for the person, `private` those that leave none for who
    stands for them; a look at such an entry must not betray it.
    Source: `reference/agreements.md` 1.5, "hidden how"; `reference/security.md` 5.5.
    """

    by_clause: Mapping[str, str]
    untold: frozenset[Label]
    private: frozenset[Label] = frozenset()

    def of(self, purpose: str, branch: Branch, row: Row) -> str:
        """Returns when the person is told that this was looked at: now, delayed, or never."""
        if purpose in _UNTOLD or not self.untold.isdisjoint(row.labels):
            return WITHHELD
        when = self.by_clause.get(branch.clause, NOW)
        is_private = when == NOW and not self.private.isdisjoint(row.labels)
        return PERSON_ONLY if is_private else when


def telling(rules: Rules, clauses: Clauses) -> Telling:
    """Returns when looks are told of under these rules and clauses."""
    untold = _never(rules, Role.CI) & rules.silent
    logs = {name: clause.log_to_person for name, clause in clauses.items()}
    return Telling(logs, untold, _never(rules, Role.PX) - untold)


def _never(rules: Rules, role: Role) -> frozenset[Label]:
    return frozenset(label for label in Label if rules.labels.get((label, role)) == _NEVER)


def clauses_told(left: Leaving, rows: Iterable[Row], at: datetime) -> str:
    """Returns what let these rows be seen, as the account keeps it: JSON, sorted, no blanks.

    For each clause, heading and level: how many, how old the newest and the oldest are, and what
    was taken out. Source: `reference/security.md` 5.1.
    """
    ages: dict[tuple[str, str, str, tuple[str, ...]], list[int]] = {}
    for row in rows:
        branch = left.branch(row)
        heading = "" if row.heading is None else str(row.heading)
        key = (branch.clause, heading, branch.level, tuple(sorted(left.masks(row))))
        ages.setdefault(key, []).append(max(0, int((at - row.updated).total_seconds())))
    told: list[Json] = [_one(*key, found) for key, found in sorted(ages.items())]
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def _one(clause: str, heading: str, level: str, masks: tuple[str, ...], ages: list[int]) -> Json:
    found: dict[str, Json] = {
        "clause": clause,
        "heading": heading,
        "items": len(ages),
        "level": level,
        "newest_age_s": min(ages),
        "oldest_age_s": max(ages),
    }
    return found | {"masks": list(masks)} if masks else found
