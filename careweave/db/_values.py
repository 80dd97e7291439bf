"""Python values to PostgreSQL's binary format and back, by the type that the server asks for."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from uuid import UUID

import psycopg
from psycopg.abc import Buffer, Dumper
from psycopg.adapt import AdaptersMap, Loader, PyFormat
from psycopg.pq import Format
from psycopg.types.numeric import Int8BinaryLoader

Dump = Callable[[object], bytes]

FOREVER = datetime.max.replace(tzinfo=UTC)
"""Stands for PostgreSQL's infinity, both ways."""

NEVER = datetime.min.replace(tzinfo=UTC)
"""Stands for PostgreSQL's minus infinity, both ways."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(2000, 1, 1).toordinal()
_FIRST = (NEVER - _EPOCH) // timedelta(microseconds=1)
_LAST = (FOREVER - _EPOCH) // timedelta(microseconds=1)
_INT8 = struct.Struct(">q")
_DAY_US = 86_400_000_000


def _packer(form: str) -> Dump:
    pack = struct.Struct(form).pack

    def dump(value: object) -> bytes:
        return pack(value)

    return dump


def _text(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    raise TypeError("A text parameter takes a str.")


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise TypeError("A bytea parameter takes bytes.")


def _moment(value: object) -> bytes:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError("A timestamptz parameter takes an aware datetime.")
    if value >= FOREVER:
        return b"\x7f\xff\xff\xff\xff\xff\xff\xff"
    if value <= NEVER:
        return b"\x80\x00\x00\x00\x00\x00\x00\x00"
    gap = value - _EPOCH
    return _INT8.pack(gap.days * _DAY_US + gap.seconds * 1_000_000 + gap.microseconds)


def _day(value: object) -> bytes:
    if not isinstance(value, date):
        raise TypeError("A date parameter takes a date.")
    return struct.pack(">i", value.toordinal() - _EPOCH_DAY)


def _uuid(value: object) -> bytes:
    return value.bytes if isinstance(value, UUID) else UUID(str(value)).bytes


def _span(value: object) -> bytes:
    if not isinstance(value, timedelta):
        raise TypeError("An interval parameter takes a timedelta.")
    return struct.pack(">qii", value // timedelta(microseconds=1), 0, 0)


def _numeric(value: object) -> bytes:
    if isinstance(value, int):
        value = Decimal(value)
    if not isinstance(value, Decimal):
        raise TypeError("A numeric parameter takes a Decimal.")
    return bytes(_numeric_dumper().dump(value) or b"")


@cache
def _numeric_dumper() -> Dumper:
    # The one of psycopg's C part where that is there.
    return psycopg.adapters.get_dumper(Decimal, PyFormat.BINARY)(Decimal)


def _jsonb(value: object) -> bytes:
    return b"\x01" + (value if isinstance(value, bytes) else _text(value))


def _as_text(value: object) -> bytes:
    return str(value).encode()


@dataclass(frozen=True, slots=True)
class Packed:
    """Whole numbers as an array is sent, for one that is made once and sent often."""

    data: bytes


def packed(values: Sequence[int], *, is_long: bool = False) -> Packed:
    """Returns numbers packed as `int[]`, or with `is_long` as `bigint[]`."""
    write, _ = dumper(1016 if is_long else 1007)
    return Packed(write(values))


_SCALARS: dict[int, Dump] = {
    16: _packer(">?"),
    17: _bytes,
    18: _text,
    19: _text,
    20: _packer(">q"),
    21: _packer(">h"),
    23: _packer(">i"),
    25: _text,
    26: _packer(">I"),
    114: _text,
    700: _packer(">f"),
    701: _packer(">d"),
    1042: _text,
    1043: _text,
    1082: _day,
    1184: _moment,
    1186: _span,
    1700: _numeric,
    2950: _uuid,
    3802: _jsonb,
    5069: _packer(">Q"),
}

_ELEMENTS = {
    199: 114,
    271: 5069,
    1000: 16,
    1001: 17,
    1002: 18,
    1005: 21,
    1007: 23,
    1009: 25,
    1014: 1042,
    1015: 1043,
    1016: 20,
    1022: 701,
    1028: 26,
    1182: 1082,
    1185: 1184,
    1187: 1186,
    1231: 1700,
    2951: 2950,
    3807: 3802,
}

_NULL = b"\xff\xff\xff\xff"
_HEADS = {20: ">iq", 21: ">ih", 23: ">ii"}
_WIDTHS = {20: 8, 21: 2, 23: 4}


def _array(element: int) -> Dump:
    dump = _SCALARS[element]
    empty = struct.pack(">iii", 0, 0, element)
    size = struct.Struct(">i").pack

    def write(value: object) -> bytes:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise TypeError("An array parameter takes a list or tuple.")
        if not value:
            return empty
        parts = [b""]
        for item in value:
            if item is None:
                parts.append(_NULL)
                continue
            data = dump(item)
            parts.append(size(len(data)))
            parts.append(data)
        has_null = int(_NULL in parts)
        parts[0] = struct.pack(">iiiii", 1, has_null, element, len(value), 1)
        return b"".join(parts)

    return write


def _integers(element: int) -> Dump:
    pack = struct.Struct(_HEADS[element]).pack
    width = _WIDTHS[element]
    slow = _array(element)

    def write(value: object) -> bytes:
        if isinstance(value, Packed):
            return value.data
        if not isinstance(value, Sequence) or not value or None in value:
            return slow(value)
        head = struct.pack(">iiiii", 1, 0, element, len(value), 1)
        return head + b"".join([pack(width, item) for item in value])

    return write


def dumper(oid: int) -> tuple[Dump, int]:
    """Returns what writes a value of that PostgreSQL type, and its format: 1 binary, 0 text."""
    if oid in _SCALARS:
        return _SCALARS[oid], 1
    element = _ELEMENTS.get(oid)
    if element is None:
        return _as_text, 0
    return (_integers(element) if element in _HEADS else _array(element)), 1


class _MomentLoader(Loader):
    """Reads timestamptz as UTC, with infinity as FOREVER: psycopg's own refuses infinity."""

    format = Format.BINARY

    # typing.override comes with Python 3.12.
    def load(self, data: Buffer) -> datetime:  # type: ignore[explicit-override]
        """Returns an aware datetime in UTC."""
        (value,) = _INT8.unpack(data)
        if value >= _LAST:
            return FOREVER
        if value <= _FIRST:
            return NEVER
        return _EPOCH + timedelta(microseconds=value)


def teach(map_: AdaptersMap) -> None:
    """Makes a connection read moments and transaction numbers our way."""
    map_.register_loader(1184, _MomentLoader)
    map_.register_loader(5069, Int8BinaryLoader)
