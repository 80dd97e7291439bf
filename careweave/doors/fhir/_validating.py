"""The operation $validate: says what is wrong with a resource, and what it could not look at."""

from dataclasses import dataclass

from careweave import disclosure
from careweave.doors.fhir._answer import Answer
from careweave.doors.fhir._body import resource_of
from careweave.doors.fhir._call import Call, only
from careweave.doors.fhir._faults import outcome_bytes
from careweave.doors.fhir._render import resource_bytes
from careweave.formats import Resource, check, read_json, write_json
from careweave.terms import Incorrect, Issue, Json, Severity

_NAMES = frozenset({"mode", "profile"})
_MODES = frozenset({"create", "update", "delete", "profile"})
_BASE = "http://hl7.org/fhir/StructureDefinition/"


@dataclass(frozen=True, slots=True)
class _Asked:
    resource: Resource | None
    mode: str | None
    profile: str | None


def validate(call: Call) -> Answer:
    """Answers 200 with what was found, whatever was found.

    Known is the base definition of each R4 type; a named profile beside it is said not to be
    known. Source: FHIR R4 4.0.1, operation Resource-validate.
    """
    asked = _asked(call)
    _check_mode(call, asked)
    issues = [*_of_profile(asked, call.type), *_of_mode(call, asked)]
    if asked.mode != "delete":
        issues += _of_resource(call, asked)
    if not any(issue.severity in (Severity.ERROR, Severity.FATAL) for issue in issues):
        issues.append(_said(f"Checked against {_BASE}{call.type} of FHIR 4.0.1; no error."))
    return Answer(200, outcome_bytes(tuple(issues), call.asking.request_id))


def _asked(call: Call) -> _Asked:
    named = only(call.pairs, _NAMES, lenient=call.prefer.lenient)
    if not call.environ.get("CONTENT_TYPE"):
        return _Asked(None, named.get("mode"), named.get("profile"))
    sent = resource_of(call)
    if sent.type != "Parameters" or call.type == "Parameters":
        return _Asked(sent, named.get("mode"), named.get("profile"))
    return _in_parameters(sent, named)


def _in_parameters(sent: Resource, named: dict[str, str]) -> _Asked:
    mode, profile, resource = named.get("mode"), named.get("profile"), None
    items = sent.value.get("parameter")
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, dict):
            continue
        if item.get("name") == "resource":
            resource = _made(item.get("resource"))
        elif item.get("name") == "mode":
            mode = _text(item.get("valueCode"))
        elif item.get("name") == "profile":
            profile = _text(item.get("valueUri") or item.get("valueCanonical"))
    return _Asked(resource, mode, profile)


def _made(value: Json) -> Resource:
    if not isinstance(value, dict):
        raise Incorrect(
            "The parameter has a resource.", where="Parameters.parameter", code="structure"
        )
    return read_json(write_json(value))


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _check_mode(call: Call, asked: _Asked) -> None:
    if asked.mode is not None and asked.mode not in _MODES:
        raise Incorrect("Choose create, update, delete or profile.", where="mode", code="value")
    if asked.mode in ("update", "delete") and "id" not in call.path:
        raise Incorrect(
            "For this mode call $validate on the entry itself.", where="mode", code="value"
        )


def _of_profile(asked: _Asked, type_name: str) -> list[Issue]:
    if asked.profile is None or asked.profile == _BASE + type_name:
        return []
    text = f"Only the base profiles of FHIR R4 are known here, as {_BASE}{type_name}."
    return [Issue(Severity.ERROR, "not-supported", text, "profile")]


def _of_mode(call: Call, asked: _Asked) -> list[Issue]:
    if asked.mode == "create" and asked.resource is not None and asked.resource.id is not None:
        text = "A create gets a new id; the one given would not be kept."
        return [Issue(Severity.WARNING, "business-rule", text, f"{call.type}.id")]
    if asked.mode in ("update", "delete"):
        # Absent or not visible is 404 here as everywhere.
        disclosure.read(call.way, call.asking, call.type, call.path["id"])
    return []


def _of_resource(call: Call, asked: _Asked) -> list[Issue]:
    resource = asked.resource
    if resource is None:
        if "id" not in call.path:
            raise Incorrect("A resource is needed.", where="resource", code="required")
        row = disclosure.read(call.way, call.asking, call.type, call.path["id"]).rows[0]
        resource = read_json(resource_bytes(row))
    if resource.type != call.type:
        text = f"The address is for {call.type}; the resource is of another type."
        return [Issue(Severity.ERROR, "invalid", text, "resourceType")]
    return [*check(resource), *_claimed(resource)]


def _claimed(resource: Resource) -> list[Issue]:
    meta = resource.value.get("meta")
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    if not isinstance(profiles, list) or profiles == [_BASE + resource.type]:
        return []
    text = "The profiles that this claims are not known here; only the base was checked."
    return [Issue(Severity.WARNING, "not-supported", text, f"{resource.type}.meta.profile")]


def _said(text: str) -> Issue:
    return Issue(Severity.INFORMATION, "informational", text)
