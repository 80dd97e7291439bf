"""The operation $match: who a Patient may be about, graded.

Source: FHIR R4 4.0.1, operation Patient-match; IHE PDQm 3.0, ITI-119.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from careweave import disclosure
from careweave.doors.fhir._answer import Answer
from careweave.doors.fhir._body import resource_of
from careweave.doors.fhir._call import Call
from careweave.doors.fhir._render import match_bundle
from careweave.formats import Resource, check, read_json, write_json
from careweave.terms import Incorrect, Issue, Json, Severity

_MEMBERS = {
    "resource": "resource",
    "onlyCertainMatches": "valueBoolean",
    "count": "valueInteger",
}
_COUNT, _LARGEST_COUNT = 10, 50
_WHERE = "Parameters.parameter"
_BAD = frozenset({Severity.ERROR, Severity.FATAL})


@dataclass(frozen=True, slots=True)
class _Asked:
    patient: Mapping[str, Json]
    only_certain: bool
    count: int


def match(call: Call) -> Answer:
    """Answers who a Patient may be about, most likely first."""
    asked = _asked(resource_of(call))
    found = disclosure.match(
        call.way, call.asking, asked.patient, only_certain=asked.only_certain, most=asked.count
    )
    return Answer(200, match_bundle(found.found, call.parts.base))


def _asked(sent: Resource) -> _Asked:
    if sent.type != "Parameters":
        raise Incorrect("Send a Parameters resource.", where="resourceType", code="structure")
    given = _members(sent.value.get("parameter"))
    return _Asked(
        patient=_patient(given.get("resource")),
        only_certain=_flag(given, "onlyCertainMatches"),
        count=_count(given.get("count", _COUNT)),
    )


def _members(items: Json) -> dict[str, Json]:
    """Returns the parameters by name; each that is unknown, repeated or of another kind is named."""
    faults: list[Issue] = []
    found: dict[str, Json] = {}
    for item in items if isinstance(items, list) else []:
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(name, str) or name not in _MEMBERS:
            faults.append(_fault("not-supported", "This parameter is not offered here.", name))
        elif name in found:
            faults.append(_fault("invalid", "This parameter may be given once.", name))
        else:
            found[name] = item.get(_MEMBERS[name])
    if faults:
        raise Incorrect(faults[0].message, where=faults[0].where, issues=tuple(faults))
    return found


def _fault(code: str, message: str, name: Json) -> Issue:
    # A name that is not one of ours might be anything, a number of somebody too.
    where = name if isinstance(name, str) and name in _MEMBERS else _WHERE
    return Issue(Severity.ERROR, code, message, where)


def _patient(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise Incorrect("The parameter resource is needed.", where="resource", code="required")
    if value.get("resourceType") != "Patient":
        raise Incorrect("The resource is a Patient.", where="resource", code="structure")
    faults = check(read_json(write_json(value)))
    if any(fault.severity in _BAD for fault in faults):
        raise Incorrect(faults[0].message, where=faults[0].where, issues=tuple(faults))
    return value


def _flag(given: Mapping[str, Json], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise Incorrect("Give true or false, as valueBoolean.", where=name, code="value")
    return value


def _count(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LARGEST_COUNT:
        raise Incorrect(
            f"Give a whole number from 1 to {_LARGEST_COUNT}, as valueInteger.",
            where="count",
            code="value",
        )
    return value
