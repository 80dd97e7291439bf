"""FHIR XML to a resource, typed by the table of elements of its release."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from careweave.formats._limits import LIMITS, Limits
from careweave.formats._read import decoded, read_json
from careweave.formats._resource import Resource
from careweave.formats._table import Member, is_type, members
from careweave.formats._write import Digits, write_exact
from careweave.formats._xml_markup import DIV, keep_markup, markup
from careweave.formats._xml_parse import XmlElement, parse_xml, refuse_xml

_FHIR = "{http://hl7.org/fhir}"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_COMMENT: object = etree.Comment
_BOM = b"\xef\xbb\xbf"
_is_integer = re.compile(r"-?(?:0|[1-9]\d*)", re.ASCII).fullmatch
_is_decimal = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII).fullmatch
_INTEGERS = frozenset({"integer", "positiveInt", "unsignedInt"})
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Release:
    """A release of FHIR: its resource types, its elements, and what is made of others.

    `unknown` gives the value of elements that the release does not know; None refuses them.
    """

    name: str
    is_type: Callable[[str], bool]
    members: Callable[[str], Mapping[str, Member]]
    unknown: Callable[[list[XmlElement]], object] | None = None


_R4 = Release("R4", is_type, members)


def read_xml(data: bytes, *, limits: Limits = LIMITS) -> Resource:
    """Returns the resource with a generated JSON body, or raises Incorrect with the place named.

    Numbers keep their digits and the narrative its markup; comments outside of it are dropped.
    """
    return read_release(data, _R4, limits)


def read_release(data: bytes, release: Release, limits: Limits) -> Resource:
    """Returns the resource that the XML of a release holds, its elements as that release has them."""
    text = decoded(data.removeprefix(_BOM), limits)
    root = parse_xml(text)
    keep_markup(root, text)
    value = _Reader(release).resource(root, "", limits.depth)
    return read_json(write_exact(value), limits=limits)


@dataclass(frozen=True, slots=True)
class _Reader:
    release: Release

    def resource(self, node: XmlElement, path: str, depth: int) -> dict[str, Any]:
        kind = _local(node, path or "line 1")
        if not self.release.is_type(kind):
            name = self.release.name
            refuse_xml(f"This is not the name of an {name} resource type.", path or "line 1")
        if any(not str(name).startswith(_XSI) for name in node.attrib):
            refuse_xml("The element of a resource has no attributes.", path or kind)
        return {"resourceType": kind, **self._members(node, kind, path or kind, depth)}

    def _members(self, node: XmlElement, shape: str, path: str, depth: int) -> dict[str, Any]:
        if depth < 1:
            refuse_xml("The document is nested too deep.", path)
        known = self.release.members(shape)
        value: dict[str, Any] = {}
        for name, nodes in _by_name(node, path).items():
            member = known.get(name)
            if member is None or member.element.is_attribute:
                value[name] = self._unknown(nodes, path)
                continue
            if len(nodes) > 1 and not member.element.is_many:
                refuse_xml("An element appears more than once.", f"{path}.{name}")
            read = self._primitives if member.is_primitive else self._complexes
            value.update(read(nodes, member, f"{path}.{name}", depth - 1))
        return value

    def _unknown(self, nodes: list[XmlElement], path: str) -> object:
        if self.release.unknown is None:
            name = self.release.name
            refuse_xml(f"FHIR {name} does not know an element here.", path)
        return self.release.unknown(nodes)

    def _complexes(
        self, nodes: list[XmlElement], member: Member, path: str, depth: int
    ) -> Iterator[tuple[str, Any]]:
        read = self._contained if member.type == "Resource" else self._complex
        if member.element.is_many:
            yield member.name, [read(n, member, f"{path}[{i}]", depth) for i, n in enumerate(nodes)]
        else:
            yield member.name, read(nodes[0], member, path, depth)

    def _contained(
        self, node: XmlElement, _member: Member, path: str, depth: int
    ) -> dict[str, Any]:
        inside = [child for nodes in _by_name(node, path).values() for child in nodes]
        if len(inside) != 1 or node.attrib:
            refuse_xml("One resource is expected inside of this element.", path)
        return self.resource(inside[0], path, depth)

    def _complex(self, node: XmlElement, member: Member, path: str, depth: int) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for name, text in node.attrib.items():
            if name != "id" and not (name == "url" and member.shape == "Extension"):
                refuse_xml("An element has an attribute that FHIR does not know.", path)
            value[str(name)] = str(text)
        value.update(self._members(node, member.shape, path, depth))
        return value

    def _primitives(
        self, nodes: list[XmlElement], member: Member, path: str, depth: int
    ) -> Iterator[tuple[str, Any]]:
        if member.type == "xhtml":
            yield member.name, markup(nodes[0], path)
            return
        values = [_typed(node, member, path) for node in nodes]
        extras = [self._extra(node, path, depth) for node in nodes]
        is_many = member.element.is_many
        if any(value is not None for value in values):
            yield member.name, values if is_many else values[0]
        if any(extra is not None for extra in extras):
            yield f"_{member.name}", extras if is_many else extras[0]

    def _extra(self, node: XmlElement, path: str, depth: int) -> dict[str, Any] | None:
        extra: dict[str, Any] = {}
        for name, text in node.attrib.items():
            if name == "id":
                extra["id"] = str(text)
            elif name != "value":
                refuse_xml("An element has an attribute that FHIR does not know.", path)
        if len(node) or node.text:
            extra.update(self._members(node, "Element", path, depth))
        if not extra and "value" not in node.attrib:
            refuse_xml("An element is not empty.", path)
        return extra or None


def _local(node: XmlElement, path: str) -> str:
    tag = str(node.tag)
    if tag.startswith(_FHIR):
        return tag[len(_FHIR) :]
    if tag != DIV:
        refuse_xml("An element is not in the namespace of FHIR.", path)
    return "div"


def _by_name(node: XmlElement, path: str) -> dict[str, list[XmlElement]]:
    found: dict[str, list[XmlElement]] = {}
    if node.text and node.text.strip():
        refuse_xml("There is text outside of an attribute.", path)
    for child in node:
        if child.tail and child.tail.strip():
            refuse_xml("There is text outside of an attribute.", path)
        if child.tag is not _COMMENT:
            found.setdefault(_local(child, path), []).append(child)
    return found


def _typed(node: XmlElement, member: Member, path: str) -> object:
    text = node.get("value")
    if text is None:
        return None
    if member.type == "boolean":
        if text not in _BOOLEANS:
            refuse_xml("The value is neither true nor false.", path)
        return _BOOLEANS[text]
    if member.type in _INTEGERS or member.type == "decimal":
        is_number = _is_decimal if member.type == "decimal" else _is_integer
        if not is_number(text):
            refuse_xml("The value is not a number of this type.", path)
        return Digits(text)
    return str(text)
