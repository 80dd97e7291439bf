"""What is kept of a resource so that it can be found."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from careweave.agreements import Choice


@dataclass(frozen=True, slots=True)
class TieProof:
    """A fact that proves a relationship between the subject and an organisation.

    `kind` is one of registration, encounter, referral, caseload, la-episode, enquiry, incident,
    residence, pharmacy. `organisation` is a public reference ("Organization/x"), "url ..." or
    "identifier system|value"; None means that of the source. `since` None means first received,
    `until` None means no end. A source proves only the kinds that its settings list.
    Source: `reference/store.md` 2.12.
    """

    kind: str
    organisation: str | None
    team: str
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class StatedChoice:
    """A choice that an entry states, and the keys of the token rows of its authors."""

    choice: Choice
    authors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Trait:
    """What cohorts ask of a Patient: the whole day of birth, and the first half of the postcode."""

    born: date | None
    outward: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """One resource, ready to be appended: its subjects, keys and index rows.

    `patients` are public Patient ids, or "url ..." and "identifier system|value" of patients that
    are not held here: first the subject, then other patients that the row is about, then those
    that are named in a secondary role (performer, author, recipient); the first `primary` of them
    are no secondary ones. A row is visible only where each primary one is. Empty: no patient.

    `code` and `low`, `high` are the main code and the main date, [low, high). `live_until` is when
    the entry stops to be current; `datetime.min` and `datetime.max` in UTC mean never and always.
    `quantities` are (key, unit, low, high) with both ends included.
    `references` are (path, type, id) of what the resource draws on or belongs to, from which it
    inherits labels; contained resources have the type they carry and an id that begins with "#".
    """

    type: str
    rt: int
    patients: tuple[str, ...]
    primary: int
    code: int | None
    low: datetime | None
    high: datetime | None
    live_until: datetime
    tok: tuple[int, ...]
    posted: tuple[int, ...]
    strings: tuple[tuple[int, str], ...]
    dates: tuple[tuple[int, datetime, datetime], ...]
    quantities: tuple[tuple[int, int, Decimal, Decimal], ...]
    ties: tuple[TieProof, ...]
    references: tuple[tuple[str, str, str], ...]
    digest: bytes
    choices: tuple[StatedChoice, ...] = ()
    trait: Trait | None = None
