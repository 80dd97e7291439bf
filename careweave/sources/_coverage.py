"""Which fields arrive, which of them a mapping uses, and which it does not know.

Source: reference/interop.md 7.
"""

import hmac
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from careweave.db import Queries, Session
from careweave.sources._reading import Coverage

_QUERIES = Queries("careweave.sources")
_KEPT_VALUES = 40
"""Twice the twenty that are shown, so that a value that grows late still gets among them."""
_DIGEST = 8
_DISPLAY = 120
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+*-]{0,31}")
"""One word. Free text that came where a code belongs may say anything of anybody."""
_NUMBER = re.compile(r"[0-9]{9}")
"""The length of numbers that people have."""
_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CoverageNote:
    """What one message showed of its mapping; `findings` are words of the closed lists."""

    source: str
    mapping: str
    kind: str
    message: int
    at: datetime
    coverage: Coverage
    findings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Seen:
    """How often something came, when, and where it stands as an example."""

    n: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    example: int = 0

    def count(self, note: CoverageNote) -> None:
        self.n += 1
        self.first_at = min(self.first_at or note.at, note.at)
        self.last_at = max(self.last_at or note.at, note.at)
        self.example = note.message


@dataclass(slots=True)
class _Day:
    n_messages: int = 0
    n_mapped: int = 0
    n_unmapped: int = 0


@dataclass(slots=True)
class _Gathered:
    """What many messages showed, counted."""

    days: defaultdict[tuple[str, str, str, date], _Day] = field(
        default_factory=lambda: defaultdict(_Day)
    )
    paths: defaultdict[tuple[str, str, str, date], Counter[bool]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    unmapped: defaultdict[_Key, _Seen] = field(default_factory=lambda: defaultdict(_Seen))
    values: defaultdict[_Key, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    codes: defaultdict[_Key, _Seen] = field(default_factory=lambda: defaultdict(_Seen))
    displays: dict[_Key, str] = field(default_factory=dict)
    findings: defaultdict[_Key, _Seen] = field(default_factory=lambda: defaultdict(_Seen))


def note_coverage(session: Session, notes: Sequence[CoverageNote]) -> None:
    """Adds what messages showed, in six statements however many there are.

    No value of a field is kept: only its digest under the secret of the installation.
    """
    if not notes:
        return
    gathered = _gather(session.secret, notes)
    _write_days(session, gathered)
    _write_unmapped(session, gathered)
    _write_codes(session, gathered)
    if gathered.findings:
        values = _columns(gathered.findings, ("sources", "mappings", "findings"))
        session.run(_QUERIES["note_findings"], **values)


def _gather(secret: bytes, notes: Iterable[CoverageNote]) -> _Gathered:
    gathered = _Gathered()
    for note in notes:
        _count_fields(gathered, note)
        for path, value in note.coverage.unmapped:
            gathered.values[note.source, note.mapping, path][_digest(secret, path, value)] += 1
        for table, code, display in note.coverage.codes:
            is_code = _is_code(code)
            said = code if is_code else f"#{_digest(secret, table, code)}"
            key = (note.source, note.mapping, table, said)
            gathered.codes[key].count(note)
            gathered.displays[key] = _clean(display, _DISPLAY) if is_code else ""
        for finding in set(note.findings):
            gathered.findings[note.source, note.mapping, finding].count(note)
    return gathered


def _count_fields(gathered: _Gathered, note: CoverageNote) -> None:
    unmapped = {path for path, _ in note.coverage.unmapped}
    day = note.at.date()
    counted = gathered.days[note.source, note.mapping, note.kind, day]
    counted.n_messages += 1
    counted.n_mapped += len(note.coverage.mapped)
    counted.n_unmapped += len(unmapped)
    for path in note.coverage.mapped:
        gathered.paths[note.source, note.kind, path, day][True] += 1
    for path in unmapped:
        gathered.paths[note.source, note.kind, path, day][False] += 1
        gathered.unmapped[note.source, note.mapping, path].count(note)


def _digest(secret: bytes, path: str, value: str) -> str:
    # With the path, so that the same number in two fields cannot be told from the digests.
    return hmac.digest(secret, f"coverage\x1f{path}\x1f{value}".encode(), "sha256")[:_DIGEST].hex()


def _is_code(text: str) -> bool:
    """Tells whether a value reads like a code: then no digest of it stands, but itself."""
    return bool(_CODE.fullmatch(text)) and not _NUMBER.search(text)


def _clean(text: str, most: int) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text[:most])


def _write_days(session: Session, gathered: _Gathered) -> None:
    days = gathered.days
    session.run(
        _QUERIES["note_days"],
        **_split(days, ("sources", "mappings", "kinds", "days")),
        messages=[day.n_messages for day in days.values()],
        mapped=[day.n_mapped for day in days.values()],
        unmapped=[day.n_unmapped for day in days.values()],
    )
    paths = gathered.paths
    if paths:
        session.run(
            _QUERIES["note_paths"],
            **_split(paths, ("sources", "kinds", "paths", "days")),
            ns=[counts.total() for counts in paths.values()],
            mapped=[counts[True] > 0 for counts in paths.values()],
        )


def _write_unmapped(session: Session, gathered: _Gathered) -> None:
    seen = gathered.unmapped
    if not seen:
        return
    keys = _split(seen, ("sources", "mappings", "paths"))
    rows = session.rows(_QUERIES["unmapped_tops"], **keys)
    held: dict[_Key, dict[str, int]] = {tuple(row[:3]): json.loads(row[3]) for row in rows}
    tops = [_top(held.get(key, {}), gathered.values[key]) for key in seen]
    session.run(
        _QUERIES["note_unmapped"],
        **_columns(seen, ("sources", "mappings", "paths")),
        tops=[json.dumps(top) for top, _ in tops],
        others=[n_other for _, n_other in tops],
    )


def _top(held: Mapping[str, int], came: Counter[str]) -> tuple[dict[str, int], int]:
    """Returns the most frequent values after some more came, and how often what fell out came."""
    both = Counter(held)
    both.update(came)
    # By number and then by digest, so that the same messages leave the same values.
    ordered = sorted(both.items(), key=lambda item: (-item[1], item[0]))
    return dict(ordered[:_KEPT_VALUES]), sum(n for _, n in ordered[_KEPT_VALUES:])


def _write_codes(session: Session, gathered: _Gathered) -> None:
    if gathered.codes:
        session.run(
            _QUERIES["note_codes"],
            **_columns(gathered.codes, ("sources", "mappings", "tables", "codes")),
            displays=[gathered.displays[key] for key in gathered.codes],
        )


def _columns(seen: Mapping[_Key, _Seen], names: Sequence[str]) -> dict[str, list[object]]:
    counted = seen.values()
    return _split(seen, names) | {
        "ns": [one.n for one in counted],
        "firsts": [one.first_at for one in counted],
        "lasts": [one.last_at for one in counted],
        "examples": [one.example for one in counted],
    }


def _split(keys: Iterable[tuple[object, ...]], names: Sequence[str]) -> dict[str, list[object]]:
    listed = list(keys)
    return {name: [key[at] for key in listed] for at, name in enumerate(names)}
