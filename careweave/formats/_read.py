"""Reading JSON strictly: a resource, or any value."""

import json
import re
from decimal import Decimal
from functools import cache
from typing import Any

from careweave.formats._faults import fault_of
from careweave.formats._limits import LIMITS, Limits
from careweave.formats._resource import Resource
from careweave.formats._scan import UNREADABLE, is_suspicious, read_members, strict
from careweave.terms import Fault, Incorrect, Json, TooLong

_SPACE = " \t\n\r"
_is_type_name = re.compile(r"[A-Z][A-Za-z]{1,63}").fullmatch


def read_json(data: bytes, *, limits: Limits = LIMITS, expect_resource: bool = True) -> Resource:
    """Returns the resource with its bytes as they are, or raises Incorrect with the place named.

    Refused: other encodings than UTF-8, repeated members, NaN and Infinity, lone surrogates and
    control characters, numbers of more than 18 digits, and whatever exceeds the limits.
    With `expect_resource=False` any object is taken; its type is then empty.
    """
    text = decoded(data, limits)
    spans: list[int] = []
    start = len(text) - len(text.lstrip(_SPACE))
    try:
        value, end = read_members(text, start, {}, spans)
    except UNREADABLE:
        raise refusal(text, limits) from None
    if len(text) - end and text[end:].strip(_SPACE):
        raise refusal(text, limits)
    if is_suspicious(text, limits):
        refuse(text, limits)
    if len(text) != len(data):
        spans = [len(text[:at].encode()) for at in spans]
    return made(value, data, tuple(spans), where="" if expect_resource else None)


def read_value(data: bytes, *, limits: Limits = LIMITS) -> Json:
    """Returns any JSON value, read as strictly as a resource."""
    text = decoded(data, limits).strip(_SPACE)
    try:
        value, end = strict()(text, 0)
    except UNREADABLE:
        raise refusal(text, limits) from None
    if end != len(text):
        raise refusal(text, limits)
    if is_suspicious(text, limits):
        refuse(text, limits)
    read: Json = value
    return read


def decoded(data: bytes, limits: Limits) -> str:
    """Returns the text of UTF-8 bytes within the limit of size, or raises."""
    if len(data) > limits.size:
        message = f"The document is larger than {limits.size} bytes."
        raise TooLong(message, where="line 1, column 1")
    if data.startswith(b"\xef\xbb\xbf"):
        message = "JSON begins without a byte order mark; send plain UTF-8."
        raise Incorrect(message, where="line 1, column 1", code="structure")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        message = f"The bytes are not UTF-8 at byte {error.start}; send UTF-8."
        raise Incorrect(message, where=f"byte {error.start}", code="structure") from None


def refusal(text: str, limits: Limits) -> Incorrect:
    """Returns the reason why the strict reader stopped."""
    message = "This is not a resource in the form of FHIR JSON; names are written without escapes."
    return fault_of(text, limits) or Incorrect(message, where="line 1", code="structure")


def refuse(text: str, limits: Limits) -> None:
    """Raises the first fault of the text, if there is one."""
    fault = fault_of(text, limits)
    if fault is not None:
        raise fault


def made(
    value: dict[str, Any], body: bytes, cut: tuple[int, ...], *, where: str | None
) -> Resource:
    """Returns the resource of a parsed value; `where` is the path to it, None: any object."""
    kind = value.get("resourceType")
    if where is None:
        return Resource("", None, value, body, cut)
    if type(kind) is not str or not _is_type_name(kind):
        message = "A resource names its type in `resourceType`."
        raise Incorrect(message, where=where or "resourceType", code="structure")
    id_ = value.get("id")
    if id_ is not None and type(id_) is not str:
        message = "The id of a resource is a string."
        raise Incorrect(message, where=f"{where or kind}.id", code="structure")
    return Resource(kind, id_, value, body, cut)


def kept_json(body: bytes) -> dict[str, Json]:
    """Returns the value of a resource that the record kept: it was read strictly when it came.

    Several times as fast as reading it so again. Raises Fault for bytes that are no such resource.
    """
    try:
        value = _kept().decode(body.decode())
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Fault("A kept entry cannot be read.")
    return value


@cache
def _kept() -> json.JSONDecoder:
    """Returns one reader for all: `json.loads` would make one for each resource."""
    return json.JSONDecoder(parse_float=Decimal)
