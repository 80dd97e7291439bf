"""Who comes in: size, token, rate, type, scope and form, before a handler sees the request."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import falcon

from careweave.disclosure import Asking, Outlet, Way, refuse
from careweave.doors._access import Rates
from careweave.doors.fhir._body import loader
from careweave.doors.fhir._call import Call, Limits, Parts
from careweave.doors.fhir._headers import Form, form_of
from careweave.doors.fhir._routes import Route
from careweave.doors.fhir._scopes import allows, readable
from careweave.doors.fhir._turns import Turns
from careweave.formats import is_type
from careweave.terms import Forbidden, NotFound, TooLong, Unauthenticated

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_FORMAT = re.compile(r"(?:^|&)_format=([^&]*)")

_ID = re.compile(r"[A-Za-z0-9.\-]{1,64}")

DOOR = "fhir"

FINDING = frozenset({"$find", "$ihe-pix", "$match"})
"""The operations that look for a person, which have a budget of their own."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What every request passes: the parts of the door, the way out, rates of clients, turns.

    `finds` are the rates of searches for a person.
    """

    parts: Parts
    outlet: Outlet
    rates: Rates
    finds: Rates
    turns: Turns


def request_id_of(parts: Parts, environ: Mapping[str, str]) -> str:
    """Returns the caller's request id where it is a UUID, else a new one.

    Anything else might carry a person's number into the log.
    """
    given = environ.get("HTTP_X_REQUEST_ID")
    if given is not None and _UUID.fullmatch(given):
        return given.lower()
    return parts.new_request_id()


def check_size(limits: Limits, environ: Mapping[str, str]) -> None:
    """Raises TooLong where the address or the headers are larger than a request needs."""
    if len(environ.get("PATH_INFO", "")) + len(environ.get("QUERY_STRING", "")) > limits.url_bytes:
        raise TooLong("The address is too long; send the search as POST to _search.")
    sizes = [len(v) + len(k) for k, v in environ.items() if k.startswith("HTTP_")]
    if len(sizes) > limits.n_headers or sum(sizes) > limits.header_bytes:
        raise TooLong("The headers are too large.")


def form_in(environ: Mapping[str, str]) -> Form:
    """Returns the form to answer in, or raises NotAcceptable."""
    query = environ.get("QUERY_STRING", "")
    asked = None
    if "_format=" in query:
        found = _FORMAT.search(query)
        asked = falcon.uri.decode(found[1], unquote_plus=False) if found else None
    return form_of(environ.get("HTTP_ACCEPT"), asked)


def admit(
    threshold: Threshold,
    request: falcon.Request,
    route: Route,
    path: Mapping[str, str],
    request_id: str,
) -> Call:
    """Returns the request as a call, or raises what is in its way."""
    parts, environ = threshold.parts, request.env
    check_size(parts.limits, environ)
    began_s = time.perf_counter()
    at = parts.clock()
    actor = parts.clients.actor(_token(environ), at)
    threshold.rates.take(actor.name)
    types = readable(actor.scopes)
    asking = Asking(actor, actor.purpose, DOOR, request_id, at, types, parts.base, began_s=began_s)
    _check_type(threshold.outlet, asking, route, path)
    if route.code in FINDING:
        threshold.finds.take(actor.name)
    return Call(
        parts=parts,
        way=threshold.outlet,
        asking=asking,
        method=route.method,
        path=_storable(path),
        query=environ.get("QUERY_STRING", ""),
        environ=environ,
        form=form_in(environ),
        load=loader(
            request.stream,
            environ,
            _limit(route, parts.limits),
            partial(threshold.turns.away, actor.name),
        ),
    )


def _storable(path: Mapping[str, str]) -> Mapping[str, str]:
    """Returns the path with an id that can't be one made empty.

    Nothing has the empty id, so the answer is the same, as late, as for any id that is not held.
    """
    if "id" in path and not _ID.fullmatch(path["id"]):
        return {**path, "id": ""}
    return path


def _limit(route: Route, limits: Limits) -> int:
    return limits.bundle_bytes if route.code == "transaction" else limits.body_bytes


def _token(environ: Mapping[str, str]) -> str:
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    return token


def _check_type(way: Way, asking: Asking, route: Route, path: Mapping[str, str]) -> None:
    name = route.type or path.get("type")
    if name is None:
        return
    if not is_type(name):
        raise NotFound("FHIR R4 has no such type.", code="not-supported")
    check_scope(way, asking, name, route)


def check_scope(way: Way, asking: Asking, type_name: str, route: Route) -> None:
    """Raises Forbidden, accounted for, where the token does not reach this far."""
    if not allows(asking.actor.scopes, type_name, route.letters):
        refuse(way, asking, route.code, type_name, "scope")
        raise Forbidden("The scopes of the token do not allow this.")
