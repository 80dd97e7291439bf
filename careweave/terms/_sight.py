"""Who asks, why, and what they may see."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from careweave.terms._words import Heading, Label, PersonId, SourceId


class Purpose(StrEnum):
    """Why somebody looks. Source: HL7 v3 ActReason; SAFEG is local: `reference/agreements.md` 1.2."""

    DIRECT_CARE = "TREAT"
    PATIENT_ADMINISTRATION = "PATADMIN"
    OPERATIONS = "HOPERAT"
    EMERGENCY = "ETREAT"
    COORDINATION = "COC"
    SAFEGUARDING = "SAFEG"
    OWN_REQUEST = "PATRQT"
    FAMILY_REQUEST = "FAMRQT"
    PLANNING = "HSYSADMIN"
    PUBLIC_HEALTH = "PUBHLTH"
    RESEARCH = "HRESCH"
    LEGAL = "HLEGAL"


class Role(StrEnum):
    """As what somebody looks: the columns of the role matrix, and technical systems.

    Source: `reference/agreements.md` 1.1 and `reference/roles.csv`.
    """

    ED = "ED"
    GP = "GP"
    CN = "CN"
    HC = "HC"
    SW = "SW"
    MH = "MH"
    PA = "PA"
    CH = "CH"
    PH = "PH"
    CI = "CI"
    PX = "PX"
    AN = "AN"
    SYSTEM = "SYS"


class Action(StrEnum):
    """What somebody does; none implies another. Source: `reference/agreements.md` 1.3."""

    OPEN = "open"
    READ = "read"
    SEARCH_ONE = "search-one"
    LIST = "list"
    SEARCH_MANY = "search-many"
    NOTIFY = "notify"
    MESSAGE = "message"
    SUBSCRIBE = "subscribe"
    EXPORT = "export"
    AGGREGATE = "aggregate"
    WRITE = "write"
    FIND = "find"


class Tie(StrEnum):
    """Kinds of evidence that an organisation has to do with a person.

    Source: `reference/agreements.md` 1.6, those that entries prove.
    """

    REGISTRATION = "registration"
    ENCOUNTER = "encounter"
    REFERRAL = "referral"
    CASELOAD = "caseload"
    LA_EPISODE = "la-episode"
    ENQUIRY = "enquiry"
    INCIDENT = "incident"
    RESIDENCE = "residence"
    PHARMACY = "pharmacy"


@dataclass(frozen=True, slots=True)
class Actor:
    """A system client or person that asks or writes, on behalf of one organisation.

    `source` is the source that its writes belong to; `scopes` are SMART v2 scopes of its token.
    `role`, `setting` and `team` are what it acts as, one of each; `user` is the person at work
    behind a system, as the organisation names them, and `person` who that is in the record.
    """

    name: str
    organisation: str
    source: SourceId
    authority: str
    purpose: Purpose
    scopes: frozenset[str]
    id_prefix: str | None = None
    role: Role = Role.SYSTEM
    setting: str = ""
    team: str = ""
    user: str = ""
    person: PersonId | None = None


@dataclass(frozen=True, slots=True)
class TieTest:
    """A relationship that is asked for: of this kind, living, or ended no longer ago than `grace`."""

    kind: Tie
    grace: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Of whom a clause speaks: all that is given must hold; nothing given is the whole region.

    Organisations are slugs. `address_in` are outward postcodes. `age_from` and `age_below` are
    whole years. `tie_kinds` are relationships with the asker's own organisation, living now.
    Source: `reference/agreements.md` 2.2, `cohort`.
    """

    registered_with: frozenset[str] = frozenset()
    residents_of: frozenset[str] = frozenset()
    address_in: frozenset[str] = frozenset()
    age_from: int | None = None
    age_below: int | None = None
    tie_kinds: frozenset[Tie] = frozenset()


EVERY_LABEL = frozenset(Label)


@dataclass(frozen=True, slots=True)
class Branch:
    """One way in which entries may be seen: which, under which conditions, and how shown.

    Which: of these `sources` and `headings`, with no label that is not among `labels`, and with at
    least one of `marks` where there are any. `headings` may hold None, which stands for reference
    data and machinery (no heading); with `is_reference` only entries about nobody, of the types
    that others refer to (of any type with `is_own`).

    Conditions, all of which must hold; the record tests them for every row that it touches:
    - `current_days`: not ended for longer than so many days (level C); None asks for nothing;
    - `months_back`: what is no longer current is at most so old (horizon); None is any age;
    - `is_cleared`: released by the check for third parties and serious harm (level T);
    - `ties`: the asker's organisation has one of these with the person; None asks for none, and
      an empty tuple is met by nobody;
    - `cohort`: the person belongs to it;
    - `honours_dissent`: nothing that the person has chosen denies it; with `lifts_dissent`, in an
      emergency, only what no emergency may set aside still does;
    - `consents`: the person has consented to each of these labels by name;
    - `asks_consent`: some consent of the person matches the entry and the asker; `asks_grant`: some
      grant does;
    - `persons`: the person is one of these: emergency, grant, mandate, self; None is anybody;
    - `newest`: among the newest so many, by main date, of what this clause otherwise lets through
      of one person under one heading; with `is_per_code`, under one main code.

    How shown: `fields` names what is kept of an entry (None: all), `masks` what is taken out,
    `level` is what the account tells. `clause` is "agreement@version/clause" or
    "own:organisation". Where several branches let an entry through, the first of the sight counts.
    Source: `reference/agreements.md` 1.4 and 5.
    """

    sources: frozenset[SourceId]
    headings: frozenset[Heading | None]
    labels: frozenset[Label] = frozenset()
    marks: frozenset[Label] = frozenset()
    clause: str = ""
    level: str = "F"
    current_days: int | None = None
    months_back: int | None = None
    is_cleared: bool = False
    ties: tuple[TieTest, ...] | None = None
    cohort: Cohort | None = None
    honours_dissent: bool = False
    lifts_dissent: bool = False
    consents: frozenset[Label] = frozenset()
    asks_consent: bool = False
    asks_grant: bool = False
    persons: frozenset[PersonId] | None = None
    newest: int | None = None
    is_per_code: bool = False
    is_reference: bool = False
    is_own: bool = False
    fields: frozenset[str] | None = None
    masks: frozenset[str] = frozenset()
    duties: frozenset[str] = frozenset()
    episode: str = ""

    @property
    def is_plain(self) -> bool:
        """Says that the class alone decides: no condition of a row or a person is left."""
        asks = (self.current_days, self.months_back, self.ties, self.cohort, self.persons)
        return all(one is None for one in (*asks, self.newest)) and not (
            self.is_cleared
            or self.honours_dissent
            or self.consents
            or self.asks_consent
            or self.asks_grant
            or self.is_reference
        )


@dataclass(frozen=True, slots=True)
class Sight:
    """What one caller may see, for one purpose and action, under one version of configuration.

    `branches` stand in the order in which they are preferred. `at` is the moment for which ties,
    choices, ages and horizons are judged; `known_as` are the names under which entries know the
    asker's organisation (its slug, its codes), for ties and choices; `user` and `purpose` are what
    a choice may name; nothing about the person `besides` is seen: staff about themselves. There is
    no value that means everything: an empty sight sees nothing.
    """

    branches: tuple[Branch, ...]
    version: int
    at: datetime | None = None
    known_as: frozenset[str] = frozenset()
    user: str = ""
    purpose: Purpose | None = None
    besides: PersonId | None = None

    @property
    def is_plain(self) -> bool:
        """Says that access classes alone decide, and that all is let through by one clause."""
        clauses = {branch.clause for branch in self.branches}
        return len(clauses) <= 1 and all(branch.is_plain for branch in self.branches)
