"""Numbers that people have: NHS numbers of the test range, CHI, and local numbers of systems."""

from datetime import date

# Length and beginning of the local number of each system. Source: the feeds' own documents.
_LOCAL = {
    "GPC": ("TH", 6),
    "CAS": ("SC", 7),
    "CCS": ("CH", 6),
    "CCS.csv": ("CH", 6),
    "CHO": ("R", 4),
    "HCP": ("BB", 5),
    "THI": ("F-", 4),
    "HOS": ("HOS", 6),
    "AMB": ("AMBP", 7),
}
_STEP = 7919
_NO_NUMBER = 10
_RESERVED = (999_700_000, 999_720_000)
_LAST_STEM = 999_999_989


def check_digit(stem: str) -> int:
    """Returns the check digit of nine digits, 10 where no number exists.

    Source: NHS Data Dictionary, NHS NUMBER, modulus 11.
    """
    total = sum(int(digit) * (10 - at) for at, digit in enumerate(stem))
    return (11 - total % 11) % 11


def is_valid(number: str) -> bool:
    """Says whether ten digits are an NHS number of the range that nobody has."""
    is_test = len(number) == 10 and number.isdigit() and number.startswith("999")
    return is_test and check_digit(number[:9]) == int(number[9])


def background_number(index: int) -> str | None:
    """Returns the NHS number of an inhabitant without a name of their own; None when all are given.

    Every ten stems in a row hold at least nine numbers. The named people have theirs elsewhere:
    below 999 5 and from 999 700 to 999 719.
    """
    ten, nth = divmod(index, 9)
    first = 999_500_000 + ten * 10
    if first >= _RESERVED[0]:
        first += _RESERVED[1] - _RESERVED[0]
    if first > _LAST_STEM:
        return None
    digits = ((stem, check_digit(str(stem))) for stem in range(first, first + 10))
    valid = [f"{stem}{digit}" for stem, digit in digits if digit != _NO_NUMBER]
    return valid[nth]


def chi_number(born: date, sex: str) -> str:
    """Returns a CHI number out of use: the birth date, two digits above 90, sex and check digit.

    Source: reference/people.md 1; the ninth digit is even for women, odd for men.
    """
    for sequence in range(99, 89, -1):
        for last in range(0 if sex == "F" else 1, 10, 2):
            stem = f"{born:%d%m%y}{sequence}{last}"
            digit = check_digit(stem)
            if digit != _NO_NUMBER:
                return f"{stem}{digit}"
    message = "Every birth date has a number."
    raise ValueError(message)


def local_number(desk: str, prefix: str, index: int, shift: int) -> str:
    """Returns the number a system gives to the person with this index; no two are the same."""
    begins, width = _LOCAL.get(desk, (prefix.upper().rstrip("-"), 6))
    return f"{begins}{(index * _STEP + shift) % 10**width:0{width}d}"
