"""What the record pages print besides what views give: lists of parts, pages of a list, answers."""

from dataclasses import dataclass, field

from careweave.views import Reconciliation, Section, Trend, When


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class Where:
    """Where the record is in this session, and what its links carry."""

    base: str = field(metadata=_help("Address of the record, with the opaque handle."))
    suffix: str = field(default="", metadata=_help("What links carry to stay on a day."))


@dataclass(frozen=True, slots=True)
class Checking:
    """That sources are being asked at this moment, and where their answer will be."""

    href: str = field(metadata=_help("Where the answer is; without script a link."))
    text: str = field(metadata=_help("That sources are being asked, in a sentence."))


@dataclass(frozen=True, slots=True)
class Part:
    """One heading in the list of the full record."""

    href: str = field(metadata=_help("Address of its section."))
    title: str = field(metadata=_help("The heading in words."))
    n: int = field(metadata=_help("How many entries may be seen."))
    newest: When | None = field(metadata=_help("Date of the newest; none without entries."))
    text: str = field(metadata=_help("What is to be said where nothing is shown."))


@dataclass(frozen=True, slots=True)
class PartsPage:
    """The full record: every heading with what it holds."""

    title: str = field(metadata=_help("What the page is called."))
    held: tuple[Part, ...] = field(metadata=_help("Headings with entries, most urgent first."))
    empty: tuple[Part, ...] = field(metadata=_help("Headings without, each with its reason."))


@dataclass(frozen=True, slots=True)
class SectionPage:
    """One heading, read completely."""

    section: Section = field(metadata=_help("The heading."))
    where: Where = field(metadata=_help("Address of the record and what links carry."))
    trends: tuple[Trend, ...] = field(default=(), metadata=_help("Results over time."))
    n_shown: int = field(default=0, metadata=_help("How many entries are shown so far."))
    next: str = field(default="", metadata=_help("Address of the next entries; empty at the end."))
    next_text: str = field(default="", metadata=_help("Show the next 200 of 4,812."))
    before: str = field(default="", metadata=_help("Address of the entries before; or empty."))
    reconcile: str = field(default="", metadata=_help("Where medicines are reconciled; or empty."))


@dataclass(frozen=True, slots=True)
class TrendPage:
    """One measure over time: its chart, every value, and where to take them away."""

    trend: Trend = field(metadata=_help("The measure."))
    where: Where = field(metadata=_help("Address of the record and what links carry."))
    csv: str = field(metadata=_help("Address of the values as CSV."))


@dataclass(frozen=True, slots=True)
class ReconcilePage:
    """The medicines before and after, in one table."""

    title: str = field(metadata=_help("What the page is called."))
    reconciliation: Reconciliation = field(metadata=_help("The table and its warnings."))
    section: Section = field(metadata=_help("Medicines: who is silent, what is withheld."))
    where: Where = field(metadata=_help("Address of the record and what links carry."))


@dataclass(frozen=True, slots=True)
class AsOfForm:
    """The three fields by which a day is chosen."""

    action: str = field(metadata=_help("Where the form goes."))
    day: str = field(default="", metadata=_help("Day of the month."))
    month: str = field(default="", metadata=_help("Month."))
    year: str = field(default="", metadata=_help("Year."))
