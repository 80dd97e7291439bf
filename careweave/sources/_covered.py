"""The report of what arrives and is not used.

Source: reference/interop.md 7.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from careweave.db import Queries, Row, Session

_QUERIES = Queries("careweave.sources")
_SHOWN_VALUES = 20
_PERIOD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class KindCoverage:
    """How many of the fields that came with a value were used, for one kind of message."""

    source: str
    mapping: str
    kind: str
    n_messages: int
    n_mapped: int
    n_unmapped: int

    @property
    def used_share(self) -> float:
        """Returns the share of fields that were used: 0 to 1, and 1 of none."""
        total = self.n_mapped + self.n_unmapped
        return self.n_mapped / total if total else 1.0


@dataclass(frozen=True, slots=True)
class UnmappedPath:
    """A field that no rule uses. `values` are the counts of its values, the most frequent first.

    `has_more` says that other values came besides. `example` is the number of a message.
    """

    source: str
    mapping: str
    path: str
    n_messages: int
    values: tuple[int, ...]
    has_more: bool
    first_at: datetime
    last_at: datetime
    example: int


@dataclass(frozen=True, slots=True)
class UnmappedCode:
    """A code that no table has."""

    source: str
    mapping: str
    table: str
    code: str
    display: str
    n: int
    first_at: datetime
    last_at: datetime
    example: int


@dataclass(frozen=True, slots=True)
class FindingCount:
    """How many messages had a finding."""

    source: str
    mapping: str
    finding: str
    n_messages: int
    first_at: datetime
    last_at: datetime
    example: int


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """What came in thirty days and was not used, most frequent first."""

    kinds: tuple[KindCoverage, ...]
    paths: tuple[UnmappedPath, ...]
    codes: tuple[UnmappedCode, ...]
    findings: tuple[FindingCount, ...]


def coverage(session: Session, source: str | None = None, *, now: datetime) -> CoverageReport:
    """Returns the report of one source, or of all."""
    since = now - _PERIOD
    kinds = session.rows(_QUERIES["coverage_kinds"], source=source, since=since.date())
    paths = session.rows(_QUERIES["coverage_unmapped"], source=source, since=since)
    codes = session.rows(_QUERIES["coverage_codes"], source=source, since=since)
    findings = session.rows(_QUERIES["coverage_findings"], source=source, since=since)
    return CoverageReport(
        kinds=tuple(KindCoverage(*row) for row in kinds),
        paths=tuple(_path(row) for row in paths),
        codes=tuple(UnmappedCode(*row) for row in codes),
        findings=tuple(FindingCount(*row) for row in findings),
    )


def _path(row: Row) -> UnmappedPath:
    source, mapping, path, n_messages, top, n_other, first_at, last_at, example = row
    counts = sorted(json.loads(top).values(), reverse=True)
    return UnmappedPath(
        source=source,
        mapping=mapping,
        path=path,
        n_messages=n_messages,
        values=tuple(counts[:_SHOWN_VALUES]),
        has_more=n_other > 0 or len(counts) > _SHOWN_VALUES,
        first_at=first_at,
        last_at=last_at,
        example=example,
    )
