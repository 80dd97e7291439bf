"""One value of an STU3 element as the value of an R4 element of another type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from careweave.formats._stu3_addresses import r4_reference, r4_system
from careweave.formats._stu3_table import Rule
from careweave.formats._table import Member

_DISPLAY = "http://hl7.org/fhir/StructureDefinition/display"


@dataclass(frozen=True, slots=True)
class Piece:
    """One value, and what stands beside a simple one: its id and extensions."""

    value: Any
    beside: dict[str, Any] | None = None


def simple(piece: Piece, target: Member, rule: Rule) -> Piece | None:
    """Returns a simple value with its R4 code; None where R4 has no code for it."""
    if isinstance(piece.value, str):
        if target.type == "id":
            # What was an address of an object identifier is the identifier itself (DICOM).
            return Piece(piece.value.removeprefix("urn:oid:"), piece.beside)
        code = rule.codes.get(piece.value, piece.value)
        return Piece(code, piece.beside) if code else None
    return piece


def other_type(piece: Piece, kind: str, target: Member, rule: Rule) -> Piece | None:
    """Returns the piece as a value of the type of the target; None where it has no such value."""
    make = _makers().get((_family(kind), _family(target.type)))
    is_object = isinstance(piece.value, dict)
    if make is None or isinstance(piece.value, list) or is_object is not kind[:1].isupper():
        return None
    return make(piece, rule)


_FAMILIES = {
    "string": "text",
    "uri": "text",
    "markdown": "text",
    "oid": "text",
    "canonical": "uri",
    "url": "uri",
}


def _family(kind: str) -> str:
    return _FAMILIES.get(kind, kind)


_Maker = Callable[[Piece, Rule], Piece | None]


@cache
def _makers() -> Mapping[tuple[str, str], _Maker]:
    return {
        ("code", "CodeableConcept"): _concept_of_code,
        ("text", "CodeableConcept"): _concept_of_text,
        ("Coding", "CodeableConcept"): _concept_of_coding,
        ("CodeableConcept", "code"): _code_of_concept,
        ("text", "Coding"): _coding_of_text,
        ("Reference", "uri"): _address_of_reference,
        ("Reference", "text"): _address_of_reference,
        ("decimal", "Quantity"): _quantity_of_number,
        ("text", "Identifier"): _identifier_of_text,
    }


def _around(value: dict[str, Any], piece: Piece) -> Piece:
    return Piece({**(piece.beside or {}), **value})


def _concept_of_code(piece: Piece, rule: Rule) -> Piece | None:
    code = rule.codes.get(piece.value, piece.value)
    if not code:
        return None
    coding = {"system": rule.system, "code": code} if rule.system else {"code": code}
    return _around({"coding": [coding]}, piece)


def _concept_of_text(piece: Piece, _rule: Rule) -> Piece:
    return _around({"text": piece.value}, piece)


def _concept_of_coding(piece: Piece, _rule: Rule) -> Piece:
    coding = dict(piece.value)
    if isinstance(coding.get("system"), str):
        coding["system"] = r4_system(coding["system"])
    return Piece({"coding": [coding]})


def _code_of_concept(piece: Piece, rule: Rule) -> Piece | None:
    codings = piece.value.get("coding")
    for coding in codings if isinstance(codings, list) else []:
        code = coding.get("code") if isinstance(coding, dict) else None
        if isinstance(code, str):
            return Piece(rule.codes.get(code, code))
    return None


def _coding_of_text(piece: Piece, rule: Rule) -> Piece:
    coding = {"system": rule.system, "code": piece.value} if rule.system else {"code": piece.value}
    return _around(coding, piece)


def _address_of_reference(piece: Piece, _rule: Rule) -> Piece | None:
    reference = piece.value.get("reference")
    if not isinstance(reference, str):
        return None
    display = piece.value.get("display")
    beside = {"extension": [{"url": _DISPLAY, "valueString": display}]} if display else None
    return Piece(r4_reference(reference), beside)


def _quantity_of_number(piece: Piece, _rule: Rule) -> Piece:
    return _around({"value": piece.value}, piece)


def _identifier_of_text(piece: Piece, _rule: Rule) -> Piece:
    return _around({"value": piece.value}, piece)
