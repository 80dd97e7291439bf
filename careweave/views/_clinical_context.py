"""What clinical pages print besides facts: trends of results, a reconciliation, warnings."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from careweave.views._context import Detail, Voice, When


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class Point:
    """One measured value: where it lies in time and how high, and how it is printed."""

    at_s: float = field(metadata=_help("Seconds since 1970, for the place on the axis."))
    number: Decimal = field(metadata=_help("The value, for the height."))
    when: When = field(metadata=_help("When it was measured."))
    text: str = field(metadata=_help("Value and unit, with the precision of its source."))
    source: str = field(metadata=_help("Name of the organisation that says so."))
    entry: str = field(metadata=_help("Opaque handle of the entry."))
    is_outside: bool = field(
        default=False, metadata=_help("Whether it lies outside the range of its source.")
    )
    differs: bool = field(
        default=False, metadata=_help("Whether another source says otherwise of the same moment.")
    )
    range_text: str = field(
        default="", metadata=_help("Its own range in words; empty where its source gives none.")
    )


@dataclass(frozen=True, slots=True)
class Trend:
    """A measure over time: only values of one unit are in one trend, oldest first."""

    slug: str = field(metadata=_help("Opaque handle of the measure, for addresses."))
    title: str = field(metadata=_help("What was measured."))
    unit: str = field(metadata=_help("The unit of all values; empty without one."))
    points: tuple[Point, ...] = field(metadata=_help("All values, oldest first."))
    low: Decimal | None = field(
        default=None, metadata=_help("Lower end of the range of the newest value.")
    )
    high: Decimal | None = field(default=None, metadata=_help("Upper end of that range."))
    range_text: str = field(default="", metadata=_help("The range in words: 45 to 84 umol/L."))
    finding: str = field(
        default="", metadata=_help("What the newest value says: above its range, no range given.")
    )


class Turn(StrEnum):
    """What became of a medicine between two lists."""

    STARTED = "started"
    STOPPED = "stopped"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Change:
    """One medicine of a reconciliation: what held before, what holds now, and why."""

    title: str = field(metadata=_help("The medicine."))
    turn: Turn = field(metadata=_help("Started, stopped, changed, unchanged, unsure."))
    turn_text: str = field(metadata=_help("The same in the reader's words."))
    before: tuple[Voice, ...] = field(metadata=_help("What was said before; empty when started."))
    after: tuple[Voice, ...] = field(metadata=_help("What is said since; empty when nobody does."))
    reason: str = field(default="", metadata=_help("The reason as its source gives it."))
    differences: tuple[Detail, ...] = field(
        default=(), metadata=_help("What changed: dose 40 mg -> 80 mg.")
    )
    is_high_risk: bool = field(
        default=False, metadata=_help("By the region's list of such medicines.")
    )
    key: str = field(default="", metadata=_help("What makes it the same medicine in a page."))


@dataclass(frozen=True, slots=True)
class Caution:
    """An interaction: `medicines` is empty when one of them is not shown to this reader."""

    text: str = field(metadata=_help("What is known, in a sentence."))
    severity: str = field(metadata=_help("In a word."))
    action: str = field(metadata=_help("What to do."))
    contact: str = field(metadata=_help("Whom to call, with the number."))
    medicines: tuple[str, ...] = field(
        default=(), metadata=_help("The two medicines; empty when one is not shown.")
    )


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The medicines before and after the last change of hands, in one table."""

    title: str = field(metadata=_help("What is reconciled: since the stay that ended on a date."))
    since: When | None = field(metadata=_help("From when on a statement counts as new."))
    changes: tuple[Change, ...] = field(
        metadata=_help("Stopped, started, changed, unsure, unchanged; high-risk first in each.")
    )
    warnings: tuple[Caution, ...] = field(metadata=_help("Interactions and allergies."))
    is_checked: bool = field(
        default=True, metadata=_help("Whether interactions were looked for at all.")
    )
    note: str = field(default="", metadata=_help("What the reader must know of the check."))
