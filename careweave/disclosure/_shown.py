"""What may leave of one person, as values: the page's raw material. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from careweave.disclosure._interactions import Checked
from careweave.disclosure._prospects import Expected
from careweave.record import Line, Row
from careweave.terms import Heading, Issue, Label, PersonId, SourceId

DOCUMENTS = frozenset({"DocumentReference"})
"""Types of entries that are papers, whatever heading they stand under."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a person is asked for: entries under `headings`, and lines of those in `outline`.

    `newest` bounds some headings to their newest so many entries; what it does not name comes
    whole, and at most `count` entries come in all. Headings of `outline` come as lines without
    bodies, for counts and the timeline: nothing of them is an item that was shown. With
    `is_outline` all headings come as lines alone. `as_of` asks for what was known at a moment,
    under the rights and labels of today. With `documents` the newest so many documents come of
    all other headings too, and nothing else of those but lines.
    """

    headings: frozenset[Heading] = frozenset(Heading)
    count: int = 500
    is_outline: bool = False
    newest: Mapping[Heading, int] | None = None
    outline: frozenset[Heading] = frozenset()
    as_of: datetime | None = None
    documents: int = 0


@dataclass(frozen=True, slots=True)
class Indicator:
    """That an organisation holds something under a heading, and whom to call; nothing else."""

    heading: Heading
    organisation: str
    telephone: str


class FeedState(StrEnum):
    """How an organisation's systems stand for a heading. Source: `reference/record.md` 3.2."""

    OK = "OK"
    STALE = "STALE"
    NO_FEED = "NO_FEED"
    NOT_CHECKED = "NOT_CHECKED"


@dataclass(frozen=True, slots=True)
class FeedLine:
    """How one organisation stands for a heading; `last_good_at` is the oldest of its systems."""

    slug: str
    organisation: str
    state: FeedState
    last_good_at: datetime | None
    telephone: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class OrganisationShown:
    """An organisation from which something is shown; `kind` is gp, acute, pharmacy and so on."""

    slug: str
    name: str
    telephone: str
    kind: str = ""


class Mark(StrEnum):
    """What is to be said of a person on every page, where this reader may know it."""

    PROTECTED = "PROTECTED"
    WATCHED = "WATCHED"
    DECEASED = "DECEASED"
    UNDER_REVIEW = "UNDER_REVIEW"
    MERGED = "MERGED"


@dataclass(frozen=True, slots=True)
class OpenEpisode:
    """A reason or an emergency that this reader has open for the person, and when it ends."""

    id: UUID
    is_emergency: bool
    opened_at: datetime
    expires_at: datetime
    heading: Heading | None = None
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """What may leave of a person; its account is durable.

    `rows` are entries, newest first under each heading. `lines` are an outline. `withheld` are
    headings where something is not displayed. `expected` says of the headings what may be expected
    and why, alike whatever is held. `coverage` is one word for each heading: HELD, WITHHELD,
    INDICATED, NONE_RECEIVED or NOT_SHARED. `is_whole` says that nothing was left for another page.

    `portrait` is the Patient made of what is shown under DEM, with its origins; None without any.
    `beside` is the reference data that the rows name, by "Type/id", and `authors` the names in it.
    `feeds` has a line for each organisation that may be named under a heading. `organisations` are
    those of the sources shown; `clauses` is the clause by each `via` of rows and lines.
    `last_looked_at` is when this reader last opened the person. `at` is when the store answered,
    `as_of` the moment asked for; `interactions` is the check of
    medicines and allergies; `shown_hash` is what the account keeps of the rows.
    """

    person: PersonId
    rows: Mapping[Heading, tuple[Row, ...]]
    lines: tuple[Line, ...]
    withheld: frozenset[Heading]
    indicators: tuple[Indicator, ...]
    expected: Mapping[Heading, Expected]
    coverage: Mapping[Heading, str]
    issues: tuple[Issue, ...]
    is_whole: bool
    at: datetime
    as_of: datetime | None = None
    portrait: Row | None = None
    beside: Mapping[str, Row] = field(default_factory=dict)
    authors: Mapping[str, str] = field(default_factory=dict)
    feeds: Mapping[Heading, tuple[FeedLine, ...]] = field(default_factory=dict)
    organisations: Mapping[SourceId, OrganisationShown] = field(default_factory=dict)
    clauses: Mapping[int, str] = field(default_factory=dict)
    marks: frozenset[Mark] = frozenset()
    episode: OpenEpisode | None = None
    last_looked_at: datetime | None = None
    interactions: Checked = field(default_factory=Checked)
    config_version: int = 0
    shown_hash: str = ""
