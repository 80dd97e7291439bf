"""Numbers of people."""

import re
from dataclasses import dataclass

from careweave.terms._errors import Incorrect

_SHAPE = re.compile(r"[0-9]{10}")


@dataclass(frozen=True, slots=True)
class NhsNumber:
    """A valid NHS number, ten digits.

    Source: NHS Data Dictionary, NHS NUMBER, modulus 11 check digit.
    """

    digits: str

    def __post_init__(self) -> None:
        """Refuses anything that is not ten digits with the right check digit."""
        if not _SHAPE.fullmatch(self.digits):
            raise Incorrect("An NHS number has ten digits.")
        total = sum(int(d) * (10 - i) for i, d in enumerate(self.digits[:9]))
        if (11 - total % 11) % 11 != int(self.digits[9]):
            raise Incorrect("The check digit of the NHS number is wrong.")

    @classmethod
    def read(cls, text: str) -> "NhsNumber":
        """Returns the number in `text`, which may have blanks or hyphens between groups."""
        return cls(re.sub(r"[\s-]", "", text))
