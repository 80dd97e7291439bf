"""Figures: what was measured, how, and against which target."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from bench.machine import ROOT, commit, describe

RESULTS = ROOT / "bench" / "results"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `target` None means that it is told, not judged."""

    name: str
    value: float
    unit: str
    method: str
    target: float | None = None
    lower_is_better: bool = True

    @property
    def verdict(self) -> str:
        """Returns whether the target is met; empty without one."""
        if self.target is None:
            return ""
        met = self.value <= self.target if self.lower_is_better else self.value >= self.target
        return "met" if met else "MISSED"


def keep(name: str, figures: Sequence[Figure]) -> list[dict[str, object]]:
    """Writes bench/results/NAME.json and returns what it holds."""
    beside = {
        "machine": describe(),
        "commit": commit(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    listed = [{**asdict(figure), **beside} for figure in figures]
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    return listed


def table(figures: Sequence[Figure]) -> str:
    """Returns the figures beside their targets, as a table for people."""
    rows = [("figure", "value", "unit", "target", "")]
    rows += [
        (
            f.name,
            f"{f.value:,.{4 if f.unit == 'share' else 2}f}",
            f.unit,
            "" if f.target is None else f"{f.target:g}",
            f.verdict,
        )
        for f in figures
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(5)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at in {1, 3} else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
