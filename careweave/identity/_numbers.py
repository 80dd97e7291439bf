"""Checks of the national numbers of people: NHS number, CHI and Health and Care number."""

from collections.abc import Iterable
from dataclasses import dataclass, field

_LENGTH = 10


@dataclass(frozen=True, slots=True)
class NumberRange:
    """A range of numbers that were given out: `kind` is `nhs`, `chi`, `hc` or `test`.

    `low` and `high` are the first nine digits, both included.
    """

    kind: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class CheckedNumber:
    """A national number after its checks: ten digits, or '' with the `faults` that refused it.

    `faults` also holds remarks that leave the number as it is (`chi_mismatch`).
    """

    digits: str = ""
    faults: frozenset[str] = field(default_factory=frozenset)


def check_digit(stem: str) -> int:
    """Returns the check digit of nine digits, 10 where no number exists.

    Source: NHS Data Dictionary, NHS NUMBER, modulus 11; the same for CHI and H&C numbers.
    """
    total = sum(int(digit) * (10 - at) for at, digit in enumerate(stem))
    return (11 - total % 11) % 11


def check_number(
    kind: str, written: str, ranges: Iterable[NumberRange], *, accepts_test: bool = False
) -> CheckedNumber:
    """Returns a national number of `kind` (`nhs`, `chi`, `hc`), or why it is none.

    All numbers of one repeated digit pass the check and are refused by rule. The test range is
    refused unless `accepts_test`. Source: `reference/identity.md` section 5.
    """
    digits = "".join(letter for letter in written if letter not in " -\u00a0\u2010\u2011\u2013")
    if not _is_number(digits):
        return CheckedNumber(faults=frozenset({"bad_number"}))
    stem = int(digits[:9])
    allowed = {kind, "test"} if accepts_test and kind == "nhs" else {kind}
    if not any(one.low <= stem <= one.high for one in ranges if one.kind in allowed):
        return CheckedNumber(faults=frozenset({"wrong_range"}))
    return CheckedNumber(digits)


def _is_number(digits: str) -> bool:
    if len(digits) != _LENGTH or not (digits.isascii() and digits.isdigit()):
        return False
    return len(set(digits)) > 1 and check_digit(digits[:9]) == int(digits[9])


def agrees_with_chi(chi: str, birth: tuple[int, int, int] | None, sex: str) -> bool:
    """Says whether the date and the sex in a CHI number are those of the record.

    What the record does not say agrees. The century is not in the number. A CHI that disagrees
    may be stale: it isn't taken as verified. Source: `reference/identity.md` section 5.
    """
    if sex in {"male", "female"} and (int(chi[8]) % 2 == 1) != (sex == "male"):
        return False
    if birth is None:
        return True
    year, month, day = birth
    parts = ((day, chi[:2]), (month, chi[2:4]), (year % 100, chi[4:6]))
    return all(not known or known == int(digits) for known, digits in parts)
