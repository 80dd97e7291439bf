"""The application of the workspace: every address of every page, behind one gate."""

from collections.abc import Callable

from flask import Flask, request
from flask.typing import ResponseReturnValue

from careweave.doors.workspace._call import Call, Visit
from careweave.doors.workspace._parts import Parts
from careweave.doors.workspace._route import OpenRoute, Route
from careweave.terms import Unauthenticated

PREFIX = "/workspace"

# Each module of pages adds its addresses here, and nowhere else.
ROUTES: tuple[Route, ...] = ()
OPEN_ROUTES: tuple[OpenRoute, ...] = ()


def application(parts: Parts) -> Flask:
    """Returns the WSGI application of the pages of professionals."""
    app = Flask("careweave.doors.workspace", static_folder=None)
    for route in ROUTES:
        _add(app, route, _gated(parts, route))
    for open_route in OPEN_ROUTES:
        _add(app, open_route, _opened(parts, open_route))
    return app


def _add(app: Flask, route: Route | OpenRoute, view: Callable[..., ResponseReturnValue]) -> None:
    app.add_url_rule(PREFIX + route.rule, route.name, view, methods=[route.method])


def _opened(parts: Parts, route: OpenRoute) -> Callable[..., ResponseReturnValue]:
    def answer(**path: str) -> ResponseReturnValue:
        return route.answer(visit_of(parts, path))

    return answer


def _gated(parts: Parts, route: Route) -> Callable[..., ResponseReturnValue]:
    def answer(**path: str) -> ResponseReturnValue:
        return route.answer(call_of(visit_of(parts, path)))

    return answer


def call_of(visit: Visit) -> Call:
    """Returns the request as somebody's who is signed in, or raises Unauthenticated."""
    # Nobody is signed in until there are sessions: the default is no.
    raise Unauthenticated(where=visit.request_id)


def visit_of(parts: Parts, path: dict[str, str]) -> Visit:
    """Returns the request that Flask is answering as a value."""
    return Visit(
        parts=parts,
        at=parts.clock(),
        request_id=parts.new_request_id(),
        path=path,
        query=request.args.to_dict(),
        form=request.form.to_dict(),
        is_fragment="HX-Request" in request.headers,
    )
