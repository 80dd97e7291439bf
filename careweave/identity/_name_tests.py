"""The tests of agreement of names: both parts together, or the family or given name alone."""

from collections.abc import Callable, Mapping

from rapidfuzz.distance import JaroWinkler

from careweave.identity._nicknames import is_nickname
from careweave.identity._norm import Name
from careweave.identity._texts import text_tests

NameTest = Callable[[Name, Name, float], bool]

_STRAIGHT = 0.85
"""Names that agree this well as they stand are not taken for exchanged ones."""


def exact(left: Name, right: Name, _at: float) -> bool:
    """True when family and given name are the same."""
    return left.given == right.given and left.family == right.family and _is_whole(left, right)


def same_forename(left: Name, right: Name, _at: float) -> bool:
    """True when the family name is the same and the first given name is."""
    return _is_family(left, right) and forename(left) == forename(right)


def fuller(left: Name, right: Name, _at: float) -> bool:
    """True when family name and forename are the same, and one tells more of the others.

    John Paul stands for John, and for John P, but not for John Mark.
    """
    if not same_forename(left, right, 0.0):
        return False
    fewer, more = sorted((left.givens, right.givens), key=len)
    return all(any(_stands(one, other) for other in more) for one in fewer)


def nickname(left: Name, right: Name, _at: float) -> bool:
    """True when the family name is the same and one forename is a known form of the other."""
    return _is_family(left, right) and is_nickname(forename(left), forename(right))


def exchanged(left: Name, right: Name, at: float) -> bool:
    """True when the family name of each is the given name of the other, from `at` on.

    Where a part is missing, the parts that are there decide.
    """
    crossed = _lower(_likeness(left.family, right.given), _likeness(left.given, right.family))
    if crossed is None or crossed < at:
        return False
    straight = _lower(_likeness(left.family, right.family), _likeness(left.given, right.given))
    return straight is None or straight < _STRAIGHT


def all_parts(left: Name, right: Name, at: float) -> bool:
    """True when both have the same parts, at least `at` of them, in any order."""
    ours = {*left.families, *left.givens}
    return len(ours) >= at and ours == {*right.families, *right.givens}


def some_parts(left: Name, right: Name, at: float) -> bool:
    """True when all parts of one, at least `at` of them, are parts of the other."""
    ours, theirs = {*left.families, *left.givens}, {*right.families, *right.givens}
    return min(len(ours), len(theirs)) >= at and (ours <= theirs or theirs <= ours)


def similar(left: Name, right: Name, at: float) -> bool:
    """True when family and given name both reach the Jaro-Winkler similarity `at`."""
    return (
        JaroWinkler.similarity(left.family, right.family) >= at
        and _is_whole(left, right)
        and (
            JaroWinkler.similarity(left.given, right.given) >= at
            or JaroWinkler.similarity(forename(left), forename(right)) >= at
        )
    )


def middle(left: Name, right: Name, _at: float) -> bool:
    """True when the family name is the same and the forename of one is any given name of both."""
    return _is_family(left, right) and (
        forename(left) in right.givens or forename(right) in left.givens
    )


def short_given(left: Name, right: Name, at: float) -> bool:
    """True when the family name is the same and one given name begins the other, or is its initial.

    The shorter has at least `at` letters, or is one letter alone.
    """
    return _is_family(left, right) and _is_short(forename(left), forename(right), at)


def same_family(left: Name, right: Name, _at: float) -> bool:
    """True when the family name is the same and both have a given name, whichever."""
    return _is_family(left, right) and _is_whole(left, right)


def same_given(left: Name, right: Name, _at: float) -> bool:
    """True when the given name is the same and both have a family name, whichever."""
    return _is_whole(left, right) and forename(left) == forename(right)


def similar_family(left: Name, right: Name, at: float) -> bool:
    """True when the family name reaches `at` and both have a given name, whichever."""
    return JaroWinkler.similarity(left.family, right.family) >= at and _is_whole(left, right)


def similar_given(left: Name, right: Name, at: float) -> bool:
    """True when the given name reaches `at` and both have a family name, whichever."""
    return JaroWinkler.similarity(left.given, right.given) >= at and _is_whole(left, right)


def lone_family(left: Name, right: Name, at: float) -> bool:
    """True when a given name is missing and the family name reaches `at`."""
    return not (left.given and right.given) and _reaches(left.family, right.family, at)


def lone_given(left: Name, right: Name, at: float) -> bool:
    """True when a family name is missing and the given name reaches `at`."""
    return not (left.family and right.family) and _reaches(left.given, right.given, at)


def partial(left: Name, right: Name, _at: float) -> bool:
    """True when a part of a name is missing."""
    return not _is_whole(left, right)


def shared_family(left: Name, right: Name, at: float) -> bool:
    """True when one part of the family names, of at least `at` letters, is in both."""
    return any(len(part) >= at and part in right.families for part in left.families)


def shared_given(left: Name, right: Name, at: float) -> bool:
    """True when one given name of at least `at` letters is among those of the other."""
    return any(len(part) >= at and part in right.givens for part in left.givens)


def name_tests() -> Mapping[str, NameTest]:
    """Returns the closed table of tests of both parts together."""
    return {
        "exact": exact,
        "fuller": fuller,
        "forename": same_forename,
        "exchanged": exchanged,
        "all_parts": all_parts,
        "some_parts": some_parts,
        "nickname": nickname,
        "middle": middle,
        "short": short_given,
        "jw": similar,
        "family": same_family,
        "given": same_given,
        "family_jw": similar_family,
        "given_jw": similar_given,
        "lone_family": lone_family,
        "lone_given": lone_given,
        "partial": partial,
    }


def family_tests() -> Mapping[str, NameTest]:
    """Returns the closed table of tests of the family name alone: all of texts, and of parts."""
    return {
        **{name: _of_family(test) for name, test in text_tests().items()},
        "exchanged": exchanged,
        "parts": shared_family,
    }


def given_tests() -> Mapping[str, NameTest]:
    """Returns the closed table of tests of the given name alone: all of texts, and of names."""
    return {
        **{name: _of_given(test) for name, test in text_tests().items()},
        "exchanged": exchanged,
        "forename": lambda left, right, _at: forename(left) == forename(right),
        "nickname": lambda left, right, _at: is_nickname(forename(left), forename(right)),
        "short": lambda left, right, at: _is_short(forename(left), forename(right), at),
        "parts": shared_given,
    }


def forename(name: Name) -> str:
    """Returns the first given name."""
    return name.givens[0] if name.givens else name.given


def _of_family(test: Callable[[str, str, float], bool]) -> NameTest:
    return lambda left, right, at: test(left.family, right.family, at)


def _of_given(test: Callable[[str, str, float], bool]) -> NameTest:
    return lambda left, right, at: test(left.given, right.given, at)


def _stands(one: str, other: str) -> bool:
    return one == other or ((len(one) == 1 or len(other) == 1) and one[:1] == other[:1])


def _is_whole(left: Name, right: Name) -> bool:
    return bool(left.family and right.family and left.given and right.given)


def _is_family(left: Name, right: Name) -> bool:
    return left.family == right.family and bool(left.family and left.given and right.given)


def _is_short(left: str, right: str, at: float) -> bool:
    shorter, longer = sorted((left, right), key=len)
    return longer.startswith(shorter) and (len(shorter) == 1 or len(shorter) >= at)


def _likeness(left: str, right: str) -> float | None:
    """Returns the Jaro-Winkler similarity, or None where either is not there."""
    return JaroWinkler.similarity(left, right) if left and right else None


def _lower(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _reaches(left: str, right: str, at: float) -> bool:
    return bool(left and right) and JaroWinkler.similarity(left, right) >= at
