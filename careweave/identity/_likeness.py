"""What two people have in common that the scorer does not name: birth, family, household. Pure."""

from collections.abc import Collection
from functools import lru_cache

from careweave.identity._norm import Home, Norm
from careweave.identity._sounds import sound

_REMEMBERED = 50_000


def is_full(norm: Norm) -> bool:
    """Says that the birth date is known to the day, and not only estimated."""
    return norm.precision == "day"


def are_births_near(left: Norm, right: Norm) -> bool:
    """Says that two full birth dates are equal but for a slip: one part, or day and month."""
    if left.birth is None or right.birth is None or not (is_full(left) and is_full(right)):
        return False
    ours, theirs = left.birth, right.birth
    if equal_parts(ours, theirs) >= 2:
        return True
    return ours[0] == theirs[0] and ours[1:] == (theirs[2], theirs[1])


def are_births_far(left: Norm, right: Norm) -> bool:
    """Says that two full birth dates differ by more than a slip."""
    return is_full(left) and is_full(right) and not are_births_near(left, right)


def equal_parts(left: tuple[int, int, int], right: tuple[int, int, int]) -> int:
    """Returns how many of year, month and day are the same; a part that is not known is not."""
    return sum(a == b != 0 for a, b in zip(left, right, strict=True))


def year_gap(left: Norm, right: Norm) -> int | None:
    """Returns how many years lie between the births; None where one is not known."""
    if left.birth is None or right.birth is None or not (left.birth[0] and right.birth[0]):
        return None
    return abs(left.birth[0] - right.birth[0])


def have_one_family(left: Norm, right: Norm) -> bool:
    """Says that a family name of the one, of any time, sounds like one of the other."""
    return not _family_sounds(left).isdisjoint(_family_sounds(right))


def have_alike_names(left: Norm, right: Norm) -> bool:
    """Says that any name of the one sounds like any of the other: of any time, in any order."""
    return not _all_sounds(left).isdisjoint(_all_sounds(right))


def have_one_household(left: Norm, right: Norm) -> bool:
    """Says that both have an address, a phone or a mother in common, at any time."""
    if left.mother and left.mother == right.mother:
        return True
    if not frozenset(left.phones).isdisjoint(right.phones):
        return True
    return any(_is_one_home(one, other) for one in left.homes for other in right.homes)


def _is_one_home(one: Home, other: Home) -> bool:
    """Says that two addresses may be one: a postcode is enough, or a house in a street."""
    if one.postcode and other.postcode:
        return one.postcode == other.postcode
    return bool(one.street and one.house) and (one.street, one.house) == (other.street, other.house)


def _family_sounds(norm: Norm) -> frozenset[str]:
    return _sounds({part for name in norm.names for part in (name.family, *name.families)})


def _all_sounds(norm: Norm) -> frozenset[str]:
    given = {part for name in norm.names for part in (name.given, *name.givens)}
    return _family_sounds(norm) | _sounds(given)


def _sounds(names: Collection[str]) -> frozenset[str]:
    return frozenset(_sound(name) for name in names if name)


@lru_cache(maxsize=_REMEMBERED)
def _sound(name: str) -> str:
    return sound(name)
