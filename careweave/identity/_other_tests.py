"""The tests of agreement of birth dates, addresses and e-mail addresses."""

from collections.abc import Callable, Mapping

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler, Levenshtein

from careweave.identity._norm import Home
from careweave.identity._texts import TextTest, damerau, text_tests

Birth = tuple[int, int, int]
"""Year, month and day, with 0 for what is not known."""

BirthTest = Callable[[Birth, Birth, float], bool]
HomeTest = Callable[[Home, Home, float], bool]


def birth_tests() -> Mapping[str, BirthTest]:
    """Returns the closed table of tests of birth dates."""
    return {
        "exact": _exact,
        "day": _day_but_january,
        "january": _january,
        "year": _year,
        "year_only": _year_only,
        "day_month": _day_month,
        "parts": _parts,
        "lev": _levenshtein,
        "dl": _damerau,
        "days": _days,
        "years": _years,
    }


def _exact(left: Birth, right: Birth, _at: float) -> bool:
    return left == right and bool(left[2])


def _day_but_january(left: Birth, right: Birth, _at: float) -> bool:
    """True for the same day, but for 1 January."""
    return left == right and bool(left[2]) and left[1:] != (1, 1)


def _january(left: Birth, right: Birth, _at: float) -> bool:
    """True for 1 January on both sides: often given to people whose birth date is not known."""
    return left == right and left[1:] == (1, 1)


def _year(left: Birth, right: Birth, _at: float) -> bool:
    return left[0] == right[0]


def _year_only(left: Birth, right: Birth, _at: float) -> bool:
    """True when one side knows no day, and what both know is the same."""
    return not (left[2] and right[2]) and all(
        one == other or not (one and other) for one, other in zip(left, right, strict=True)
    )


def _day_month(left: Birth, right: Birth, _at: float) -> bool:
    return left[0] == right[0] and left[1] == right[2] and left[2] == right[1] and bool(left[2])


def _parts(left: Birth, right: Birth, at: float) -> bool:
    """True when at least `at` of year, month and day are known and the same."""
    alike = (left[0] == right[0]) + (0 != left[1] == right[1]) + (0 != left[2] == right[2])
    return alike >= at


def _levenshtein(left: Birth, right: Birth, at: float) -> bool:
    return _is_full(left, right) and Levenshtein.distance(digits(left), digits(right)) <= at


def _damerau(left: Birth, right: Birth, at: float) -> bool:
    return _is_full(left, right) and DamerauLevenshtein.distance(digits(left), digits(right)) <= at


def _days(left: Birth, right: Birth, at: float) -> bool:
    """True when both dates are at most `at` days apart."""
    return (
        _is_full(left, right)
        and abs(left[0] - right[0]) * 365 <= at + 366
        and abs(_day(left) - _day(right)) <= at
    )


def _day(birth: Birth) -> int:
    """Returns the number of a day, also of one that a calendar does not have.

    Source: Fliegel and Van Flandern, Communications of the ACM 11 (1968) 657.
    """
    year, month, day = birth
    century = (year - (month < 3)) // 100 + 1
    quarters = 7 * (year + (month + 9) // 12) // 4 + 3 * century // 4
    return 367 * year - quarters + 275 * month // 9 + day


def _years(left: Birth, right: Birth, at: float) -> bool:
    return abs(left[0] - right[0]) <= at


def _is_full(left: Birth, right: Birth) -> bool:
    return bool(left[2] and right[2])


def digits(birth: Birth) -> str:
    """Returns the eight digits of a birth date."""
    return f"{birth[0]:04}{birth[1]:02}{birth[2]:02}"


def postcode_tests() -> Mapping[str, HomeTest]:
    """Returns the closed table of tests of postcodes: of the text, and of its parts.

    An address shared by many (`is_communal`) never agrees as `exact`, but as `communal`.
    """
    return {
        **{name: _of_postcode(test) for name, test in text_tests().items()},
        "exact": lambda left, right, _at: (
            left.postcode == right.postcode and not _is_communal(left, right)
        ),
        "communal": lambda left, right, _at: left.postcode == right.postcode,
        "sector": lambda left, right, _at: left.sector == right.sector != "",
        "district": lambda left, right, _at: left.district == right.district != "",
        "area": lambda left, right, _at: left.area == right.area != "",
    }


def address_tests() -> Mapping[str, HomeTest]:
    """Returns the closed table of tests of address lines: house, street and town together."""
    return {
        "exact": lambda left, right, _at: _is_house(left, right) and not _is_communal(left, right),
        "communal": lambda left, right, _at: _is_house(left, right),
        "house_jw": lambda left, right, at: (
            left.house == right.house != ""
            and _is_like(left.street, right.street, at)
            and not _is_communal(left, right)
        ),
        "street": lambda left, right, _at: left.street == right.street != "",
        "jw": lambda left, right, at: _is_like(left.street, right.street, at),
        "dl": lambda left, right, at: text_tests()["dl"](left.street, right.street, at),
        "tokens": lambda left, right, at: text_tests()["tokens"](left.street, right.street, at),
        "elsewhere": _elsewhere,
        "city": lambda left, right, _at: left.city == right.city != "",
        "postcode": lambda left, right, _at: left.postcode == right.postcode != "",
    }


def _elsewhere(left: Home, right: Home, at: float) -> bool:
    """True when both postcodes are known and differ by more than `at` letters."""
    return bool(left.postcode and right.postcode) and not damerau(left.postcode, right.postcode, at)


def _of_postcode(test: TextTest) -> HomeTest:
    return lambda left, right, at: test(left.postcode, right.postcode, at)


def _is_communal(left: Home, right: Home) -> bool:
    return left.is_communal or right.is_communal


def _is_house(left: Home, right: Home) -> bool:
    return left.house == right.house and left.street == right.street != ""


def _is_like(left: str, right: str, at: float) -> bool:
    return bool(left and right) and JaroWinkler.similarity(left, right) >= at


def email_tests() -> Mapping[str, TextTest]:
    """Returns the closed table of tests of e-mail addresses: of the text, and of its parts."""
    return {
        **text_tests(),
        "local": lambda left, right, _at: local_part(left) == local_part(right),
        "local_jw": lambda left, right, at: (
            JaroWinkler.similarity(local_part(left), local_part(right)) >= at
        ),
        "local_dl": lambda left, right, at: text_tests()["dl"](
            local_part(left), local_part(right), at
        ),
        "domain": lambda left, right, _at: left.partition("@")[2] == right.partition("@")[2] != "",
    }


def local_part(email: str) -> str:
    """Returns what stands before the @."""
    return email.partition("@")[0]
