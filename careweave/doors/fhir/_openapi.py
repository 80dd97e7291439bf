"""The same door as an OpenAPI document, from the same tables as the capability statement."""

from functools import lru_cache

from careweave.disclosure import parameters
from careweave.doors.fhir._answer import Answer
from careweave.doors.fhir._capability import PATCH_FORMATS
from careweave.doors.fhir._routes import OpenRoute, Route, Visit
from careweave.formats import known_types, write_json
from careweave.terms import Json

_FHIR = "application/fhir+json"
_FORM = "application/x-www-form-urlencoded"
_BODIES = {
    "create": (_FHIR,),
    "update": (_FHIR,),
    "conditional-update": (_FHIR,),
    "patch": PATCH_FORMATS,
    "conditional-patch": PATCH_FORMATS,
    "transaction": (_FHIR,),
    "$validate": (_FHIR,),
    "$everything": (_FHIR,),
    "$match": (_FHIR,),
    "$find": (_FORM, _FHIR),
    "$ihe-pix": (_FHIR, _FORM),
    "$break-glass": (_FHIR, _FORM),
    "$reason": (_FHIR, _FORM),
    "$end-episode": (_FHIR, _FORM),
    "search-type": (_FORM,),
}
_SEARCHES = frozenset({"search-type", "conditional-update", "conditional-patch"})
_PAGING = {
    "history-instance": ("_since", "_at", "_count"),
    "history-type": ("_since", "_at", "_count"),
    "$everything": ("_since", "_type", "_count"),
    "$validate": ("mode", "profile"),
    "read": ("_summary", "_elements"),
    "$ihe-pix": ("sourceIdentifier", "targetSystem"),
}
_TEXT: dict[str, Json] = {"type": "string"}


def document(visit: Visit) -> Answer:
    """Answers the OpenAPI document."""
    body = _document(visit.parts.base, visit.routes, visit.open_routes)
    return Answer(200, body, media="application/json")


@lru_cache(maxsize=2)
def _document(base: str, routes: tuple[Route, ...], open_routes: tuple[OpenRoute, ...]) -> bytes:
    paths: dict[str, dict[str, Json]] = {}
    for name in known_types():
        for route in routes:
            if (route.type in (None, name) and "{type}" in route.template) or route.type == name:
                place = _relative(route.template).replace("{type}", name)
                paths.setdefault(place, {})[route.method.lower()] = _operation(route, name)
    for route in routes:
        if "{type}" not in route.template and route.type is None:
            place = _relative(route.template) or "/"
            paths.setdefault(place, {})[route.method.lower()] = _operation(route, None)
    for open_route in open_routes:
        if open_route.template.startswith("/fhir/"):
            place = _relative(open_route.template)
            paths.setdefault(place, {})["get"] = {"responses": {"200": {"description": "Well."}}}
    return write_json(
        {
            "openapi": "3.0.3",
            "info": {"title": "Careweave, the door for systems", "version": "4.0.1"},
            "servers": [{"url": base}],
            "security": [{"bearer": []}],
            "paths": dict(paths),
            "components": _components(),
        }
    )


def _components() -> dict[str, Json]:
    body: dict[str, Json] = {
        "type": "object",
        "properties": {"resourceType": _TEXT},
        "required": ["resourceType"],
    }
    return {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "schemas": {"Resource": body},
    }


def _relative(template: str) -> str:
    return template.removeprefix("/fhir")


def _operation(route: Route, type_name: str | None) -> Json:
    found: dict[str, Json] = {
        "operationId": "-".join((route.method, type_name or "system", route.template)),
        "parameters": [*_of_the_path(route), *_of_the_query(route, type_name)],
        "responses": {
            "default": {
                "description": "A resource, or an OperationOutcome.",
                "content": {_FHIR: {"schema": {"$ref": "#/components/schemas/Resource"}}},
            }
        },
    }
    if route.method != "GET" and (kinds := _BODIES.get(route.code)):
        found["requestBody"] = {"content": {kind: {"schema": _schema(kind)} for kind in kinds}}
    return found


def _schema(kind: str) -> Json:
    if kind == _FHIR:
        return {"$ref": "#/components/schemas/Resource"}
    return {"type": "object"} if kind == _FORM else {"type": "array", "items": {"type": "object"}}


def _of_the_path(route: Route) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _TEXT}
        for name in ("id", "version")
        if f"{{{name}}}" in route.template
    ]


def _of_the_query(route: Route, type_name: str | None) -> list[Json]:
    names: tuple[str, ...] = _PAGING.get(route.code, ())
    if type_name is not None and route.code in _SEARCHES:
        names = tuple(parameters(type_name))
    return [{"name": name, "in": "query", "schema": _TEXT} for name in names]
