"""The tests of agreement that hold for any text."""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

from rapidfuzz.distance import DamerauLevenshtein, Jaro, JaroWinkler, Levenshtein

TextTest = Callable[[str, str, float], bool]


def exact(left: str, right: str, _at: float) -> bool:
    """True when both are the same."""
    return left == right


def jaro(left: str, right: str, at: float) -> bool:
    """True when the Jaro similarity reaches `at`."""
    return Jaro.similarity(left, right) >= at


def jaro_winkler(left: str, right: str, at: float) -> bool:
    """True when the Jaro-Winkler similarity reaches `at`."""
    return JaroWinkler.similarity(left, right) >= at


def levenshtein(left: str, right: str, at: float) -> bool:
    """True when at most `at` letters are changed, left out or put in."""
    most = int(at)
    return Levenshtein.distance(left, right, score_cutoff=most) <= most


def damerau(left: str, right: str, at: float) -> bool:
    """True when at most `at` letters are changed, left out, put in or exchanged with the next."""
    most = int(at)
    return (
        abs(len(left) - len(right)) <= most
        and DamerauLevenshtein.distance(left, right, score_cutoff=most) <= most
    )


def prefix(left: str, right: str, at: float) -> bool:
    """True when the shorter begins the longer and has at least `at` letters."""
    return min(len(left), len(right)) >= at and (left.startswith(right) or right.startswith(left))


def initial(left: str, right: str, _at: float) -> bool:
    """True when one is only the first letter of the other."""
    return (len(left) == 1 or len(right) == 1) and left[:1] == right[:1]


def first(left: str, right: str, at: float) -> bool:
    """True when the first `at` letters are the same."""
    letters = int(at)
    return left[:letters] == right[:letters]


def tokens(left: str, right: str, at: float) -> bool:
    """True when at least the share `at` of all their words is in both, in any order."""
    ours, theirs = frozenset(left.split()), frozenset(right.split())
    return len(ours & theirs) >= at * len(ours | theirs)


def some_tokens(left: str, right: str, at: float) -> bool:
    """True when at least `at` words are in both."""
    return len(frozenset(left.split()) & frozenset(right.split())) >= at


def within(left: str, right: str, at: float) -> bool:
    """True when both are whole numbers at most `at` apart."""
    return left.isdecimal() and right.isdecimal() and abs(int(left) - int(right)) <= at


@cache
def text_tests() -> Mapping[str, TextTest]:
    """Returns the closed table of tests of any text, by the name that models use."""
    return MappingProxyType(
        {
            "exact": exact,
            "jw": jaro_winkler,
            "jaro": jaro,
            "lev": levenshtein,
            "dl": damerau,
            "prefix": prefix,
            "initial": initial,
            "first": first,
            "tokens": tokens,
            "some_tokens": some_tokens,
            "within": within,
        }
    )
