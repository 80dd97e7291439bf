"""The application of one door for people: its checks, its headers, its pages for what went wrong."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, g, render_template, request
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from careweave.doors._access import LARGEST, REFUSAL
from careweave.doors._frame._assets import static
from careweave.doors._frame._catalogue import ENGLISH, Words, say_of
from careweave.doors._frame._charts import chart_filters
from careweave.doors._frame._forms import changes, check_csrf, check_signs, refuse_other_sites
from careweave.doors._frame._headers import compress, harden
from careweave.doors._frame._log import fault_line
from careweave.doors._frame._page import Frame, Page
from careweave.doors._frame._trouble import trouble_of
from careweave.doors._frame._undefined import PageUndefined
from careweave.doors._frame._who import ask_nobody
from careweave.terms import (
    CareweaveError,
    Fault,
    Forbidden,
    Incorrect,
    MethodRefused,
    NotFound,
    TooLong,
    Unauthenticated,
)

_LOG = logging.getLogger("careweave.doors")
_TEMPLATES = Path(__file__).resolve().parent / "templates"
_FLASK_NAMES = ("url_for", "get_flashed_messages", "config", "request", "session", "g")
"""What Flask gives to templates; ours know `page` alone."""


@dataclass(frozen=True, slots=True)
class Door:
    """What a door gives the frame: where it is, who is signed in, how a page is framed.

    `origin` is scheme, host and port without a slash; `secret` the session's (or, before
    sign-in, the visit's) of the request at hand; `frame` the frame of a page with this title and
    nobody's record; `systems` the addresses that registered systems post to, by their own proof;
    `late` keeps what is posted from a page of a session that has ended, before it leads to sign-in.
    """

    name: str
    templates: Path
    origin: str
    new_request_id: Callable[[], str]
    secret: Callable[[], bytes | None]
    frame: Callable[[str], Frame]
    sign_in: str = "/workspace/sign-in"
    signed_out: str = "/workspace/signed-out"
    systems: frozenset[str] = frozenset()
    late: Callable[[], None] | None = None


def make_app(door: Door) -> Flask:
    """Returns a Flask application with every rule of the pages; the door adds its routes."""
    app = Flask(f"careweave.doors.{door.name}", static_folder=None, template_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST, MAX_FORM_MEMORY_SIZE=LARGEST)
    app.jinja_options = {"autoescape": True, "undefined": PageUndefined}
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(_TEMPLATES),
            FileSystemLoader(door.templates),
            PackageLoader("nhsuk_frontend_jinja"),
        ]
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    _teach(app)
    _guard(app, door)
    _answer_trouble(app, door)
    app.after_request(harden)
    app.after_request(compress)
    return app


def render(template: str, page: Page) -> str:
    """Returns the page as HTML, in the language of its frame."""
    g.language = page.frame.language
    return render_template(template, page=page)


def is_fragment() -> bool:
    """Says whether a part of a page is asked for, by the script of an open page."""
    return request.headers.get("HX-Request") == "true"


def request_id() -> str:
    """Returns the number of this request: what a page of trouble and the log both say."""
    return str(g.request_id)


def _teach(app: Flask) -> None:
    """Gives the templates their filters; they have no other names but `page`."""
    words = Words()
    app.extensions["careweave.words"] = words

    def language() -> str:
        return str(getattr(g, "language", ENGLISH))

    def marked(text: str, **values: object) -> Markup:
        return words.marked(language(), text, values)

    def plain(text: str, **values: object) -> str:
        return say_of(language())(text, **values)

    app.jinja_env.filters.update({"static": static, "say": marked, "say_plain": plain})
    app.jinja_env.filters.update(chart_filters(lambda: say_of(language())))
    for name in _FLASK_NAMES:
        app.jinja_env.globals.pop(name, None)
    app.template_context_processors[None].clear()


def _guard(app: Flask, door: Door) -> None:
    """Puts the checks before every request: its number, the session, where it comes from."""

    def number() -> None:
        g.request_id = door.new_request_id()
        g.language = ENGLISH

    def from_our_pages() -> None:
        if not changes(request.method) or request.path in door.systems:
            return
        refuse_other_sites(dict(request.headers), door.origin)
        secret = door.secret()
        if secret is None:
            if door.late is not None:
                door.late()
            message = "The session has ended; sign in and try again."
            raise Unauthenticated(message)
        check_csrf(secret, request.form.get("csrf", ""))

    app.before_request(number)
    app.before_request(_in_its_place)
    app.before_request(_as_text)
    app.before_request(from_our_pages)


def _in_its_place() -> None:
    """Raises why there is no place for the request just now, where there is none."""
    refusal = request.environ.get(REFUSAL)
    if isinstance(refusal, CareweaveError):
        # Whoever is told to wait costs next to nothing: nobody asks even who it is.
        ask_nobody()
        raise refusal


def _as_text() -> None:
    """Raises Incorrect for a query or a form with signs that nobody can type."""
    for values in (request.args, request.form):
        for name, text in values.items(multi=True):
            check_signs(name)
            check_signs(text)


def _answer_trouble(app: Flask, door: Door) -> None:
    def known(error: CareweaveError) -> Response:
        return _page_of_trouble(door, error)

    def http(error: HTTPException) -> Response:
        return _page_of_trouble(door, _as_ours(error))

    def fault(error: Exception) -> Response:
        _LOG.error(fault_line(error, request_id()))
        return _page_of_trouble(door, Fault())

    app.register_error_handler(CareweaveError, known)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, fault)


def _as_ours(error: HTTPException) -> CareweaveError:
    """Returns an error of the framework as one of ours."""
    kinds: dict[int, type[CareweaveError]] = {
        400: Incorrect,
        403: Forbidden,
        404: NotFound,
        405: MethodRefused,
        413: TooLong,
    }
    return kinds.get(error.code or 500, Fault)()


def _page_of_trouble(door: Door, error: CareweaveError) -> Response:
    if isinstance(error, Unauthenticated):
        return _ended(door)
    body = trouble_of(error, request_id(), home=f"/{door.name}/")
    say = say_of(str(g.language))
    frame = door.frame(say(body.heading))
    name = "frame/trouble-part.html" if is_fragment() else "frame/trouble.html"
    response = Response(render(name, Page(frame, body)), status=error.status)
    retry = getattr(error, "retry_s", None)
    if retry:
        response.headers["Retry-After"] = str(retry)
    return response


def _ended(door: Door) -> Response:
    """Returns what a page does when its session has ended; a part of a page leads away whole."""
    if is_fragment():
        return Response("", status=401, headers={"HX-Redirect": door.signed_out})
    return Response("", status=303, headers={"Location": door.sign_in})
