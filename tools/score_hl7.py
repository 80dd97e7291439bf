"""Compares what the ready HL7 v2 mappings make of public samples with another converter's results.

    python tools/score_hl7.py [--misses] [--json] [DATA]

Prints for each message type the precision, recall and F1 of the clinical core and the recall of
resources, the weighted mean, and (--misses) every miss with its reason from hl7_reasons.yaml.
The rubric: reference/interop.md 12.2. No mapping is tuned on the samples: where the other
converter reads the standard otherwise, the mapping stays and the reason says why.
"""

import argparse
import json
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]

from hl7_rubric import (  # noqa: E402  after the path of the checkout
    BESIDE,
    HEADLINE,
    OTHERS,
    Leaf,
    Pair,
    align,
    world_of,
    world_of_bundle,
)

from careweave.sources import Reading, Sources, load_sources, peek, read  # noqa: E402

DATA = ROOT.parent / "shared" / "data" / "hl7v2"
REASONS = Path(__file__).with_name("hl7_reasons.yaml")
SECRET = b"a key that only scores"
MAPPINGS = {
    "uk-adt": ("ADT",),
    "uk-oru": ("ORU",),
    "uk-oul": ("OUL",),
    "uk-orm": ("ORM", "OMG", "OML", "OMI", "OMP", "ORL", "ORR"),
    "uk-mdm": ("MDM",),
    "uk-siu": ("SIU",),
    "uk-rde": ("RDE", "RDS"),
    "uk-vxu": ("VXU",),
    "uk-coding": ("BAR", "DFT"),
    "uk-ref": ("REF",),
}
"""The mapping that reads each type of message; all others are read as uk-adt and turned away."""


def region(at: Path) -> Path:
    """Writes a region of one organisation with one source for each mapping, in UTC."""
    (at / "sources").mkdir(parents=True)
    (at / "organisations.yaml").write_text(
        "organisations:\n  - {id: corpus, name: Corpus, kind: acute, code: CORPUS}\n"
    )
    for mapping in MAPPINGS:
        (at / "sources" / f"{mapping}.yaml").write_text(
            f"careweave: source/1\nname: {mapping}\norganisation: corpus\nsystem: {mapping}\n"
            f"feed: {mapping}\ntransport: {{kind: folder, pattern: '*.hl7', processing: [P, T, D]}}\n"
            f"mapping: {mapping}\ntime_zone: UTC\nentitled: [merge, move]\n"
        )
    return at


def corpus_sources() -> Sources:
    """Returns the sources that read the samples."""
    with tempfile.TemporaryDirectory() as place:
        return load_sources(region(Path(place) / "region"), secret=SECRET)


def type_of(body: bytes) -> str:
    """Returns the type of a message as far as the choice of a mapping needs it."""
    found = re.search(rb"MSH(.)(?:[^\r\n]*?\1){7}([A-Z]{3})", body)
    return found[2].decode() if found else ""


def read_message(sources: Sources, body: bytes) -> Reading:
    """Returns what the mapping for its type makes of a message."""
    kind = type_of(body)
    name = next((name for name, kinds in MAPPINGS.items() if kind in kinds), "uk-adt")
    source = sources.named(name)
    return read(source, body, head=peek(source, body))


# -- scores --------------------------------------------------------------------------------------


@dataclass
class Score:
    """Leaves in both, missed and ours alone, and resources wanted and found."""

    hits: int = 0
    missed: int = 0
    extra: int = 0
    wanted: int = 0
    found: int = 0
    unargued: int = 0
    lost: int = 0

    def add(self, pair: Pair, parts: tuple[list[Leaf], list[Leaf], list[Leaf]]) -> None:
        """Counts one pair; only aligned pairs count for the leaves (12.2)."""
        hits, missed, extra = parts
        self.wanted += pair.wanted is not None
        if pair.wanted is not None and pair.found is not None:
            self.found += 1
            self.hits += len(hits)
            self.missed += len(missed)
            self.extra += len(extra)
        elif pair.wanted is not None:
            self.lost += len(missed)

    @property
    def recall(self) -> float:
        """Returns the share of the wanted leaves that were found."""
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else 1.0

    @property
    def precision(self) -> float:
        """Returns the share of our leaves that were wanted."""
        return self.hits / (self.hits + self.extra) if self.hits + self.extra else 1.0

    @property
    def f1(self) -> float:
        """Returns the harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def resources(self) -> float:
        """Returns the share of the wanted resources that have a partner."""
        return self.found / self.wanted if self.wanted else 1.0

    @property
    def argued(self) -> float:
        """Returns the recall when leaves missed for an argued reason are left out."""
        total = self.hits + self.unargued
        return self.hits / total if total else 1.0


@dataclass(frozen=True)
class Miss:
    """Something the other converter has and we do not, or the other way round."""

    message: str
    kind: str
    element: str
    value: str
    side: str
    why: str


@dataclass
class Reasons:
    """The reviewed table: what is missed or added, and why."""

    rows: list[dict[str, Any]]
    aliases: dict[str, str]
    used: Counter[str] = field(default_factory=Counter)

    def of(self, message: str, kind: str, element: str, value: str, side: str) -> str:
        """Returns the reason of a miss, "" for none."""
        for row in self.rows:
            if row.get("side", "missed") != side:
                continue
            tests = (
                (row.get("messages", ".*"), message),
                (row.get("types", ".*"), kind),
                (row.get("elements", ".*"), element),
                (row.get("values", "(?s).*"), value),
            )
            if all(re.fullmatch(pattern, text) for pattern, text in tests):
                self.used[row["id"]] += 1
                return str(row["id"])
        return ""


def reasons() -> Reasons:
    """Returns the reviewed table of reasons and of aliases."""
    held = yaml.safe_load(REASONS.read_text())
    return Reasons(held["reasons"], held["aliases"])


@dataclass
class Result:
    """All that was counted."""

    by_type: dict[str, Score]
    by_message: dict[str, Score]
    misses: list[Miss]
    unread: list[str]
    turned_away: list[str]
    coverage: Counter[str]


def expected_files(data: Path) -> dict[str, Path]:
    """Returns the expected Bundle of each message that has one."""
    ending = "-expected.json"
    return {path.name.removesuffix(ending): path for path in data.glob("expected/*/*" + ending)}


def score(data: Path, sources: Sources, table: Reasons) -> Result:
    """Reads all samples and compares those that have an expected result."""
    expected = expected_files(data)
    result = Result(defaultdict(Score), defaultdict(Score), [], [], [], Counter())
    for path in sorted(data.glob("microsoft-fhir-converter/*.hl7")):
        body = path.read_bytes()
        reading = read_message(sources, body)
        _note(result, path.stem, reading)
        if path.stem in expected and reading.failure is None:
            bundle = json.loads(expected[path.stem].read_text())
            _compare(result, table, path.stem, body, bundle, reading)
    return result


def _note(result: Result, name: str, reading: Reading) -> None:
    if reading.failure is not None:
        reason = str(reading.failure.reason)
        (result.turned_away if reason == "type-not-mapped" else result.unread).append(
            f"{name}: {reason}"
        )
    result.coverage["mapped"] += len(tuple(reading.coverage.mapped))
    result.coverage["unmapped"] += len(reading.coverage.unmapped)


def _compare(
    result: Result, table: Reasons, name: str, body: bytes, bundle: Any, reading: Reading
) -> None:
    wanted = world_of_bundle(bundle, table.aliases)
    found = world_of(((one.type, one.id, one.value) for one in reading.resources), table.aliases)
    of_type = result.by_message[type_of(body)]
    for pair in align(wanted, found):
        parts = pair.compare()
        for one in (result.by_type[pair.kind], *([of_type] if pair.kind not in BESIDE else [])):
            one.add(pair, parts)
        _list_misses(result, table, name, pair, parts, of_type)


def _list_misses(
    result: Result, table: Reasons, name: str, pair: Pair, parts: Any, of_type: Score
) -> None:
    _, missed, extra = parts
    if pair.found is None or pair.wanted is None:
        side = "missed" if pair.found is None else "added"
        key = _describe(pair.wanted or pair.found or [])
        why = table.of(name, pair.kind, "resource", key, side)
        result.misses.append(Miss(name, pair.kind, "resource", key, side, why))
        return
    for side, leaves in (("missed", missed), ("added", extra)):
        for element, value in leaves:
            why = table.of(name, pair.kind, element, str(value), side)
            result.misses.append(Miss(name, pair.kind, element, str(value), side, why))
            if side == "missed" and not why:
                result.by_type[pair.kind].unargued += 1
                if pair.kind not in BESIDE:
                    of_type.unargued += 1


def _describe(leaves: Iterable[Leaf]) -> str:
    return "; ".join(f"{element}={value}" for element, value in leaves)[:200]


def headline(result: Result, of: str) -> float:
    """Returns the weighted mean of a figure over the types (12.2)."""
    total = sum(HEADLINE[kind] * getattr(result.by_type[kind], of) for kind in HEADLINE)
    others = [(kind, result.by_type[kind].wanted) for kind in OTHERS if kind in result.by_type]
    n = sum(count for _, count in others)
    mean = sum(getattr(result.by_type[kind], of) * count for kind, count in others) / (n or 1)
    return total + 0.35 * mean


# -- printing ------------------------------------------------------------------------------------


def _row(name: str, one: Score) -> str:
    return (
        f"{name:20} {one.precision:9.3f} {one.recall:7.3f} {one.f1:7.3f} {one.argued:7.3f}"
        f" {one.found:5}/{one.wanted:<5} {one.resources:6.3f}"
    )


def lines(result: Result) -> Iterator[str]:
    """Gives the report."""
    head = f"{'':20} precision  recall      F1  argued   resources"
    yield "By message type (clinical core of aligned resources)"
    yield head
    for name in sorted(result.by_message):
        yield _row(name, result.by_message[name])
    yield ""
    yield "By resource type"
    yield head
    for name in (*HEADLINE, *OTHERS, *BESIDE):
        if name in result.by_type:
            yield _row(name + ("" if name not in BESIDE else " *"), result.by_type[name])
    yield "* beside the headline"
    yield ""
    yield f"Headline recall     {headline(result, 'recall'):.3f}   (aim 0.90)"
    yield f"Headline precision  {headline(result, 'precision'):.3f}   (aim 0.95)"
    yield f"Headline argued     {headline(result, 'argued'):.3f}   (misses with a reviewed reason left out)"
    yield f"Fields: {result.coverage['mapped']} mapped, {result.coverage['unmapped']} in the unmapped report"
    yield f"Turned away (type-not-mapped): {len(result.turned_away)}; unread: {len(result.unread)}"


def miss_lines(result: Result, table: Reasons) -> Iterator[str]:
    """Gives every miss, those with the same reason together, the ones without a reason first."""
    why = {row["id"]: row["why"] for row in table.rows}
    by_reason: dict[str, list[Miss]] = defaultdict(list)
    for miss in result.misses:
        by_reason[miss.why].append(miss)
    for reason in sorted(by_reason):
        yield ""
        yield f"## {reason or 'NO REASON YET'} ({len(by_reason[reason])}): {why.get(reason, '')}"
        for miss in by_reason[reason]:
            yield f"  {miss.message} {miss.kind}.{miss.element} {miss.side}: {miss.value}"
    yield from (f"  turned away: {one}" for one in result.turned_away)
    yield from (f"  UNREAD: {one}" for one in result.unread)


def figures(result: Result) -> dict[str, Any]:
    """Returns the figures for a machine."""
    named = {**result.by_message, **result.by_type}
    return {
        "headline": {
            of: round(headline(result, of), 4) for of in ("recall", "precision", "argued")
        },
        "scores": {
            name: {
                of: round(getattr(one, of), 4)
                for of in ("precision", "recall", "f1", "argued", "resources")
            }
            for name, one in sorted(named.items())
        },
        "without_reason": sum(1 for miss in result.misses if not miss.why),
        "turned_away": result.turned_away,
        "unread": result.unread,
    }


def main() -> int:
    """Scores, prints, and returns 1 where a message could not be read."""
    reader = argparse.ArgumentParser(prog="./run bench hl7-score")
    reader.add_argument("data", nargs="?", type=Path, default=DATA)
    reader.add_argument("--misses", action="store_true", help="list every miss with its reason")
    reader.add_argument("--json", action="store_true")
    given = reader.parse_args()
    table = reasons()
    result = score(given.data, corpus_sources(), table)
    if given.json:
        print(json.dumps(figures(result), indent=1))
    else:
        print("\n".join(lines(result)))
    if given.misses:
        print("\n".join(miss_lines(result, table)))
    return 1 if result.unread else 0


if __name__ == "__main__":
    sys.exit(main())
