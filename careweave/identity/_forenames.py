"""How close the forenames of two people are: what tells twins and siblings apart.

Source: reference/identity.md section 7.
"""

from collections.abc import Mapping
from enum import IntEnum

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from careweave.identity._limits import Limits
from careweave.identity._nicknames import is_nickname, known_forenames
from careweave.identity._norm import Name, Norm

_SHORTEST_PREFIX = 3

Shares = Mapping[str, float]
"""How many of all people share each given name, from 0 to 1."""


class Closeness(IntEnum):
    """How close two forenames are, in growing order; UNKNOWN where one side tells none.

    RIVAL: they look alike, but both are names of their own, as Jaden and Jayden are, or only the
    first of several is the same. SIMILAR: one may be the other misspelt. FORM: a short form, a nickname, a middle name, or the names exchanged.
    """

    UNKNOWN = -1
    APART = 0
    RIVAL = 1
    SIMILAR = 2
    FORM = 3
    EQUAL = 4


def closeness(left: Norm, right: Norm, shares: Shares, limits: Limits) -> Closeness:
    """Returns how close the closest forenames of both are, of any time."""
    pairs = [
        (one, other) for one in left.names for other in right.names if one.givens and other.givens
    ]
    found = Closeness.UNKNOWN
    for one, other in pairs:
        found = max(found, _closeness(one, other, shares, limits))
        if found is Closeness.EQUAL:
            break
    return found


def _closeness(one: Name, other: Name, shares: Shares, limits: Limits) -> Closeness:
    first, second = one.givens[0], other.givens[0]
    if one.given == other.given:
        return Closeness.EQUAL
    if first == second:
        return _beside(one, other, shares, limits)
    if _is_form(one, other, limits):
        return Closeness.FORM
    return _looks(first, second, shares, limits)


def _is_form(one: Name, other: Name, limits: Limits) -> bool:
    first, second = one.givens[0], other.givens[0]
    return (
        _is_short(first, second)
        or is_nickname(first, second)
        or _is_middle(one, other)
        or _is_exchanged(one, other, limits)
    )


def _looks(first: str, second: str, shares: Shares, limits: Limits) -> Closeness:
    """Returns how close two forenames are by their letters alone.

    Where one of them is no known name, one letter wrong is enough: of a short one little is left.
    """
    are_names = _is_known(first, shares, limits) and _is_known(second, shares, limits)
    if _alike(first, second, limits):
        return Closeness.RIVAL if are_names else Closeness.SIMILAR
    is_slip = not are_names and DamerauLevenshtein.distance(first, second, score_cutoff=1) <= 1
    return Closeness.SIMILAR if is_slip and min(len(first), len(second)) > 1 else Closeness.APART


def _is_known(name: str, shares: Shares, limits: Limits) -> bool:
    """Says that a forename is borne here or in the country: it's no slip of another."""
    return shares.get(name, 0.0) >= limits.known_name or name in known_forenames()


def _beside(one: Name, other: Name, shares: Shares, limits: Limits) -> Closeness:
    """Returns how close two names of one first name are, by those that follow it.

    Mohammed Ali and Mohammed Hassan are two brothers, Maria Jose and Maria Carmen two sisters.
    """
    ours, theirs = one.givens[1:], other.givens[1:]
    if not ours or not theirs or any(_are_near(a, b, limits) for a in ours for b in theirs):
        return Closeness.EQUAL
    is_common = shares.get(one.givens[0], 0.0) > limits.common_token
    return Closeness.APART if is_common else Closeness.RIVAL


def _are_near(left: str, right: str, limits: Limits) -> bool:
    return _is_short(left, right) or _alike(left, right, limits) or is_nickname(left, right)


def _is_short(left: str, right: str) -> bool:
    """Says that one is the initial of the other, or begins it with three letters or more."""
    short, long = sorted((left, right), key=len)
    return (len(short) == 1 or len(short) >= _SHORTEST_PREFIX) and long.startswith(short)


def _alike(left: str, right: str, limits: Limits) -> bool:
    return JaroWinkler.similarity(left, right) >= limits.forename_similarity


def _is_middle(one: Name, other: Name) -> bool:
    """Says that the forename of one is a middle name of the other: called by the second name."""
    return one.givens[0] in other.givens[1:] or other.givens[0] in one.givens[1:]


def _is_exchanged(one: Name, other: Name, limits: Limits) -> bool:
    """Says that a forename stands as the family name on the other side.

    One of the two is enough: whoever had the names exchanged may have married since. Who have one
    family name have theirs in its place: Tao Li and Li Li are two.
    """
    if one.family == one.given or other.family in {other.given, one.family}:
        return False
    return _alike(one.given, other.family, limits) or _alike(one.family, other.given, limits)
