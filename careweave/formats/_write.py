"""JSON bytes from values: decimals with their own digits, text in UTF-8 without escapes."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from json import encoder
from typing import NoReturn

from careweave.terms import Json

_quoted: Callable[[str], str] = encoder.encode_basestring


class Digits(str):
    """A number as it is to be written, digit by digit."""

    __slots__ = ()


def quote(text: str) -> str:
    """Returns the text as a JSON string with its quotation marks."""
    return _quoted(text)


def digits(number: Decimal) -> str:
    """Returns a decimal with its own digits, as JSON and FHIR XML write it."""
    text = str(number)
    return format(number, "f") if "E-" in text else text


def write_json(value: Json) -> bytes:
    """Returns the value as compact JSON in UTF-8."""
    try:
        chunks = _plain()(value, 0)
    except TypeError:
        chunks = _exact()(value, 0)
    return "".join(chunks).encode()


def write_exact(value: Json) -> bytes:
    """Returns the value as JSON with every `Digits` written as a number."""
    return "".join(_exact()(value, 0)).encode()


_Encode = Callable[[Json, int], tuple[str, ...]]


@cache
def _plain() -> _Encode:
    return _encoder(_refuse, _quoted)


@cache
def _exact() -> _Encode:
    return _encoder(_as_digits, _quoted_or_digits)


def _encoder(default: Callable[[object], object], text: Callable[[str], str]) -> _Encode:
    # The C encoder of the standard library: the only quick one that can be told how to write a
    # number. Its arguments: markers, default, encoder, indent, key and item separators, sort_keys,
    # skipkeys, allow_nan.
    make = encoder.c_make_encoder  # type: ignore[attr-defined]  # left out of the stubs
    made: _Encode = make(None, default, text, None, ":", ",", False, False, False)  # noqa: FBT003
    return made


def _refuse(_value: object) -> NoReturn:
    message = "a decimal: the other encoder writes it"
    raise TypeError(message)


def _as_digits(value: object) -> Digits:
    if not isinstance(value, Decimal) or not value.is_finite():
        message = "only JSON values with finite numbers can be written"
        raise TypeError(message)
    return Digits(digits(value))


def _quoted_or_digits(text: str) -> str:
    return str(text) if type(text) is Digits else _quoted(text)
