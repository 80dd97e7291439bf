"""The capability statement: written from what is really served, never by hand."""

from collections.abc import Iterable
from functools import lru_cache

from careweave.disclosure import Parameter, parameters
from careweave.doors.fhir._answer import Answer
from careweave.doors.fhir._routes import Route, Visit
from careweave.formats import known_types, write_json
from careweave.terms import CANONICAL, Json

_BASE = "http://hl7.org/fhir"
_INTERACTIONS = (
    "read",
    "vread",
    "update",
    "patch",
    "delete",
    "history-instance",
    "history-type",
    "create",
    "search-type",
)
VERSIONED_UPDATE = frozenset({"CarePlan", "Consent", "Task"})
"""Types that need If-Match on update. Source: `reference/store.md` 6.4."""

PATCH_FORMATS = (
    "application/json-patch+json",
    "application/fhir+json",
    "application/merge-patch+json",
)
FORMATS = ("json", "xml", "application/fhir+json", "application/fhir+xml")

# Operations that FHIR R4 itself defines for Patient, and those that others define.
_OF_PATIENTS = frozenset({"$everything", "$match"})
_ELSEWHERE = {
    "$break-glass": f"{CANONICAL}/OperationDefinition/Patient-break-glass",
    "$end-episode": f"{CANONICAL}/OperationDefinition/Patient-end-episode",
    "$reason": f"{CANONICAL}/OperationDefinition/Patient-reason",
    "$find": f"{CANONICAL}/OperationDefinition/Patient-find",
    "$ihe-pix": "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix",
}

_PUBLISHED = "2026-11-22"
_CHOOSING_IDS = (
    "The server gives the ids. A client that was registered with an id prefix may also create by "
    "PUT under ids that begin with it; any other PUT of an id updates what is held, and is refused "
    "when nothing is."
)


_SECURITY = (
    "A bearer token of a registered client. A technical system sees and writes the entries of its "
    "own organisation. A client that acts in a role sees what the agreements in force let that "
    "role see, of people with whom its organisation has to do; a search for a person by somebody "
    "at work takes a whole number, or family name and birth date, and shows no more than tells "
    "people apart. Entries shown in part are tagged SUBSETTED."
)


def metadata(visit: Visit) -> Answer:
    """Answers the capability statement."""
    return Answer(200, _statement(visit.parts.base, visit.routes))


@lru_cache(maxsize=4)
def _statement(base: str, routes: tuple[Route, ...]) -> bytes:
    return write_json(statement(base, routes))


def statement(base: str, routes: tuple[Route, ...]) -> dict[str, Json]:
    """Returns the capability statement of these addresses.

    Source: FHIR R4 4.0.1, CapabilityStatement.
    """
    return {
        "resourceType": "CapabilityStatement",
        "url": f"{CANONICAL}/CapabilityStatement/fhir-door",
        "name": "CareweaveFhirDoor",
        "title": "Careweave, the door for systems",
        "status": "active",
        "date": _PUBLISHED,
        "publisher": "Careweave",
        "kind": "instance",
        "software": {"name": "Careweave"},
        "implementation": {"description": "The shared care record of one region", "url": base},
        "fhirVersion": "4.0.1",
        "format": list(FORMATS),
        "patchFormat": list(PATCH_FORMATS),
        "rest": [_rest(routes)],
    }


def _rest(routes: tuple[Route, ...]) -> dict[str, Json]:
    codes = {route.code for route in routes}
    whole: list[Json] = []
    if "transaction" in codes:
        # One address takes both kinds of bundle.
        whole = [{"code": "transaction"}, {"code": "batch"}]
    sources = _sources_by_target()
    return {
        "mode": "server",
        "documentation": _CHOOSING_IDS,
        "security": _security(),
        "resource": [_resource(name, routes, codes, sources) for name in known_types()],
        "interaction": whole,
    }


def _security() -> dict[str, Json]:
    system = "http://terminology.hl7.org/CodeSystem/restful-security-service"
    return {
        "cors": False,
        "service": [{"coding": [{"system": system, "code": "SMART-on-FHIR"}]}],
        "description": _SECURITY,
    }


def _resource(
    name: str, routes: tuple[Route, ...], codes: set[str], sources: dict[str, list[str]]
) -> dict[str, Json]:
    offered: list[Json] = [{"code": code} for code in _INTERACTIONS if code in codes]
    found: dict[str, Json] = {
        "type": name,
        "profile": f"{_BASE}/StructureDefinition/{name}",
        "interaction": offered,
        "versioning": "versioned-update" if name in VERSIONED_UPDATE else "versioned",
        "readHistory": True,
        # Only a client with a prefix may, and only below it; the documentation says so.
        "updateCreate": False,
        "conditionalCreate": "create" in codes,
        "conditionalRead": "full-support",
        "conditionalUpdate": "conditional-update" in codes,
        "conditionalDelete": "single" if "conditional-delete" in codes else "not-supported",
        "referencePolicy": ["literal", "logical", "local"],
    }
    if includes := _includes(name):
        found["searchInclude"] = list(includes)
    if reverse := sources.get(name):
        found["searchRevInclude"] = list(reverse)
    found["searchParam"] = _search_parameters(name)
    found["operation"] = _operations(name, routes)
    return found


def _includes(name: str) -> list[str]:
    return [
        f"{name}:{parameter.name}"
        for parameter in parameters(name).values()
        if _is_followed(parameter)
    ]


def _is_followed(parameter: Parameter) -> bool:
    # `_list` asks which list names a resource; no reference of the resource leads there.
    return parameter.kind == "reference" and parameter.place != "list"


def _sources_by_target() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in known_types():
        for parameter in parameters(name).values():
            for target in parameter.targets if _is_followed(parameter) else ():
                found.setdefault(target, []).append(f"{name}:{parameter.name}")
    return found


def _search_parameters(name: str) -> list[Json]:
    return [_search_parameter(one) for one in parameters(name).values()]


def _search_parameter(one: Parameter) -> Json:
    # Source: FHIR R4 4.0.1, search.html 3.1.1.1: `_list` takes an id, so it is a string.
    kind = "string" if one.place == "list" else str(one.kind)
    found: dict[str, Json] = {"name": one.name, "type": kind}
    if one.url:
        found["definition"] = one.url
    return found


def _operations(name: str, routes: Iterable[Route]) -> list[Json]:
    names = {
        route.code for route in routes if route.code.startswith("$") and route.type in (None, name)
    }
    return [_operation(code) for code in sorted(names)]


def _operation(code: str) -> Json:
    return {"name": code[1:], "definition": _definition(code)}


def _definition(code: str) -> str:
    if code in _ELSEWHERE:
        return _ELSEWHERE[code]
    kind = "Patient" if code in _OF_PATIENTS else "Resource"
    return f"{_BASE}/OperationDefinition/{kind}-{code[1:]}"
