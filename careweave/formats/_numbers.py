"""Numbers as half-open ranges, by the digits they were written with."""

from decimal import Decimal, InvalidOperation

from careweave.terms import Incorrect

_HALF = Decimal("0.5")
_LARGEST_EXPONENT = 400


def number_range(number: str | Decimal | int) -> tuple[Decimal, Decimal]:
    """Returns the range [low, high) that a number stands for, by its significant digits.

    100 is [99.5, 100.5), 100.00 is [99.995, 100.005), 1e2 is [50, 150).
    Source: FHIR R4 4.0.1, search.html 3.1.1.4.5; `reference/store.md` 4.3.
    """
    exact = _exact(number)
    exponent = exact.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exact.adjusted()) > _LARGEST_EXPONENT:
        message = "This number is too large or too small, or is not a number."
        raise Incorrect(message, code="value")
    half = _HALF.scaleb(exponent)
    return exact - half, exact + half


def _exact(number: str | Decimal | int) -> Decimal:
    try:
        return Decimal(number)
    except InvalidOperation as fault:
        message = "A number is written with digits, a point and perhaps an exponent."
        raise Incorrect(message, code="value") from fault
