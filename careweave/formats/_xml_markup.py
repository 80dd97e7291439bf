"""The narrative of FHIR XML as it is written, character by character."""

import re
from typing import Final

from lxml import etree

from careweave.formats._xml_parse import XmlElement, refuse_xml

DIV: Final = "{http://www.w3.org/1999/xhtml}div"
"""The tag of the root of a narrative."""

_VERBATIM: Final = "{urn:careweave}verbatim"
_find_marks = re.compile(
    r"""<!--.*?-->|<!\[CDATA\[.*?\]\]>|<(/?)div(?=[\s/>])((?:[^>"']|"[^"]*"|'[^']*')*)>""",
    re.DOTALL,
).finditer
_declares = re.compile(r"""xmlns\s*=\s*["']http://www\.w3\.org/1999/xhtml["']""").search


def keep_markup(root: XmlElement, text: str) -> None:
    """Notes at each narrative in the tree how the text writes it.

    A narrative that declares its namespace elsewhere is left to be written anew.
    """
    slices = _slices(text)
    nodes = [node for node in root.iter(DIV) if next(node.iterancestors(DIV), None) is None]
    if len(slices) == len(nodes):
        for node, written in zip(nodes, slices, strict=True):
            if _declares(written[: written.index(">")]):
                node.set(_VERBATIM, written)


def _slices(text: str) -> list[str]:
    slices: list[str] = []
    depth = start = 0
    for mark in _find_marks(text):
        if mark[2] is None:
            continue
        if depth == 0:
            start = mark.start()
        is_whole = mark[2].endswith("/") and not mark[1]
        depth += 0 if is_whole else -1 if mark[1] else 1
        if depth == 0:
            slices.append(text[start : mark.end()])
    return slices


def markup(node: XmlElement, path: str) -> str:
    """Returns the narrative as a string: as it was written, or else written anew."""
    if node.tag != DIV:
        refuse_xml("The narrative is in the namespace of XHTML.", path)
    verbatim = node.get(_VERBATIM)
    if verbatim is not None:
        return str(verbatim)
    return etree.tostring(node, encoding="unicode", with_tail=False)
