"""The operation $ihe-pix: under which identifiers other systems know a person.

Source: IHE ITI, Patient Identifier Cross-referencing for mobile (PIXm) 3.0, ITI-83.
"""

from collections.abc import Sequence

from careweave import disclosure
from careweave.doors.fhir._answer import Answer
from careweave.doors.fhir._body import parameters_of
from careweave.doors.fhir._call import Call, Pair
from careweave.formats import write_json
from careweave.terms import Incorrect, Json

_SOURCE, _TARGET = "sourceIdentifier", "targetSystem"
_KNOWN = frozenset({_SOURCE, _TARGET})


def cross(call: Call) -> Answer:
    """Answers the identifiers and Patients of the person that one identifier is of."""
    pairs = call.pairs
    if call.method == "POST":
        pairs = (*pairs, *parameters_of(call))
    _check(pairs)
    source = _identifier([value for name, value in pairs if name == _SOURCE])
    targets = frozenset(value for name, value in pairs if name == _TARGET)
    found = disclosure.cross(call.way, call.asking, source, targets)
    parameters: list[Json] = [
        {"name": "targetIdentifier", "valueIdentifier": {"system": system, "value": value}}
        for system, value in found.identifiers
    ]
    parameters += [
        {"name": "targetId", "valueReference": {"reference": f"Patient/{one}"}}
        for one in found.patients
    ]
    return Answer(200, write_json({"resourceType": "Parameters", "parameter": parameters}))


def _check(pairs: Sequence[Pair]) -> None:
    text = "Only sourceIdentifier and targetSystem are offered here."
    if any(name not in _KNOWN for name, _ in pairs):
        raise Incorrect(text, code="not-supported")


def _identifier(given: Sequence[str]) -> tuple[str, str]:
    if len(given) != 1:
        raise Incorrect("One sourceIdentifier is needed.", where=_SOURCE, code="required")
    system, bar, value = given[0].partition("|")
    if not (bar and system and value):
        raise Incorrect("An identifier is system|value.", where=_SOURCE, code="value")
    return system, value
