"""The application of the workspace: every address of every page, behind one gate."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from careweave.doors._access import CLIENT
from careweave.doors._frame import (
    Door,
    Frame,
    Whose,
    is_fragment,
    language_asked,
    make_app,
    request_id,
)
from careweave.doors.workspace import (
    _accesses,
    _adding,
    _break,
    _command,
    _day,
    _find,
    _language,
    _launching,
    _own_keys,
    _record,
    _record_entries,
    _record_plan,
    _record_results,
    _record_sections,
    _record_shown,
    _record_timeline,
    _report,
    _signing,
    _usage,
    _visits,
    _visits_sync,
    _why,
)
from careweave.doors.workspace._call import DOOR, PREFIX, Call, Visit
from careweave.doors.workspace._framing import frame_of
from careweave.doors.workspace._parts import Parts
from careweave.doors.workspace._route import Kind, OpenRoute, Route
from careweave.terms import CareweaveError, NotFound

_FULL = frozenset({429, 503})
_TEMPLATES = Path(__file__).resolve().parent / "templates"

# Each module of pages adds its addresses here, and nowhere else.
ROUTES: tuple[Route, ...] = (
    *_signing.ROUTES,
    *_own_keys.ROUTES,
    *_accesses.ROUTES,
    *_adding.ROUTES,
    *_break.ROUTES,
    *_command.ROUTES,
    *_day.ROUTES,
    *_find.ROUTES,
    *_record.ROUTES,
    *_record_entries.ROUTES,
    *_record_plan.ROUTES,
    *_record_results.ROUTES,
    *_record_sections.ROUTES,
    *_record_shown.ROUTES,
    *_record_timeline.ROUTES,
    *_report.ROUTES,
    *_usage.ROUTES,
    *_visits.ROUTES,
    *_visits_sync.ROUTES,
    *_why.ROUTES,
)
OPEN_ROUTES: tuple[OpenRoute, ...] = (
    *_signing.OPEN_ROUTES,
    *_own_keys.OPEN_ROUTES,
    *_language.OPEN_ROUTES,
    *_launching.OPEN_ROUTES,
    *_visits_sync.OPEN_ROUTES,
)


def application(parts: Parts) -> Flask:
    """Returns the WSGI application of the pages of professionals."""
    whose = Whose(parts.sessions, parts.clock)

    def frame(title: str) -> Frame:
        return frame_of(visit_of(parts, whose, {}), title)

    door = Door(
        name=DOOR,
        templates=_TEMPLATES,
        origin=parts.base,
        new_request_id=parts.new_request_id,
        secret=whose.secret,
        frame=frame,
        systems=_systems(),
        late=partial(_keep_late, parts, whose),
    )
    app = make_app(door)
    for route in ROUTES:
        _add(app, route, _gated(parts, whose, route))
    for open_route in OPEN_ROUTES:
        _add(app, open_route, _opened(parts, whose, open_route))
    app.after_request(whose.keep_visit)
    app.after_request(_beside_the_record)
    return app


def _beside_the_record(response: Response) -> Response:
    """Returns the answer; that sources could not be asked never takes the place of the record."""
    if request.endpoint != "live" or response.status_code < 400:
        return response
    if not is_fragment():
        # Without a script the whole page was asked for: back to the record as it is.
        is_full = response.status_code in _FULL
        where = request.path.removesuffix("/live")
        return Response("", status=303, headers={"Location": where}) if is_full else response
    response.headers["HX-Retarget"] = ".cw-checking"
    response.headers["HX-Reswap"] = "innerHTML"
    return response


def _systems() -> frozenset[str]:
    """Returns the addresses that registered systems post to, by a proof of their own."""
    return frozenset(PREFIX + one.rule for one in OPEN_ROUTES if one.is_for_systems)


def _add(app: Flask, route: Route | OpenRoute, answer: Callable[..., ResponseReturnValue]) -> None:
    app.add_url_rule(PREFIX + route.rule, route.name, answer, methods=[route.method])


def _opened(parts: Parts, whose: Whose, route: OpenRoute) -> Callable[..., ResponseReturnValue]:
    def answer(**path: str) -> ResponseReturnValue:
        return route.answer(visit_of(parts, whose, path))

    return answer


def _gated(parts: Parts, whose: Whose, route: Route) -> Callable[..., ResponseReturnValue]:
    def answer(**path: str) -> ResponseReturnValue:
        call = Call(visit_of(parts, whose, path), whose.must())
        # What a page asks for by itself must not keep a session alive.
        if route.is_act:
            whose.did()
        return _answered(call, route)

    return answer


_LATE = {one.name: one.late for one in ROUTES if one.late is not None}


def _keep_late(parts: Parts, whose: Whose) -> None:
    """Keeps what is posted from the page of a session that has ended, where a page does so."""
    keep, lapsed = _LATE.get(request.endpoint or ""), whose.lapsed
    if keep is not None and lapsed is not None:
        # What cannot be kept leads to the sign-in all the same.
        with suppress(CareweaveError):
            keep(Call(visit_of(parts, whose, dict(request.view_args or {})), lapsed))


def _answered(call: Call, route: Route) -> ResponseReturnValue:
    """Returns the page, or why the record of somebody who was found is not opened."""
    try:
        return route.answer(call)
    except NotFound:
        if route.kind is not Kind.DISCLOSES or "person" not in call.visit.path:
            raise
        return _why.refused(call)


def visit_of(parts: Parts, whose: Whose, path: dict[str, str]) -> Visit:
    """Returns the request that Flask is answering as a value."""
    return Visit(
        parts=parts,
        whose=whose,
        at=whose.at,
        began_s=time.perf_counter(),
        request_id=request_id(),
        here=request.path,
        path=path,
        query=request.args.to_dict(),
        form=request.form.to_dict(),
        headers=dict(request.headers),
        language=language_asked(),
        is_fragment=is_fragment(),
        address=str(request.environ.get(CLIENT, "")),
    )
