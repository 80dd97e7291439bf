"""Resources as FHIR XML, in the order of the R4 table of elements."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from itertools import zip_longest
from typing import NoReturn

from careweave.formats._narrative import as_markup
from careweave.formats._table import Member, is_type, members
from careweave.formats._write import digits
from careweave.terms import Json, Unprocessable

_PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;"}
    | {"\r": "&#13;"}
)
_Value = Mapping[str, Json]


def to_xml(value: _Value) -> bytes:
    """Returns the resource as XML in UTF-8.

    Raises Unprocessable with the path for a member that R4 does not know, and for a narrative
    that is not XHTML.
    """
    kind = value.get("resourceType")
    if not isinstance(kind, str) or not is_type(kind):
        _refuse("This is not the name of an R4 resource type.", "resourceType")
    pieces = [_PROLOGUE, f'<{kind} xmlns="http://hl7.org/fhir">']
    _write_members(pieces, value, kind, kind)
    pieces.append(f"</{kind}>")
    return "".join(pieces).encode()


def _refuse(message: str, where: str) -> NoReturn:
    raise Unprocessable(message, where=where, code="structure")


@cache
def _order(shape: str) -> Mapping[str, int]:
    names = (name for name, m in members(shape).items() if not m.element.is_attribute)
    return {name: i for i, name in enumerate(names)}


def _write_members(pieces: list[str], value: _Value, shape: str, path: str) -> None:
    order = _order(shape)
    known = members(shape)
    for name in sorted(_names(value, shape, path), key=order.__getitem__):
        member = known[name]
        if member.is_primitive:
            _write_primitives(pieces, value.get(name), value.get(f"_{name}"), member, path)
        else:
            _write_complexes(pieces, value.get(name), member, path)


def _names(value: _Value, shape: str, path: str) -> set[str]:
    names = {name.removeprefix("_") for name in value}
    unknown = names - members(shape).keys() - {"resourceType"}
    if unknown:
        _refuse("FHIR R4 does not know a member here.", path)
    return names & _order(shape).keys()


def _write_complexes(pieces: list[str], held: Json, member: Member, path: str) -> None:
    for item in held if isinstance(held, list) else [held]:
        if not isinstance(item, dict):
            _refuse("An object is expected here.", f"{path}.{member.name}")
        if member.type == "Resource":
            _write_contained(pieces, item, member.name, path)
        else:
            pieces.append(f"<{member.name}{_attributes(item, member.shape)}>")
            _write_members(pieces, item, member.shape, f"{path}.{member.name}")
            pieces.append(f"</{member.name}>")


def _write_contained(pieces: list[str], value: _Value, name: str, path: str) -> None:
    kind = value.get("resourceType")
    if not isinstance(kind, str) or not is_type(kind):
        _refuse("This is not the name of an R4 resource type.", f"{path}.{name}")
    pieces.append(f"<{name}><{kind}>")
    _write_members(pieces, value, kind, f"{path}.{name}")
    pieces.append(f"</{kind}></{name}>")


def _attributes(value: _Value, shape: str) -> str:
    names = ("id", "url") if shape == "Extension" else ("id",)
    held = ((name, value.get(name)) for name in names)
    return "".join(f' {name}="{_text(item)}"' for name, item in held if item is not None)


def _write_primitives(
    pieces: list[str], simple: Json, extra: Json, member: Member, path: str
) -> None:
    if member.type == "xhtml":
        pieces.append(as_markup(str(simple), f"{path}.{member.name}"))
        return
    for value, more in _pairs(simple, extra):
        extension = more if isinstance(more, dict) else {}
        attributes = _attributes(extension, "Element")
        if value is not None:
            attributes += f' value="{_text(value)}"'
        if extension.keys() <= {"id"}:
            pieces.append(f"<{member.name}{attributes}/>")
        else:
            pieces.append(f"<{member.name}{attributes}>")
            _write_members(pieces, extension, "Element", f"{path}.{member.name}")
            pieces.append(f"</{member.name}>")


def _pairs(simple: Json, extra: Json) -> Iterator[tuple[Json, Json]]:
    if isinstance(simple, list) or isinstance(extra, list):
        values = simple if isinstance(simple, list) else []
        return zip_longest(values, extra if isinstance(extra, list) else [])
    return iter([(simple, extra)])


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return digits(value)
    return str(value).translate(_ESCAPES)
