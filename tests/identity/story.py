"""What a store came to, told so that two stores can be held against each other.

Persons are called by the first subject that was given to them, for their ids are drawn by chance.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_DECISIONS = """
SELECT subject, version, person::text, verdict, method, reason, model, weight, lead,
    explanation::text, confidence, decided_by, supersedes IS NOT NULL
FROM identity.decision ORDER BY decision"""
_OTHERS = (
    "SELECT subject, person::text, until_seq IS NULL FROM identity.membership ORDER BY from_seq",
    """SELECT subject, kind, candidates::text, hazard, value, basis, state, needs_two
    FROM identity.review ORDER BY review""",
    """SELECT subject, state, is_provisional, replaced_by, version, norm, seen_at, is_incomplete
    FROM identity.local_identity ORDER BY subject""",
    """SELECT subject, version, source, entry_version, raw, content_hash
    FROM identity.source_record ORDER BY subject, version""",
    "SELECT subject, key, kind, is_past FROM identity.block_key ORDER BY subject, key",
    """SELECT left_subject, right_subject, kind, basis, until_seq IS NULL
    FROM identity.barrier ORDER BY from_seq, left_subject, right_subject""",
)

Story = Mapping[int, list[tuple[object, ...]]]
"""All that is kept of each subject, in the order in which it was decided."""


def story(url: str) -> Story:
    """Returns what a store keeps of each subject."""
    found: dict[int, list[tuple[object, ...]]] = defaultdict(list)
    with psycopg.connect(url) as connection:
        names = dict(_names(connection))
        for query in (_DECISIONS, *_OTHERS):
            for subject, *rest in connection.execute(query.encode()):
                found[subject].append(tuple(_named(one, names) for one in rest))
    return found


def agreeing(left: Story, right: Story) -> int:
    """Returns of how many subjects both tell the same."""
    return sum(left.get(one) == right.get(one) for one in left.keys() | right.keys())


def _names(connection: "psycopg.Connection[Any]") -> Iterator[tuple[str, str]]:
    rows = connection.execute(
        "SELECT DISTINCT ON (person) person::text, subject FROM identity.decision"
        " ORDER BY person, decision"
    )
    return ((person, f"person of {subject}") for person, subject in rows)


def _named(value: object, names: Mapping[str, str]) -> object:
    return _ID.sub(lambda at: names.get(at[0], at[0]), value) if isinstance(value, str) else value
