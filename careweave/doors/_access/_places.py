"""Who may hold a thread of a process: places for each kind of request, so that none starves another.

Systems, pages and signing in each have their own; the last ones are for the emergency card and the launch
that leads to it, emergency access and the visit list alone. Whoever finds no place is told so at once.
Source: `reference/security.md` 7 and 10 (T19); `reference/attacks.md` 82.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from careweave.doors._access._bodies import Bodies, Few
from careweave.doors._access._rates import CLIENT, REFUSAL, Rates, address_of
from careweave.terms import CareweaveError, Crowded

LARGEST = 1024 * 1024
"""Bytes of one post; a page of forms needs a few thousand. Source: `reference/security.md` 7."""


_LOG = logging.getLogger("careweave.doors.access")


class Lane(StrEnum):
    """A kind of request that has places of its own."""

    SYSTEMS = "systems"
    PAGES = "pages"
    SIGNING = "signing"
    LIVE = "live"
    URGENT = "urgent"
    LAUNCH = "launch"


@dataclass(frozen=True, slots=True)
class _Size:
    """How many of a lane work, how many more wait for them and how long, how many are of one client."""

    n: int
    n_waiting: int
    wait_s: float
    n_each: int

    @property
    def n_inside(self) -> int:
        return self.n + self.n_waiting


_SIZES = {
    Lane.PAGES: _Size(12, 12, 1.0, 20),
    Lane.SIGNING: _Size(4, 4, 1.0, 4),
    Lane.LIVE: _Size(4, 0, 0.0, 4),
    Lane.URGENT: _Size(8, 8, 5.0, 12),
    Lane.LAUNCH: _Size(4, 4, 5.0, 6),
}
_FIRST = (Lane.URGENT, Lane.LAUNCH)
_BODY_S = 10.0
_N_BODIES, _BODIES_EACH = 12, 6
_N_OPEN, _OPEN_EACH = 128, 48
_SPARE = 16
_MINUTE_S = 60.0
_READING = frozenset({"GET", "HEAD", "OPTIONS"})

_LANES = (
    (re.compile(r"/workspace/r/[^/]+/(?:card|emergency(?:/end)?|visit)"), Lane.URGENT),
    (re.compile(r"/workspace/visits(?:/\w+)?"), Lane.URGENT),
    # A launch is how the card is come by: offered by the system that sends somebody, then opened.
    (re.compile(r"/workspace/launch(?:/[^/]+){0,2}"), Lane.LAUNCH),
    (re.compile(r"/workspace/r/[^/]+/live"), Lane.LIVE),
    (re.compile(r"/(?:workspace|console)(?:/.*)?", re.DOTALL), Lane.PAGES),
)
_FREE = re.compile(r"/|/static/.*|/health|/ready|/metrics", re.DOTALL)
_SIGNING = re.compile(r"/workspace/(?:sign-in(?:/example)?|recover|enrol|prove)")
_TRYING = re.compile(r"/(?:sign-in(?:/example)?|recover)\Z")


@dataclass(frozen=True, slots=True)
class Width:
    """How wide a process is: how many requests of systems it holds at once.

    From one address `sign_ins` a minute may be tried; 0 is off. Before the server stand `n_proxies`
    that say for whom they ask.
    """

    n_systems: int
    sign_ins: float = 60.0
    n_proxies: int = 0


def n_threads(n_systems: int) -> int:
    """Returns how many threads a process needs to hold all at once, and to tell others to wait."""
    return (
        n_systems
        + sum(one.n_inside for one in _SIZES.values())
        + (len(_FIRST) + 1) * _N_BODIES
        + _SPARE
    )


class Places:
    """Gives each request of a process its place, or the door why there is none.

    What is posted to pages is read before. `first` is entered by what must not wait behind others.
    """

    def __init__(
        self,
        serve: WSGIApplication,
        width: Width,
        first: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """Takes what serves, how wide it is, and what lets urgent requests go first."""
        self._serve = serve
        self._width = width
        self._first = first
        self._is_warned = False
        sizes = {**_SIZES, Lane.SYSTEMS: _Size(width.n_systems, 0, 0.0, width.n_systems)}
        self._lanes = {lane: _Places(size) for lane, size in sizes.items()}
        self._rates = Rates(width.sign_ins / _MINUTE_S, max(width.sign_ins, 1.0), time.monotonic)
        self._bodies = {
            lane: Bodies(LARGEST, _BODY_S, Few(_N_BODIES, _BODIES_EACH), Few(_N_OPEN, _OPEN_EACH))
            for lane in (Lane.PAGES, *_FIRST)
        }

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answers a request in its place; what needs none is answered at once."""
        method, path = str(environ["REQUEST_METHOD"]), str(environ.get("PATH_INFO", ""))
        lane = lane_of(method, path)
        if lane is None:
            return self._serve(environ, start)
        client = address_of(environ, self._width.n_proxies)
        self._warn(environ)
        environ[CLIENT] = client
        with ExitStack() as held:
            try:
                self._admit(environ, lane, client)
                held.enter_context(self._lanes[lane].held(client))
            except CareweaveError as refusal:
                environ[REFUSAL] = refusal
            if lane in _FIRST:
                held.enter_context(self._first())
            return self._serve(environ, start)

    def _warn(self, environ: WSGIEnvironment) -> None:
        """Says once in the log that a proxy stands before the server and is not counted."""
        if self._is_warned or self._width.n_proxies or "HTTP_X_FORWARDED_FOR" not in environ:
            return
        self._is_warned = True
        _LOG.warning('{"event": "proxy-not-counted"}')

    def _admit(self, environ: WSGIEnvironment, lane: Lane, client: str) -> None:
        """Reads what is posted to a page, before any place is taken for it."""
        if lane is Lane.SYSTEMS or environ["REQUEST_METHOD"] in _READING:
            return
        if lane is Lane.SIGNING and _TRYING.search(str(environ.get("PATH_INFO", ""))):
            self._rates.take(client)
        bodies = self._bodies[lane if lane in _FIRST else Lane.PAGES]
        body = bodies.read(environ["wsgi.input"], str(environ.get("CONTENT_LENGTH", "")), client)
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))


def lane_of(method: str, path: str) -> Lane | None:
    """Returns in which places a request is held; None for what costs next to nothing.

    However many slashes are before it, an address is that of the door that answers it; whatever no
    pattern knows is answered by the door for systems.
    """
    path = "/" + path.lstrip("/")
    if _FREE.fullmatch(path):
        return None
    if method not in _READING and _SIGNING.fullmatch(path):
        return Lane.SIGNING
    found = (lane for pattern, lane in _LANES if pattern.fullmatch(path))
    return next(found, Lane.SYSTEMS)


class _Places:
    """The places of one lane."""

    def __init__(self, size: _Size) -> None:
        self._inside = Few(size.n_inside, size.n_each)
        self._free = threading.Semaphore(size.n)
        self._wait_s = size.wait_s

    @contextmanager
    def held(self, client: str) -> Iterator[None]:
        """Holds a place until the end; Crowded where none is free in time."""
        with self._inside.let_in(client):
            if not self._free.acquire(timeout=self._wait_s):
                raise Crowded
            try:
                yield
            finally:
                self._free.release()
