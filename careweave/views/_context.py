"""What a page about a person shows, as values: texts are ready to print, links are opaque.

Every field is made by a view and printed by a template that knows nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """What is known of a heading. Source: `reference/record.md` 3.2; the order is its rule (g)."""

    HELD = "HELD"
    NOT_CHECKED = "NOT_CHECKED"
    STALE = "STALE"
    NONE_STATED = "NONE_STATED"
    NOT_ASKED = "NOT_ASKED"
    NONE_RECEIVED = "NONE_RECEIVED"
    NO_FEED = "NO_FEED"
    NOT_SHARED = "NOT_SHARED"
    WITHHELD = "WITHHELD"
    INDICATED = "INDICATED"


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class When:
    """A moment as a page prints it: `text` for people, `machine` for `<time datetime>`."""

    text: str = field(metadata=_help("As the audience reads it, e.g. 05-Apr-2026 09:05."))
    machine: str = field(default="", metadata=_help("ISO 8601, for the attribute alone."))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and its unit, never split over two lines."""

    text: str = field(metadata=_help("Number, non-breaking space, unit."))


@dataclass(frozen=True, slots=True)
class Detail:
    """One labelled part of what a source says."""

    label: str = field(metadata=_help("What it is, without a colon."))
    text: str = field(metadata=_help("What the source says."))
    is_quantity: bool = field(default=False, metadata=_help("Whether it must stay on one line."))
    differs: bool = field(
        default=False, metadata=_help("Whether the voices of the row differ here.")
    )


@dataclass(frozen=True, slots=True)
class Voice:
    """What one source says of a fact: one entry, with its source and its date."""

    entry: str = field(metadata=_help("Opaque handle of the entry: its provenance page."))
    source: str = field(metadata=_help("Name of the organisation that says so."))
    when: When = field(metadata=_help("The main date of what is said; received when without one."))
    text: str = field(
        metadata=_help("What it says in one line; empty where the title says it all.")
    )
    status: str = field(default="", metadata=_help("Status in a word: active, stopped, refuted."))
    details: tuple[Detail, ...] = field(default=(), metadata=_help("The labelled parts."))
    author: str = field(default="", metadata=_help("Who wrote it, where that is said."))
    is_old: bool = field(default=False, metadata=_help("Old: its feed is silent, or it is dated."))
    routes: int = field(
        default=1, metadata=_help("By how many routes the same thing was received.")
    )
    version: int = field(default=1, metadata=_help("Number of the entry's version, from 1."))


@dataclass(frozen=True, slots=True)
class Fact:
    """One row: a fact with all that sources say of it. A disagreement is marked, never merged."""

    title: str = field(
        metadata=_help("What it is about: the medicine, the substance, the problem.")
    )
    voices: tuple[Voice, ...] = field(metadata=_help("In the order of the heading's rule."))
    disagrees: bool = field(default=False, metadata=_help("Whether sources disagree."))
    disagreement: str = field(default="", metadata=_help("What differs, in words."))
    is_high_risk: bool = field(
        default=False, metadata=_help("By the region's list of such medicines.")
    )
    act: str = field(
        default="", metadata=_help("What to do first: call before acting, with numbers.")
    )
    is_new: bool = field(default=False, metadata=_help("Changed since the reader last looked."))
    key: str = field(default="", metadata=_help("What makes it the same fact: stable in a page."))
    said: str = field(
        default="", metadata=_help("All that sources say of it in a line, where they differ.")
    )


@dataclass(frozen=True, slots=True)
class Group:
    """Facts of one status, never mixed with others: active, stopped, planned."""

    title: str = field(metadata=_help("The status in words."))
    facts: tuple[Fact, ...] = field(metadata=_help("The rows."))
    n_more: int = field(default=0, metadata=_help("How many more the full section shows."))
    kind: str = field(
        default="", metadata=_help("current, planned, ended or refuted; empty for events.")
    )


@dataclass(frozen=True, slots=True)
class SourceLine:
    """How one source stands for a heading: shown below it, always when it is silent."""

    source: str = field(metadata=_help("Name of the organisation."))
    state: State = field(metadata=_help("What this source is in."))
    text: str = field(metadata=_help("The state in a sentence, with its date."))


@dataclass(frozen=True, slots=True)
class Section:
    """What is held and told of one heading, or of several that a page shows as one."""

    slug: str = field(metadata=_help("Name of the section in addresses: medicines, allergies."))
    title: str = field(metadata=_help("The heading in words."))
    state: State = field(metadata=_help("The first state that any source is in."))
    text: str = field(metadata=_help("The state in a sentence; empty when entries are shown."))
    groups: tuple[Group, ...] = field(default=(), metadata=_help("The rows, by status."))
    n: int = field(
        default=0, metadata=_help("How many facts there are: rows, and entries not fetched yet.")
    )
    as_of: When | None = field(default=None, metadata=_help("As of when the store answered."))
    sources: tuple[SourceLine, ...] = field(default=(), metadata=_help("Each source's line."))
    withheld: str = field(
        default="", metadata=_help("That something is withheld, where it may be said.")
    )
    indicators: tuple[str, ...] = field(
        default=(), metadata=_help("Who holds something, whom to call.")
    )
    left_out: str = field(
        default="", metadata=_help("What the agreement leaves out, if it may be said.")
    )
    warnings: tuple[str, ...] = field(
        default=(), metadata=_help("What is to be heeded, e.g. interactions.")
    )
    coverage: str = field(
        default="", metadata=_help("How many of the expected sources are heard, and since when.")
    )
    word: str = field(
        default="", metadata=_help("The state in a word, where the heading has its own.")
    )
    is_quiet: bool = field(
        default=False, metadata=_help("Nothing to show and nothing to heed: told with others.")
    )


@dataclass(frozen=True, slots=True)
class Banner:
    """Who this is, on every page, in a fixed order. Source: `reference/interface.md` 6.1."""

    name: str = field(metadata=_help("FAMILY, Given (Title), never truncated."))
    preferred: str = field(metadata=_help("Preferred name; empty without one."))
    born: str = field(metadata=_help("Born 05-Apr-1948 (78y), died, or expected."))
    sex: str = field(metadata=_help("Female, Male, Other, Not specified, Not known."))
    number_label: str = field(metadata=_help("NHS No. or CHI No."))
    number: str = field(
        metadata=_help("3-3-4 with non-breaking spaces; (not verified); Not known.")
    )
    address: str = field(metadata=_help("Usual address, or Address withheld and the team to call."))
    phone: str = field(metadata=_help("Telephone; Not known without one."))
    allergies: "Section | None" = field(
        metadata=_help("Always visible; the first three, then more.")
    )
    alerts: tuple[Voice, ...] = field(
        metadata=_help("Needs, adjustments, safety, restricted, plan stale.")
    )
    is_address_withheld: bool = field(
        default=False, metadata=_help("Whether the address stands in its own section alone.")
    )
    is_deceased: bool = field(default=False, metadata=_help("Whether the person has died."))
    is_restricted: bool = field(
        default=False, metadata=_help("Protected address or watched record.")
    )
    notes: tuple[str, ...] = field(
        default=(), metadata=_help("Identity review, merged, unborn, false death.")
    )
    initials: str = field(
        default="", metadata=_help("For the title of a tab, with the age: EH 84y.")
    )


@dataclass(frozen=True, slots=True)
class Question:
    """What the first screen must answer, and where the answer stands."""

    text: str = field(metadata=_help("The question in the reader's words."))
    widget: str = field(metadata=_help("Name of the widget that answers it."))


@dataclass(frozen=True, slots=True)
class Quiet:
    """Headings of one block that have nothing to show in one state: told in one line."""

    state: State = field(metadata=_help("The state of all of them."))
    word: str = field(metadata=_help("The state in a word, where the headings have their own."))
    text: str = field(metadata=_help("Their sentence; empty where it differs: it is one link off."))
    sections: tuple[Section, ...] = field(metadata=_help("The headings, in the block's order."))


@dataclass(frozen=True, slots=True)
class Widget:
    """One block of a page: what kind it is decides how it is printed."""

    name: str = field(metadata=_help("Its name in the view file."))
    kind: str = field(
        metadata=_help("The render function: facts, card, team, delta, visits, trends.")
    )
    slot: str = field(metadata=_help("top, main, side or foot."))
    title: str = field(metadata=_help("Its heading."))
    sections: tuple[Section, ...] = field(metadata=_help("What it shows."))
    more: str = field(default="", metadata=_help("Slug of the full section; empty without one."))
    text: str = field(default="", metadata=_help("What the block says before its sections."))
    quiet: tuple[Quiet, ...] = field(
        default=(), metadata=_help("Its headings with nothing to show, a line for each state.")
    )


@dataclass(frozen=True, slots=True)
class Overview:
    """The page of a person for one role: its questions answered in order."""

    banner: Banner = field(metadata=_help("Who this is."))
    questions: tuple[Question, ...] = field(metadata=_help("What the page answers."))
    slots: Mapping[str, tuple[Widget, ...]] = field(metadata=_help("Widgets by slot, in order."))
    as_of: When = field(metadata=_help("When the store answered, or the date asked for."))
    silent: tuple[SourceLine, ...] = field(
        default=(), metadata=_help("Sources that did not answer.")
    )
    last_looked: When | None = field(default=None, metadata=_help("When this reader last looked."))
    is_as_it_was: bool = field(
        default=False, metadata=_help("Whether the page is of an earlier date.")
    )
    shown: tuple[str, ...] = field(
        default=(), metadata=_help("Handles of all entries on the page.")
    )
    left_out: tuple[str, ...] = field(
        default=(), metadata=_help("What agreements leave out of this page, each thing once.")
    )
