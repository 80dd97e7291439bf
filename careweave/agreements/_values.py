"""What an agreement says, as values: the parsed form of `careweave: agreement/1`.

Source: `reference/agreements.md` sections 1 and 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from careweave.terms import Action, Cohort, Heading, Json, Label, Purpose, Role, Tie


class Level(StrEnum):
    """How much of a heading: a name for a set of filters. Source: `reference/agreements.md` 1.4."""

    FULL = "F"
    CURRENT = "C"
    SHORT = "S"
    INDICATOR = "I"
    REASON = "R"
    THIRD_PARTY = "T"
    DE_IDENTIFIED = "D"
    NEVER = "-"


class Filter(StrEnum):
    """One restriction; a set of them only ever grows when rules meet."""

    CURRENT = "current"
    BRIEF = "brief"
    INDICATOR = "indicator"
    GATE = "gate"
    CLEARED = "cleared"
    CODED = "coded"
    CONSENT = "consent"
    NEVER = "never"


Filters = frozenset[Filter]


class Family(StrEnum):
    """Purposes that are decided alike. Source: `reference/agreements.md` 1.2."""

    CARE = "care"
    PERSON = "person"
    SECONDARY = "secondary"
    MANDATE = "mandate"
    FINDING = "finding"


@dataclass(frozen=True, slots=True)
class Share:
    """What a clause gives of one heading; None: what the clause, or the matrix, says anyhow."""

    level: Level
    months_back: int | None = None
    items: int | None = None
    fields: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """What an emergency may lift of a clause: "relationship", "dissent", "reason"; and how long."""

    allowed: bool
    lifts: frozenset[str] = frozenset()
    minutes: int = 60
    total: int = 240


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A budget: above `soft` an alert, above `hard` a refusal."""

    soft: int
    hard: int


@dataclass(frozen=True, slots=True)
class Quantity:
    """How much a clause lets through. `months_back` None is all; see `Clause.headings` too."""

    months_back: int | None
    people_per_request: int
    rows_per_request: int
    per_user_hour: Ceiling
    per_day: Ceiling
    items: Mapping[Heading, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Speed:
    """What is promised: from the source's event to visible, and from the question to the answer."""

    freshness: Mapping[Heading, timedelta]
    answer_p95: timedelta
    availability: float | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """When a clause holds: days 0 (Monday) to 6 and minutes of the local day, half-open."""

    days: frozenset[int]
    from_minute: int
    until_minute: int


@dataclass(frozen=True, slots=True)
class Clause:
    """One line of an agreement. `providers` and `recipients` are organisations, groups expanded.

    `sent_by` and `sent_to` are as they are written. `ties` empty asks for no relationship (only for
    secondary purposes and finding). `grace` None takes the default of each kind of tie. `dissent`
    None honours it; a text is the law by which it does not apply. `hours` None is always.
    """

    id: str
    sent_by: tuple[str, ...]
    sent_to: tuple[str, ...]
    providers: frozenset[str]
    recipients: frozenset[str]
    roles: frozenset[Role]
    settings: frozenset[str]
    teams: frozenset[str]
    purpose: Purpose
    headings: Mapping[Heading, Share]
    labels: frozenset[Label]
    cohort: Cohort
    ties: frozenset[Tie]
    grace: timedelta | None
    break_glass: BreakGlass
    actions: frozenset[Action]
    quantity: Quantity
    speed: Speed
    retention: str
    duties: frozenset[str]
    log_to_person: str
    dissent: str | None = None
    opt_out: Mapping[str, str] = field(default_factory=dict)
    onward: tuple[str, ...] = ()
    hours: Hours | None = None
    trigger: str = "on-demand"
    identifiability: str = "identified"
    project_cohort: str = ""


@dataclass(frozen=True, slots=True)
class Loosening:
    """A cell of the role matrix that an agreement raises, signed by a named owner, until a day."""

    role: Role
    heading: Heading
    level: Level
    owner: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Party:
    """One party: `org` as written ("org:..." or "group:..."), and whether its papers are in order.

    `signature` is the detached JWS, empty when it has not signed.
    """

    org: str
    name: str
    role: str
    signed_by: str
    signed_name: str
    signed_at: date | None
    signature: str
    scheme: str
    result: str
    assured_to: date | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """One agreement as its file says it; `document` is the whole of it as plain JSON values."""

    id: str
    version: int
    status: str
    kind: str
    title: str
    summary: Mapping[str, str]
    uri: str
    jurisdiction: tuple[str, ...]
    valid_from: date
    valid_to: date
    review_by: date
    purposes: frozenset[Purpose]
    confidentiality: str
    parties: tuple[Party, ...]
    clauses: tuple[Clause, ...]
    loosens: tuple[Loosening, ...]
    project: Mapping[str, Json]
    document: Mapping[str, Json]

    @property
    def name(self) -> str:
        """Returns "id@version"."""
        return f"{self.id}@{self.version}"


@dataclass(frozen=True, slots=True)
class Key:
    """One public key with which an organisation signs (Ed25519, 32 bytes)."""

    kid: str
    public: bytes
    by: str
    from_: date
    to: date
    is_demonstration: bool = False


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation of the region, or a group of them (`members`).

    `services` are those of its systems that count as services of their own: system -> service.
    `outwards` are the outward postcodes of its area. `codes` are other names under which entries
    know it, as `record.org` writes them ("identifier system|value").
    """

    id: str
    name: str
    kind: str
    codes: frozenset[str] = frozenset()
    jurisdiction: str = ""
    services: Mapping[str, str] = field(default_factory=dict)
    outwards: frozenset[str] = frozenset()
    telephone: str = ""
    keys: tuple[Key, ...] = ()
    members: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds everywhere: the matrix, labels, law and defaults of roles, as data.

    `labels` gives the level of (label, role), with `origin` under None; a level may be "K" (opens
    only with consent), "mask" or "tie" (full with a tie, else masked). `exceptions` are levels of
    (label, heading, role) that go before it, `in_settings` those of (label, role, setting).
    `silent` labels leave no trace, the others say that something is withheld. `gates` are labels
    whose gate an emergency may open. `own_ties` of a role in a setting (under "" where the setting
    has none of its own) are what it needs with a person of its own organisation's entries.
    `own_months` None is any age; a role that is missing anywhere here may nothing.
    """

    matrix: Mapping[tuple[Role, Heading], Level]
    labels: Mapping[tuple[Label, Role | None], str]
    exceptions: Mapping[tuple[Label, Heading, Role], str]
    bars: frozenset[Label]
    silent: frozenset[Label]
    gates: frozenset[Label]
    own_ties: Mapping[tuple[Role, str], frozenset[Tie]]
    own_purposes: Mapping[Role, frozenset[Purpose]]
    own_months: Mapping[Role, int | None]
    own_items: Mapping[tuple[Role, Heading], int]
    grace: Mapping[tuple[Tie, Role | None], timedelta]
    latest_per_code: frozenset[Heading]
    only_today: frozenset[Heading]
    brief: int
    brief_fields: frozenset[str]
    emergency: Mapping[Role, frozenset[Purpose]]
    episodes_per_day: int
    finds_per_hour: Mapping[Role, Ceiling]
    jurisdictions: Mapping[str, Mapping[str, Json]]
    in_settings: Mapping[tuple[Label, Role, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """One version of the configuration: everything that deciding needs besides the question.

    `agreements` are all that are held; `in_force` says which count at a moment.
    """

    version: int
    organisations: Mapping[str, Organisation]
    agreements: tuple[Agreement, ...]
    rules: Rules
    zone: str
    takes_demonstration_keys: bool = False
    applied_at: datetime | None = None
