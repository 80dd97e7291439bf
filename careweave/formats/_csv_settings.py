"""How a file of delimited rows is written: what its sender promises, and how much of it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CsvLimits:
    """The bounds of one file; each is the largest that is still read.

    `size` in bytes, `cell` in characters. More than `fault_share` of the rows, or `faults`, that
    cannot be read make the whole file unreadable. Source: reference/interop.md 8.
    """

    size: int = 256 * _MEBIBYTE
    lines: int = 5_000_000
    columns: int = 1_000
    cell: int = 131_072
    faults: int = 1_000
    fault_share: float = 0.01


CSV_LIMITS = CsvLimits()
"""The bounds of one extract."""


@dataclass(frozen=True, slots=True)
class IdentifierRule:
    """What a column of identifiers must look like after a spreadsheet had it.

    A number in scientific notation is never an identifier. A number of fewer than `length` digits
    has lost its leading zeros: they come back if `is_padded`, else the row is mangled.
    """

    length: int | None = None
    is_padded: bool = False


@dataclass(frozen=True, slots=True)
class CsvSettings:
    """What is known of a file before it is read.

    `encodings` are tried in order, strictly. Columns that are neither `required` nor `optional`
    are read too. `nulls` are texts that stand for nothing. `numbers` are columns whose decimal
    sign is `decimal`; `dates` may hold the day numbers of a spreadsheet if `has_serial_dates`.
    `footer` is the first cell of a last line whose second cell says how many rows there are.
    Source: reference/interop.md 8.
    """

    encodings: tuple[str, ...] = ("utf-8-sig", "cp1252")
    delimiter: str = ","
    quote: str = '"'
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    nulls: frozenset[str] = frozenset()
    decimal: str = "."
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    has_serial_dates: bool = False
    identifiers: Mapping[str, IdentifierRule] = field(default_factory=dict)
    footer: str | None = None
    limits: CsvLimits = CSV_LIMITS
