"""Demographics made comparable: folded names, whole dates, national numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

NORM_VERSION = "n1"
"""The version of the rules of normalisation; decisions name it."""


@dataclass(frozen=True, slots=True)
class Name:
    """One name, folded. `family` and `given` have their parts run together (`smithjones`).

    `families` and `givens` are the parts, in order, the first of `givens` being the forename that
    is compared; a single name stands as family and as given.
    """

    family: str
    given: str
    families: tuple[str, ...]
    givens: tuple[str, ...]
    is_past: bool = False


@dataclass(frozen=True, slots=True)
class Home:
    """One address. `postcode` is whole and spaced; what is not known is ''. `street` is folded."""

    postcode: str = ""
    sector: str = ""
    district: str = ""
    area: str = ""
    house: str = ""
    street: str = ""
    city: str = ""
    is_past: bool = False
    is_communal: bool = False


@dataclass(frozen=True, slots=True)
class Norm:
    """Demographics of one version, or of all versions of a subject together: the newest first.

    `birth` is (year, month, day) with 0 for what is not known, None where there is no date;
    `precision` is `day`, `month`, `year`, `estimated` or `none`. `nhs`, `chi` and `hc` are checked
    national numbers, '' where there is none; `verified` names those of them that are verified.
    `numbers` are further identifiers (system, folded value). `flags` are the remarks of
    normalisation: `placeholder_name`, `single_name`, `jan1`, `no_fixed_abode`, `bad_postcode`, ...
    """

    names: tuple[Name, ...] = ()
    birth: tuple[int, int, int] | None = None
    precision: str = "none"
    sex: str = ""
    homes: tuple[Home, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    past_contacts: frozenset[str] = frozenset()
    nhs: str = ""
    chi: str = ""
    hc: str = ""
    verified: frozenset[str] = frozenset()
    past_numbers: tuple[str, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    mother: str = ""
    birth_order: int = 0
    practice: str = ""
    died: str = ""
    is_restricted: bool = False
    extra: Mapping[str, str] = field(default_factory=dict[str, str])
    flags: frozenset[str] = frozenset()
