"""Bodies of requests: bounded, unpacked, and of a kind that is read here."""

import zlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from careweave.doors.fhir._call import Call, pairs_of
from careweave.doors.fhir._headers import content_of
from careweave.formats import Resource, read_json, read_xml
from careweave.terms import Incorrect, Json, TooLong, UnsupportedMedia

_GZIP = 31  # zlib: a gzip header, the largest window


class Stream(Protocol):
    """What WSGI gives to read a body from."""

    def read(self, size: int, /) -> bytes:
        """Returns at most so many bytes."""


def loader(
    stream: Stream,
    environ: Mapping[str, str],
    limit: int,
    waiting: Callable[[], AbstractContextManager[None]],
) -> Callable[[], bytes]:
    """Returns a function that reads the body once, at most `limit` bytes, unpacked.

    What the sender may delay is done inside `waiting()`.
    """

    def load() -> bytes:
        with waiting():
            raw = _read(stream, environ.get("CONTENT_LENGTH") or "", limit)
        coding = (environ.get("HTTP_CONTENT_ENCODING") or "identity").strip().lower()
        if coding == "identity":
            return raw
        if coding != "gzip":
            raise UnsupportedMedia(
                "Send the body as it is, or packed with gzip.", where="Content-Encoding"
            )
        return _unpack(raw, limit)

    return load


def _read(stream: Stream, length: str, limit: int) -> bytes:
    if not length:
        data = stream.read(limit + 1)
    elif not length.isdecimal():
        raise Incorrect("Give the length of the body as a number.", where="Content-Length")
    elif int(length) > limit:
        raise TooLong(f"A body has at most {limit} bytes here.")
    else:
        data = _exactly(stream, int(length))
    if len(data) > limit:
        raise TooLong(f"A body has at most {limit} bytes here.")
    return data


def _exactly(stream: Stream, length: int) -> bytes:
    data = stream.read(length)
    if len(data) == length:
        return data
    pieces = [data]
    missing = length - len(data)
    while missing and (piece := stream.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    if missing:
        raise Incorrect("The body ended before its length was reached.", where="Content-Length")
    return b"".join(pieces)


def _unpack(raw: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        data = unpacker.decompress(raw, limit + 1)
    except zlib.error:
        raise Incorrect("The body is not what gzip makes.", where="Content-Encoding") from None
    if len(data) > limit or unpacker.unconsumed_tail:
        raise TooLong(f"An unpacked body has at most {limit} bytes here.")
    if not unpacker.eof or unpacker.unused_data:
        raise Incorrect("The body is not one whole gzip stream.", where="Content-Encoding")
    return data


def kind_of(call: Call) -> str:
    """Returns what the body is said to be: "json", "xml", "json-patch", "merge-patch" or "form"."""
    kind = content_of(call.environ.get("CONTENT_TYPE"))
    if kind is None:
        raise UnsupportedMedia(
            "Send application/fhir+json or application/fhir+xml, in UTF-8.", where="Content-Type"
        )
    return kind


def resource_of(call: Call) -> Resource:
    """Returns the resource of the body."""
    return resource_from(kind_of(call), call.load())


def resource_from(kind: str, data: bytes) -> Resource:
    """Returns the resource in a body of that kind; the body can be read only once."""
    if not data:
        raise Incorrect("The body is empty; a resource is needed.", code="required")
    if kind == "json":
        return read_json(data)
    if kind == "xml":
        return read_xml(data)
    raise UnsupportedMedia(
        "A resource comes as application/fhir+json or application/fhir+xml.", where="Content-Type"
    )


def parameters_of(call: Call) -> tuple[tuple[str, str], ...]:
    """Returns the simple values of a Parameters resource as pairs; an empty body has none."""
    if not call.environ.get("CONTENT_TYPE"):
        return ()
    if kind_of(call) == "form":
        return pairs_of(call.load().decode("utf-8", "replace"))
    sent = resource_of(call)
    if sent.type != "Parameters":
        raise Incorrect("Send a Parameters resource.", where="resourceType", code="structure")
    items = sent.value.get("parameter", [])
    if not isinstance(items, list):
        raise Incorrect("A list is expected.", where="Parameters.parameter", code="structure")
    return tuple(_simple(item, f"Parameters.parameter[{i}]") for i, item in enumerate(items))


def _simple(item: Json, where: str) -> tuple[str, str]:
    if isinstance(item, dict) and isinstance(name := item.get("name"), str):
        values = [value for key, value in item.items() if key.startswith("value")]
        if len(values) == 1 and isinstance(values[0], str | int):
            return name, str(values[0])
    raise Incorrect("A name and one simple value are expected.", where=where, code="structure")
