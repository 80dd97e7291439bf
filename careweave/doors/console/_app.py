"""The application of the console: every address of every page, behind one gate."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from flask import Flask, request
from flask.typing import ResponseReturnValue

from careweave import disclosure
from careweave.doors._frame import (
    CHOOSE,
    UNCHECKED,
    Door,
    Frame,
    Place,
    Stay,
    Whose,
    csrf_token,
    direction,
    here,
    language_asked,
    languages_of,
    make_app,
    request_id,
    say_of,
)
from careweave.doors.console import _problems, _reviews, _shown
from careweave.doors.console._parts import DOOR, PREFIX, Call, Parts
from careweave.doors.console._route import Route
from careweave.terms import CareweaveError

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_SIGNING = "/workspace"
_PLACES = (("Access review", f"{PREFIX}/"), ("Reported problems", f"{PREFIX}/problems"))

# Each module of pages adds its addresses here, and nowhere else.
ROUTES: tuple[Route, ...] = (*_problems.ROUTES, *_reviews.ROUTES, *_shown.ROUTES)


def application(parts: Parts) -> Flask:
    """Returns the WSGI application of the pages of governance."""
    whose = Whose(parts.sessions, parts.clock)
    door = Door(
        name=DOOR,
        templates=_TEMPLATES,
        origin=parts.base,
        new_request_id=parts.new_request_id,
        secret=whose.secret,
        frame=lambda title: frame_of(parts, whose, title),
    )
    app = make_app(door)
    for route in ROUTES:
        app.add_url_rule(
            PREFIX + route.rule, route.name, _gated(parts, whose, route), methods=[route.method]
        )
    return app


def _gated(parts: Parts, whose: Whose, route: Route) -> Callable[..., ResponseReturnValue]:
    def answer(**path: str) -> ResponseReturnValue:
        call = Call(
            parts=parts,
            signed_in=whose.must(),
            at=whose.at,
            began_s=time.perf_counter(),
            request_id=request_id(),
            path=path,
            query=request.args.to_dict(),
            form=request.form.to_dict(),
            language=language_asked(),
        )
        whose.did()
        return route.answer(call, frame_of(parts, whose, call.say(route.title)))

    return answer


def frame_of(parts: Parts, whose: Whose, title: str) -> Frame:
    """Returns the frame of a page, for whoever makes the request."""
    language, signed_in = language_asked(), whose.known
    plain = Frame(
        door=DOOR,
        title=title,
        language=language,
        direction=direction(language),
        unchecked=language in UNCHECKED,
        brand=parts.brand,
        environment=parts.environment,
        here=here(f"{PREFIX}/"),
    )
    if signed_in is None:
        return plain
    posting = signed_in.posting
    return replace(
        plain,
        user=signed_in.display_name,
        role=say_of(language)(posting.office.replace("-", " ").capitalize() or posting.words),
        organisation=_organisation(parts, posting.organisation, whose.at),
        places=tuple(Place(text, href, href == request.path) for text, href in _PLACES),
        csrf=csrf_token(signed_in.secret, parts.random),
        stay=Stay(
            idle_s=int(parts.sessions.limits.idle.total_seconds()),
            absolute_s=max(0, int((signed_in.ends_at - whose.at).total_seconds())),
            keep=f"{_SIGNING}/stay",
            signed_out=f"{_SIGNING}/signed-out",
        ),
        sign_out=f"{_SIGNING}/sign-out",
        switch=f"{_SIGNING}/role",
        keys=f"{_SIGNING}/keys",
        languages=languages_of(language),
        choose=CHOOSE,
    )


def _organisation(parts: Parts, slug: str, at: datetime) -> str:
    """Returns what the region in force calls an organisation; its slug where it is not named."""
    try:
        with parts.database.reading() as session:
            found = disclosure.world(session, at).organisations.get(slug)
    except CareweaveError:
        found = None
    return slug if found is None else found.name
