"""Parsing XML without entities, fetching or expansion.

The text is looked at before the parser sees it: a document type, another encoding than UTF-8 or a
processing instruction is refused. Source: `reference/security.md` 7.
"""

import re
from typing import NoReturn

from lxml import etree

from careweave.terms import Incorrect

XmlElement = etree._Element  # noqa: SLF001  the type of all elements

_search_encoding = re.compile(r"""^<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""").search
_search_instruction = re.compile(r"<\?(?!xml\s)").search
_ENCODINGS = frozenset({"UTF-8", "UTF8", "US-ASCII"})


def parse_xml(text: str) -> XmlElement:
    """Returns the root element, or raises Incorrect with the line."""
    _look_before(text)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        collect_ids=False,
    )
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        message = "This is not well-formed XML."
        raise Incorrect(message, where=f"line {error.lineno or 1}", code="structure") from None


def _look_before(text: str) -> None:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        refuse_xml("A document type is not accepted in FHIR XML; leave it out.", "line 1")
    declared = _search_encoding(text)
    if declared is not None and declared[1].upper() not in _ENCODINGS:
        refuse_xml("XML is accepted in UTF-8 only.", "line 1")
    if _search_instruction(text):
        refuse_xml("There is no place for a processing instruction in FHIR XML.", "line 1")


def refuse_xml(message: str, where: str) -> NoReturn:
    """Raises Incorrect about the structure of XML."""
    raise Incorrect(message, where=where, code="structure")
