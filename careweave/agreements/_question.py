"""What is asked of an agreement: who asks, about whom, about which entry; and what is answered.

Source: `reference/agreements.md` section 6, inputs and output.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from careweave.agreements._values import Filters
from careweave.terms import Action, Heading, Label, PersonId, Purpose, Role, Tie


class ChoiceKind(StrEnum):
    """What a person can choose. Source: `reference/agreements.md` section 8."""

    DENY = "deny"
    CONSENT = "consent"
    GRANT = "grant"
    TYPE_1 = "type-1"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that a person has chosen, in the normal form: it matches when all of it matches.

    A DENY denies the entries and readers that it matches, a CONSENT permits its labels by name, a
    GRANT names a proxy (`users`). Towards whom: `to` organisations (their names as entries know
    them; empty is every one), or with `to_others` all but these; `users` or all but these with
    `user_others`; `purposes` (empty: all) or all but these with `purpose_others`. About what:
    entries of organisation `from_` (empty: any), under `headings` (empty: all), with any of
    `labels` (empty: whatever labels), with a main date within [data_since, data_until) or outside
    it with `data_outside`, whose public id is among `ids` or is not with `id_others`, whose author
    is among `authors` or is not among `authors_others` (references, empty: whoever); ids and
    authors are written "Type/id" or as whole addresses. In force within [since, until).
    A DENY that may be lifted in an emergency is `is_liftable`.
    """

    kind: ChoiceKind
    since: datetime
    until: datetime | None = None
    to: frozenset[str] = frozenset()
    to_others: bool = False
    users: frozenset[str] = frozenset()
    user_others: bool = False
    purposes: frozenset[Purpose] = frozenset()
    purpose_others: bool = False
    from_: str = ""
    headings: frozenset[Heading] = frozenset()
    labels: frozenset[Label] = frozenset()
    data_since: datetime | None = None
    data_until: datetime | None = None
    data_outside: bool = False
    ids: frozenset[str] = frozenset()
    id_others: bool = False
    authors: frozenset[str] = frozenset()
    authors_others: frozenset[str] = frozenset()
    is_liftable: bool = True


@dataclass(frozen=True, slots=True)
class Episode:
    """A reason or an emergency that is open: of one user in one role, for one person.

    `heading` and `label` are what a reason opens; an emergency (`is_emergency`) names neither.
    `began_at` is when it was first opened, `opened_at` when it was restated last.
    """

    id: UUID
    is_emergency: bool
    user: str
    organisation: str
    role: Role
    person: PersonId
    purpose: Purpose
    opened_at: datetime
    expires_at: datetime
    heading: Heading | None = None
    label: Label | None = None
    began_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mandate:
    """A court order or other legal mandate: names a person, headings and the bars that it cites."""

    id: UUID
    person: PersonId
    headings: frozenset[Heading]
    bars: frozenset[Label]
    recipient: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, as what, why, doing what, at which moment of the server's clock.

    `organisation` is a slug. `is_assured` says that the session lives and is strong enough.
    `spent` says which clauses have no budget left; `opt_outs_at` is when the list of opt-outs was
    fetched. `self_person` is who the user is in the record.
    """

    organisation: str
    role: Role
    purpose: Purpose
    action: Action
    at: datetime
    user: str = ""
    setting: str = ""
    team: str = ""
    self_person: PersonId | None = None
    is_assured: bool = True
    episodes: tuple[Episode, ...] = ()
    mandates: tuple[Mandate, ...] = ()
    grants: frozenset[PersonId] = frozenset()
    project: str = ""
    spent: frozenset[str] = frozenset()
    opt_outs_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bond:
    """One tie of a person: an organisation (a slug), of a kind, within [since, until)."""

    kind: Tie
    organisation: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What is known of the person: ties, choices, facts, and what a cohort may ask for."""

    person: PersonId
    bonds: tuple[Bond, ...] = ()
    choices: tuple[Choice, ...] = ()
    is_protected: bool = False
    is_watched: bool = False
    is_opted_out: bool = False
    is_locked: bool = False
    born: date | None = None
    outward: str = ""


@dataclass(frozen=True, slots=True)
class Thing:
    """One entry as deciding sees it. `organisation` and `system` are those of its source.

    `at` is its main date, else when it was last updated. `live_until` is until when it is current.
    `code` tells entries of one kind from others. `heading` None is reference data and machinery;
    `is_reference` says that it is about nobody and of a type that others refer to.
    """

    person: PersonId | None
    organisation: str
    system: str
    heading: Heading | None
    labels: frozenset[Label]
    at: datetime
    live_until: datetime
    id: str = ""
    code: str = ""
    authors: frozenset[str] = frozenset()
    is_cleared: bool = False
    is_reference: bool = False
    is_frozen: bool = False


class Answer(StrEnum):
    """What comes of it."""

    PERMIT = "permit"
    WITHHELD = "withheld"
    ABSENT = "absent"
    REFUSED = "refused"


class Reason(StrEnum):
    """Why an entry is not shown: the first step after which no branch was left."""

    ASSURANCE = "assurance"
    SCOPE = "scope"
    LAW_BAR = "law-bar"
    NO_AGREEMENT = "no-agreement"
    NO_RELATIONSHIP = "no-relationship"
    DISSENT = "dissent"
    CONSENT_NEEDED = "consent-needed"
    GRANT = "grant"
    PROJECT = "project"
    OPTED_OUT = "opted-out"
    OPT_OUT_STALE = "opt-out-stale"
    LABEL = "label"
    GATE = "gate"
    DEPTH = "depth"
    HORIZON = "horizon"
    BUDGET = "budget"
    AUDIT = "audit-unavailable"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `decide` says of one entry.

    `row` is the row of the truth table (`reference/agreements.md` 6.2) for care purposes, 0 for
    others. `clause` lets it out ("agreement@version/clause" or "own:organisation"), `alternates`
    would too. `reason` is empty for a permit. `may_break_glass` says that some clause would let
    this reader in by an emergency.
    """

    answer: Answer
    row: int = 0
    clause: str = ""
    filters: Filters = frozenset()
    masks: frozenset[str] = frozenset()
    duties: frozenset[str] = frozenset()
    alternates: tuple[str, ...] = ()
    reason: Reason | None = None
    may_break_glass: bool = False
    episode: UUID | None = None
    newest: int | None = None
    months_back: int | None = None
    heading: Heading | None = field(default=None)
