"""Who makes the request at hand: the session of its cookie, asked once for each request."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import cast

from flask import Response, g, request

from careweave.doors._access import COOKIE, Chooser, Sessions, SignedIn
from careweave.terms import CareweaveError, Clock, Unauthenticated

VISIT = "__Host-cw-visit"
"""Where a browser keeps a random word of its own before it has a session: for forms alone."""

_VISIT_BYTES = 32
_VISIT_MOST = 64
_STATE = "careweave_who"
_AT = "careweave_at"


@dataclass(slots=True)
class _State:
    """What is known of the request at hand."""

    signed_in: SignedIn | None
    chooser: Chooser | None
    visit: str
    is_new_visit: bool = False
    # The id of a session that has ended, or never was one, came along.
    has_ended: bool = False
    forgets: bool = False


@dataclass(frozen=True, slots=True)
class Whose:
    """Says who makes a request, for one door. Outside of a request it has no answer."""

    sessions: Sessions
    clock: Clock

    @property
    def at(self) -> datetime:
        """Returns when the request came; no database is asked for it."""
        found = getattr(g, _AT, None)
        if not isinstance(found, datetime):
            found = self.clock()
            setattr(g, _AT, found)
        return found

    @property
    def known(self) -> SignedIn | None:
        """Returns who has signed in, for a page that must be made even when nobody can be asked."""
        try:
            return self.signed_in
        except CareweaveError:
            return None

    @property
    def signed_in(self) -> SignedIn | None:
        """Returns who has signed in and acts in a role; None for everybody else."""
        return self._state().signed_in

    @property
    def chooser(self) -> Chooser | None:
        """Returns who has proved who they are and has no role yet; None for everybody else."""
        return self._state().chooser

    @property
    def lapsed(self) -> SignedIn | None:
        """Returns whose session ran out of time lately: not signed in, so nothing is shown or done."""
        if not self._state().has_ended:
            return None
        return self.sessions.lapsed(request.cookies.get(COOKIE, ""), self.at)

    def must(self) -> SignedIn:
        """Returns who has signed in; Unauthenticated where nobody has."""
        found = self.signed_in
        if found is None:
            raise Unauthenticated("The session has ended; sign in again.")
        return found

    def did(self) -> None:
        """Notes that whoever has signed in did something, so that the session lasts on."""
        state = self._state()
        if state.signed_in is not None:
            self.sessions.touch(state.signed_in, self.at)

    def secret(self) -> bytes | None:
        """Returns what forms of this request are signed with: the session's, else the visit's.

        None where a session has ended: what its pages post is answered by the way to sign in.
        """
        state = self._state()
        if state.signed_in is not None:
            return state.signed_in.secret
        if state.chooser is not None:
            return state.chooser.secret
        if state.has_ended:
            return None
        return sha256(b"visit\x1f" + state.visit.encode()).digest() if state.visit else None

    def visited(self) -> bytes:
        """Returns the secret for a form of a page that anybody may open; the browser keeps it."""
        state = self._state()
        if state.has_ended:
            state.has_ended, state.forgets = False, True
        if self.secret() is None:
            state.visit, state.is_new_visit = secrets.token_urlsafe(_VISIT_BYTES), True
        return cast(bytes, self.secret())

    def keep_visit(self, response: Response) -> Response:
        """Returns the answer with the word of the visit, and without the id of what has ended."""
        state = getattr(g, _STATE, None)
        if isinstance(state, _State):
            if state.is_new_visit:
                _set(response, VISIT, state.visit)
            if state.forgets:
                _forget(response, COOKIE)
        return response

    def _state(self) -> _State:
        state = getattr(g, _STATE, None)
        if not isinstance(state, _State):
            state = self._look()
            setattr(g, _STATE, state)
        return state

    def _look(self) -> _State:
        token = request.cookies.get(COOKIE, "")
        signed_in = self.sessions.of(token, self.at)
        chooser = None if signed_in else self.sessions.chooser(token, self.at)
        visit = request.cookies.get(VISIT, "")
        return _State(
            signed_in=signed_in,
            chooser=chooser,
            visit=visit if len(visit) <= _VISIT_MOST else "",
            has_ended=bool(token) and signed_in is None and chooser is None,
        )


def ask_nobody() -> None:
    """Takes the request at hand for one of nobody, so that no database is asked who it is."""
    setattr(g, _STATE, _State(signed_in=None, chooser=None, visit=""))


def set_session(response: Response, token: str) -> Response:
    """Returns the answer with the id of a session that has begun."""
    _set(response, COOKIE, token)
    return response


def clear_session(response: Response) -> Response:
    """Returns the answer that takes the id away, and what a browser kept of pages.

    What waits in a browser's own store is not touched: it may be an unsent visit list.
    """
    for name in (COOKIE, VISIT):
        _forget(response, name)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _set(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="Lax")


def _forget(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="Lax")
