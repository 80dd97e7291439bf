"""The rules of normalisation as data: what stands for nothing, titles, number ranges."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, cast

from careweave.identity._numbers import NumberRange

_LISTS = (
    "name_words",
    "companion_words",
    "given_of_another",
    "birth_words",
    "whole_names",
    "titles",
    "suffixes",
    "particles",
    "birth_dates",
    "postcodes",
    "no_fixed_abode",
    "phones",
    "emails",
    "role_emails",
    "flat_words",
    "communal_words",
    "no_fixed_abode_words",
)

_COUNTS = (
    "first_year",
    "most_sharing",
    "most_at_home",
    "least_often",
    "times_as_often",
    "most_names",
    "most_homes",
    "most_contacts",
    "most_numbers",
    "longest",
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What normalisation knows. A region replaces fields of it; the lists are of folded words.

    `postcode_scheme` is `uk`, or `free` for codes of elsewhere. `accepts_test` takes NHS numbers
    of the test range. With `has_single_names` somebody of one name only has it as family and as given
    name; without, the other is missing: that is how a table with gaps is to be read. So
    are `keeps_impossible_dates` (30 February is compared digit by digit) and `first_year`. `shared_contacts` are phones (last nine digits) and e-mail addresses of too
    many people; `communal` are addresses (postcode, house, street) of too many.
    """

    name_words: frozenset[str]
    companion_words: frozenset[str]
    given_of_another: frozenset[str]
    birth_words: frozenset[str]
    whole_names: frozenset[str]
    titles: frozenset[str]
    suffixes: frozenset[str]
    particles: frozenset[str]
    birth_dates: frozenset[str]
    postcodes: frozenset[str]
    no_fixed_abode: frozenset[str]
    phones: frozenset[str]
    emails: frozenset[str]
    role_emails: frozenset[str]
    flat_words: frozenset[str]
    communal_words: frozenset[str]
    no_fixed_abode_words: frozenset[str]
    street_words: Mapping[str, str]
    number_systems: Mapping[str, str]
    number_ranges: tuple[NumberRange, ...]
    first_year: int
    most_sharing: int
    most_at_home: int
    least_often: int
    times_as_often: int
    most_names: int
    most_homes: int
    most_contacts: int
    most_numbers: int
    longest: int
    postcode_scheme: str = "uk"
    accepts_test: bool = False
    has_single_names: bool = True
    keeps_impossible_dates: bool = False
    shared_contacts: frozenset[str] = frozenset()
    communal: frozenset[tuple[str, str, str]] = frozenset()


def read_rules(placeholders: bytes) -> Rules:
    """Returns the rules of a placeholders file (TOML)."""
    known = tomllib.loads(placeholders.decode("utf-8"))
    lists = {name: frozenset(cast("list[str]", known[name])) for name in _LISTS}
    given = cast("dict[str, Any]", lists)  # Each list is the field of its name.
    counts = cast("dict[str, Any]", {name: known[name] for name in _COUNTS})
    ranges = cast("list[dict[str, object]]", known["number_ranges"])
    return Rules(
        **given,
        street_words=cast("Mapping[str, str]", known["street_words"]),
        number_systems=cast("Mapping[str, str]", known["number_systems"]),
        number_ranges=tuple(_range(one) for one in ranges),
        **counts,
    )


def _range(one: Mapping[str, object]) -> NumberRange:
    return NumberRange(str(one["kind"]), int(str(one["low"])), int(str(one["high"])))


@cache
def rules() -> Rules:
    """Returns the rules that the package ships."""
    return read_rules((files("careweave.identity") / "placeholders.toml").read_bytes())
