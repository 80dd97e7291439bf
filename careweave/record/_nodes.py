"""What a search asks, as typed values: parsed by `_query`, turned into SQL by `_compile`.

Values of one node are alternatives (OR); the nodes of a search must all hold (AND).
Every 64-bit key was made by `Keys`; nothing of a request ever becomes SQL text.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """The R4 kinds of search parameter. Source: FHIR R4 4.0.1, search.html section 3.1.1.4."""

    TOKEN = "token"  # noqa: S105  the name of a kind, no password
    REFERENCE = "reference"
    STRING = "string"
    DATE = "date"
    NUMBER = "number"
    QUANTITY = "quantity"
    URI = "uri"
    COMPOSITE = "composite"
    SPECIAL = "special"


class Place(StrEnum):
    """Where the values of a parameter are kept, hence how they are found."""

    ID = "id"
    UPDATED = "updated"  # resource.upd
    SUBJECT = "subject"  # resource.subject for a Patient; every reference also has a key in tok
    CODE = "code"  # resource.code holds the first coding, idx_token the others
    DATE = "date"  # resource.dlo, dhi
    TOK = "tok"  # only in resource.tok: never drives a search
    POSTED = "posted"  # in tok and in idx_token
    STRING = "string"  # idx_string
    RANGE = "range"  # idx_date
    QUANTITY = "quantity"  # idx_qty
    LIST = "list"  # _list
    NONE = "none"  # known to R4, not offered here


class Prefix(StrEnum):
    """Comparison prefixes of ordered values. Source: FHIR R4 4.0.1, search.html 3.1.1.4.4."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    LT = "lt"
    GE = "ge"
    LE = "le"
    SA = "sa"
    EB = "eb"
    AP = "ap"


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a composite parameter."""

    name: str  # the code of the parameter that it is
    kind: Kind
    expression: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter of one resource type."""

    type: str
    name: str
    kind: Kind
    place: Place
    expression: str
    targets: tuple[str, ...] = ()
    components: tuple[Component, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class ByIds:
    """The row has one of these public ids."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfSubjects:
    """The row lies in the compartment of one of these Patient ids (`subject.local_id`)."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HasKeys:
    """The row carries one of these keys in `tok` (`code` holds a first coding too).

    `posted` says that `idx_token` can drive; `main` that `resource.code` can (with `idx_token` for
    further codings). `negated` is `:not`: none of the keys.
    """

    keys: tuple[int, ...]
    posted: bool = False
    main: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A text range: normalised `low` <= v < `high`, or v contains `part`, or exactly `low`."""

    low: str = ""
    high: str | None = None
    part: str | None = None
    exact_key: int | None = None  # `:exact`: this key must be in tok too


@dataclass(frozen=True, slots=True)
class HasText:
    """`idx_string` has a row under `key` in one of the spans."""

    key: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """One date condition: parameter range [low, high) and a prefix (`store.md` 4.2)."""

    prefix: Prefix
    low: datetime
    high: datetime


@dataclass(frozen=True, slots=True)
class HasDate:
    """A date holds. `key` None means the main date (`dlo`, `dhi`); place UPDATED means `upd`."""

    key: int | None
    moments: tuple[Moment, ...]
    updated: bool = False


@dataclass(frozen=True, slots=True)
class Amount:
    """One number or quantity condition: [low, high) by precision, `exact` for gt lt ge le.

    `units` are the unit keys that match; empty means any unit.
    """

    prefix: Prefix
    low: Decimal
    high: Decimal
    exact: Decimal
    units: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class HasAmount:
    """`idx_qty` has a row under `key` that meets one of the amounts."""

    key: int
    amounts: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """The presence key of a parameter is, or is not, in `tok`."""

    key: int
    missing: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """A reference of the row leads to a visible `target` that meets `inner`.

    `by_subject`: the reference is the scalar subject, so the hop is a join on `subject`.
    """

    parameter: Parameter
    target: str
    inner: "Predicate"
    by_subject: bool


@dataclass(frozen=True, slots=True)
class Has:
    """A visible row of `type` refers to this one by `parameter` and meets `inner` (`_has`)."""

    type: str
    parameter: Parameter
    inner: "Predicate"
    by_subject: bool


@dataclass(frozen=True, slots=True)
class InList:
    """The row is an item of one of these visible Lists."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these holds; none of none."""

    nodes: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these hold; used inside AnyOf."""

    nodes: tuple["Predicate", ...]


Predicate = (
    ByIds
    | OfSubjects
    | HasKeys
    | HasText
    | HasDate
    | HasAmount
    | Missing
    | Chain
    | Has
    | InList
    | AnyOf
    | AllOf
)


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of the order. `key` names the index rows for STRING, RANGE and QUANTITY places."""

    name: str
    place: Place
    descending: bool
    key: int | None = None


@dataclass(frozen=True, slots=True)
class Include:
    """`_include` (from `source` by `parameter`), or `_revinclude` when `reverse`."""

    source: str
    parameter: Parameter
    target: str | None
    iterate: bool
    reverse: bool


class Total(StrEnum):
    """Values of `_total`."""

    NONE = "none"
    ESTIMATE = "estimate"
    ACCURATE = "accurate"


class Summary(StrEnum):
    """Values of `_summary`."""

    FALSE = "false"
    TRUE = "true"
    TEXT = "text"
    DATA = "data"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Search:
    """One parsed search over one type.

    `honoured` are the parameters taken, in canonical order, for the `self` link; `ignored` names
    those dropped under lenient handling. `cursor` is the opaque continuation, as given.
    """

    type: str
    where: tuple[Predicate, ...] = ()
    sort: tuple[Sort, ...] = ()
    count: int = 20
    total: Total = Total.NONE
    summary: Summary = Summary.FALSE
    elements: tuple[str, ...] = ()
    includes: tuple[Include, ...] = ()
    cursor: str | None = None
    honoured: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = field(default=())
