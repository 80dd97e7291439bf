"""The narrative: what XHTML a resource may carry.

Source: FHIR R4 4.0.1, narrative.html, invariants txt-1 and txt-2.
"""

import re
from typing import Final

from lxml import etree

from careweave.formats._xml_parse import XmlElement, parse_xml
from careweave.terms import Incorrect, Unprocessable

_XHTML: Final = "{http://www.w3.org/1999/xhtml}"
_NAMESPACE: Final = ' xmlns="http://www.w3.org/1999/xhtml"'
_match_bare = re.compile(r"<div(?=[\s>/])").match
_TAG = re.compile(r"<[^<>]*>")
_COMMENT: object = etree.Comment
_ELEMENTS = frozenset({
    "p", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "a", "span", "b", "em", "i",
    "strong", "small", "big", "tt", "dfn", "q", "var", "abbr", "acronym", "cite", "blockquote",
    "hr", "ul", "ol", "li", "dl", "dt", "dd", "pre", "table", "caption", "colgroup", "col",
    "thead", "tr", "tfoot", "tbody", "th", "td", "code", "samp", "kbd", "img", "map", "area",
    "sub", "sup", "address", "bdo", "u", "s", "strike", "font", "center",
})  # fmt: skip
_ATTRIBUTES = frozenset({
    "title", "style", "class", "id", "dir", "lang", "accesskey", "tabindex", "span", "width",
    "align", "valign", "char", "charoff", "abbr", "axis", "headers", "scope", "rowspan",
    "colspan", "name", "href", "rel", "rev", "charset", "hreflang", "type", "src", "alt",
    "longdesc", "height", "usemap", "ismap", "shape", "coords", "border", "cellpadding",
    "cellspacing", "summary", "frame", "rules", "cite", "start", "compact", "clear", "size",
    "noshade", "bgcolor", "color", "face", "nowrap", "value",
    "{http://www.w3.org/XML/1998/namespace}lang", "{http://www.w3.org/XML/1998/namespace}space",
})  # fmt: skip
_is_active_link = re.compile(
    r"\s*(?:javascript|vbscript|data\s*:\s*text)\s*:?", re.IGNORECASE
).match


def as_markup(text: str, path: str) -> str:
    """Returns the narrative as it is for use within XML, or raises Unprocessable.

    A root without a namespace is given the one of XHTML.
    """
    found = _match_bare(text)
    if found is not None and "xmlns" not in text[: text.find(">")]:
        text = text[: found.end()] + _NAMESPACE + text[found.end() :]
    _parsed(text, path)
    return text


def is_permitted(text: str) -> bool:
    """Says whether the text is one XHTML div of elements and attributes that FHIR allows."""
    try:
        root = _parsed(text, "")
    except Unprocessable:
        return False
    return all(_is_allowed(node) for node in root.iter())


def says_something(text: str) -> bool:
    """Says whether there is text or an image between the tags."""
    return "<img" in text or bool(_TAG.sub("", text).strip())


def _parsed(text: str, path: str) -> XmlElement:
    try:
        root = parse_xml(text)
    except Incorrect:
        message = "The narrative is not well-formed XHTML."
        raise Unprocessable(message, where=path, code="structure") from None
    if root.tag != f"{_XHTML}div":
        message = "The narrative is one div in the namespace of XHTML."
        raise Unprocessable(message, where=path, code="structure")
    return root


def _is_allowed(node: XmlElement) -> bool:
    if node.tag is _COMMENT:
        return True
    links = (node.get("href"), node.get("src"))
    return (
        str(node.tag).removeprefix(_XHTML) in _ELEMENTS
        and all(attribute in _ATTRIBUTES for attribute in node.attrib)
        and not any(link is not None and _is_active_link(link) for link in links)
    )
