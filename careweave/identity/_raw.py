"""Demographics as they were written, as bytes: canonical JSON, what is not said left out."""

import json
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import cast

from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenContact,
    WrittenLink,
    WrittenName,
    WrittenNumber,
)

_PARTS = {
    "names": WrittenName,
    "addresses": WrittenAddress,
    "contacts": WrittenContact,
    "numbers": WrittenNumber,
    "links": WrittenLink,
}

_PLAIN = Demographics()


def write_raw(written: Demographics) -> bytes:
    """Returns demographics as bytes; the same demographics give the same bytes."""
    told = {
        one.name: _plain(value)
        for one in fields(Demographics)
        if (value := getattr(written, one.name)) != getattr(_PLAIN, one.name)
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_raw(raw: bytes) -> Demographics:
    """Returns the demographics that were written."""
    told = cast("dict[str, object]", json.loads(raw))
    return Demographics(**{name: _read(name, value) for name, value in told.items()})  # type: ignore[arg-type]  # as written above


def digest_of(raw: bytes) -> bytes:
    """Returns the SHA-256 by which two versions are the same."""
    return sha256(raw).digest()


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(one) for one in cast("tuple[object, ...]", value)]
    if is_dataclass(value) and not isinstance(value, type):
        return {
            one.name: held
            for one in fields(value)
            if (held := getattr(value, one.name)) != one.default
        }
    return dict(value) if isinstance(value, dict) else value


def _read(name: str, value: object) -> object:
    kind = _PARTS.get(name)
    if kind is None:
        return value
    parts = cast("list[dict[str, object]]", value)
    return tuple(kind(**{key: _tuple(one) for key, one in part.items()}) for part in parts)


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
