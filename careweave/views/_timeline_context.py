"""What the timeline of a life prints: settings, items, gaps, and what may be chosen."""

from dataclasses import dataclass, field

from careweave.views._context import When


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One entry of a life: a point, or an interval with both its ends."""

    kind: str = field(metadata=_help("contact, document, result, alert or interval."))
    start_s: float = field(metadata=_help("When, or from when on: seconds since 1970."))
    title: str = field(metadata=_help("What it is, in words."))
    when: When = field(metadata=_help("Its main date; received when without one."))
    source: str = field(metadata=_help("Name of the organisation."))
    entry: str = field(metadata=_help("Opaque handle of the entry."))
    end_s: float | None = field(
        default=None, metadata=_help("Until when: intervals alone; None while it goes on.")
    )
    is_open: bool = field(default=False, metadata=_help("Whether an interval goes on."))
    setting: str = field(default="", metadata=_help("Slug of its setting."))
    section: str = field(default="", metadata=_help("Slug of the section that shows it whole."))
    is_new: bool = field(default=False, metadata=_help("Whether it came since the last look."))


@dataclass(frozen=True, slots=True)
class TimelineGap:
    """Where a source was silent: hatched, so that an empty place is not read as nothing."""

    start_s: float = field(metadata=_help("From when on it is silent."))
    end_s: float = field(metadata=_help("Until when."))
    text: str = field(metadata=_help("No data from a source since a date."))


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One setting of care: a row of the chart; all settings stand in a fixed order."""

    slug: str = field(metadata=_help("Name of the setting in addresses."))
    title: str = field(metadata=_help("The setting in words."))
    items: tuple[TimelineItem, ...] = field(metadata=_help("Its entries, oldest first."))
    gaps: tuple[TimelineGap, ...] = field(default=(), metadata=_help("Where a source was silent."))


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter of the timeline."""

    slug: str = field(metadata=_help("The value in addresses."))
    title: str = field(metadata=_help("The value in words."))
    n: int = field(metadata=_help("How many entries have it."))
    is_chosen: bool = field(default=False, metadata=_help("Whether it is chosen."))


@dataclass(frozen=True, slots=True)
class Timeline:
    """A life by setting, as values for the chart, and the entries that were chosen, as a list."""

    born_s: float = field(metadata=_help("Birth, or the first entry: seconds since 1970."))
    now_s: float = field(metadata=_help("Now, or the moment asked for."))
    until_s: float = field(metadata=_help("The end of what is planned: three months on."))
    looked_s: float | None = field(metadata=_help("When the reader last looked; None: never."))
    rows: tuple[TimelineRow, ...] = field(metadata=_help("All settings, in their order."))
    chosen: tuple[TimelineItem, ...] = field(
        default=(), metadata=_help("What was chosen, newest first.")
    )
    n: int = field(default=0, metadata=_help("How many entries there are in all."))
    settings: tuple[Choice, ...] = field(default=(), metadata=_help("Settings to choose from."))
    kinds: tuple[Choice, ...] = field(default=(), metadata=_help("Kinds to choose from."))
    looked: When | None = field(default=None, metadata=_help("When the reader last looked."))
