"""STU3 as bytes and as values: reading it, and what it is in R4.

Source: reference/interop.md 9.
"""

from datetime import tzinfo

from careweave.formats._limits import BUNDLE_LIMITS, Limits
from careweave.formats._read import read_json
from careweave.formats._stu3_convert import Converter
from careweave.formats._stu3_table import is_stu3_type, stu3_members
from careweave.formats._xml_parse import XmlElement
from careweave.formats._xml_read import Release, read_release
from careweave.terms import Finding, Json

_BOM = b"\xef\xbb\xbf"


def read_stu3(data: bytes, *, limits: Limits = BUNDLE_LIMITS) -> dict[str, Json]:
    """Returns the STU3 resource of JSON or XML, or raises Incorrect with the place named.

    What STU3 does not know is kept, so that `stu3_to_r4` can say where it was.
    """
    if data.removeprefix(_BOM).lstrip()[:1] == b"<":
        return read_release(data, _release(), limits).value
    return read_json(data, limits=limits).value


def _release() -> Release:
    return Release("STU3", is_stu3_type, stu3_members, _unknown)


def _unknown(nodes: list[XmlElement]) -> Json:
    values: list[Json] = [_as_it_is(node) for node in nodes]
    return values if len(values) > 1 else values[0]


def _as_it_is(node: XmlElement) -> Json:
    # Never read by anything but the report of what was dropped: the tag and the value are enough.
    return str(node.get("value", ""))


def stu3_to_r4(
    value: dict[str, Json], *, zone: tzinfo | None = None
) -> tuple[tuple[dict[str, Json], ...], tuple[Finding, ...]]:
    """Returns what an STU3 resource is in R4, and what R4 has no place for.

    No resource where R4 has no such type. A bundle stays one, with its entries converted. Findings:
    `stu3-element-dropped` (gone), `stu3-element-kept` (an extension holds it), `stu3-type-dropped`,
    `r4-element-added` (R4 asks for it and STU3 did not), `stu3-element-mixed` (an element of R4 stood
    in it), `stu3-value-mended` (a value of the wrong type). A time without a zone is of the `zone`.
    """
    converter = Converter(zone)
    made = converter.resource(value, str(value.get("resourceType") or "Resource"))
    return (() if made is None else (made,)), tuple(converter.findings)
