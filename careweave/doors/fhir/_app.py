"""The Falcon application, made of the table of addresses."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import falcon

from careweave.doors.fhir._answer import FHIR_JSON
from careweave.doors.fhir._call import Parts
from careweave.doors.fhir._gate import Gate, Responder
from careweave.doors.fhir._table import OPEN_ROUTES, ROUTES
from careweave.terms import CareweaveError, Fault, Incorrect, MethodRefused, NotFound


class _Place:
    """One address: a responder for each method that it takes."""

    def __init__(self, responders: Mapping[str, Responder]) -> None:
        for method, responder in responders.items():
            setattr(self, f"on_{method.lower()}", responder)


def application(parts: Parts) -> falcon.App[falcon.Request, falcon.Response]:
    """Returns the WSGI application of the door for systems."""
    gate = Gate(parts, ROUTES, OPEN_ROUTES)
    app = falcon.App(cors_enable=False)
    app.req_options.strip_url_path_trailing_slash = True
    app.resp_options.default_media_type = FHIR_JSON
    for template, responders in _places(gate).items():
        app.add_route(template, _Place(responders))
    _answer_the_lost(app, gate)
    return app


def _places(gate: Gate) -> dict[str, dict[str, Responder]]:
    places: dict[str, dict[str, Responder]] = defaultdict(dict)
    for route in ROUTES:
        places[route.template][route.method] = gate.responder(route)
    for open_route in OPEN_ROUTES:
        places[open_route.template][open_route.method] = gate.open_responder(open_route)
    for responders in places.values():
        if "GET" in responders:
            responders["HEAD"] = responders["GET"]
        responders["OPTIONS"] = gate.options(", ".join(sorted(responders)))
    return places


def _answer_the_lost(app: falcon.App[falcon.Request, falcon.Response], gate: Gate) -> None:
    def lost(
        request: falcon.Request, response: falcon.Response, error: Exception, _path: dict[str, Any]
    ) -> None:
        gate.lost(request, response, _meaning(error))
        allowed = getattr(error, "headers", None)
        if isinstance(allowed, dict) and "Allow" in allowed:
            response.set_header("allow", allowed["Allow"])

    app.add_error_handler(falcon.HTTPError, lost)
    app.add_error_handler(Exception, lost)


def _meaning(error: Exception) -> CareweaveError:
    if isinstance(error, falcon.HTTPMethodNotAllowed):
        return MethodRefused()
    if isinstance(error, falcon.HTTPNotFound):
        return NotFound("There is no such address here.", code="not-supported")
    if isinstance(error, falcon.HTTPError):
        return Incorrect("The request could not be read.")
    return Fault()
