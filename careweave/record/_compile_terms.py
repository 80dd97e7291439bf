"""The shape of a predicate: the nodes of a search with every value taken out and numbered.

Terms hold slots (positions in the list of bound values) and nothing of a request, so equal shapes
give equal SQL, which is made and prepared once.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Union

from careweave.record._nodes import Prefix


class Use(StrEnum):
    """Where the keys of a condition can be looked up."""

    TOK = "tok"
    POSTED = "posted"
    MAIN = "main"


@dataclass(frozen=True, slots=True)
class IdsTerm:
    """The public id is one of an array."""

    ids: int


@dataclass(frozen=True, slots=True)
class SubjectsTerm:
    """The row's subject is that of one of an array of Patient ids."""

    ids: int


@dataclass(frozen=True, slots=True)
class KeysTerm:
    """The row carries a key of an array, or none of them; `many` makes them be hashed."""

    keys: int
    use: Use
    negated: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True)
class TextTerm:
    """A text of the row lies in one of the ranges `lows` to `highs` under `key`.

    `parts` and `exacts`, where some span has them, are arrays of the same length with nulls.
    """

    key: int
    lows: int
    highs: int
    parts: int | None = None
    exacts: int | None = None


@dataclass(frozen=True, slots=True)
class Moments:
    """Conditions of one prefix: slots `at` and `at + 1` hold low and high, arrays when `many`."""

    prefix: Prefix
    many: bool
    at: int


@dataclass(frozen=True, slots=True)
class DateTerm:
    """A date meets one of the groups: the main date, `upd`, or one kept under `key`."""

    groups: tuple[Moments, ...]
    key: int | None = None
    updated: bool = False
    is_narrow: bool = False


@dataclass(frozen=True, slots=True)
class Amounts:
    """Conditions of one prefix: slots `at` to `at + 3` are arrays of low, high, exact and unit."""

    prefix: Prefix
    has_unit: bool
    at: int


@dataclass(frozen=True, slots=True)
class AmountTerm:
    """An amount kept under `key` meets one of the groups."""

    key: int
    groups: tuple[Amounts, ...]


@dataclass(frozen=True, slots=True)
class MissingTerm:
    """The presence key is, or is not, carried."""

    key: int
    missing: bool


@dataclass(frozen=True, slots=True)
class HopTerm:
    """A visible row of type `rt` of the same subject meets `driver` and all of `rest`.

    `to_patient` says that the row is the Patient itself.
    """

    rt: int
    to_patient: bool
    driver: "Term | None"
    rest: tuple["Term", ...]


@dataclass(frozen=True, slots=True)
class AnyTerm:
    """One of these holds; none of none."""

    terms: tuple["Term", ...]


@dataclass(frozen=True, slots=True)
class AllTerm:
    """All of these hold. `driver` is the place of the one that can be looked up, if any."""

    terms: tuple["Term", ...]
    driver: int | None = None


Term = Union[  # noqa: UP007  the members name each other before they exist
    IdsTerm,
    SubjectsTerm,
    KeysTerm,
    TextTerm,
    DateTerm,
    AmountTerm,
    MissingTerm,
    HopTerm,
    AnyTerm,
    AllTerm,
]
