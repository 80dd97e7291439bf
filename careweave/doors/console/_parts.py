"""What the pages of governance are made of, and one request as they see it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from careweave import disclosure
from careweave.agreements import role_named
from careweave.db import Database
from careweave.disclosure import Asking, Outlet
from careweave.doors._access import Handles, Sessions, SignedIn, display_names, officer_of
from careweave.doors._frame import Brand, Form, Posted, Say, new_form, posted, say_of
from careweave.ledger import Recorder
from careweave.terms import Clock, Purpose, Role
from careweave.views import Making

DOOR = "console"
PREFIX = "/console"
PRIVACY = "privacy-officer"
"""The office whose queue this is."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What one process serves the console with; `base` is its address without a last slash.

    `environment` says in words what is not real use.
    """

    database: Database
    recorder: Recorder
    sessions: Sessions
    clock: Clock
    new_request_id: Callable[[], str]
    random: Callable[[int], bytes]
    base: str
    zone: ZoneInfo
    brand: Brand = field(default_factory=Brand)
    is_demonstration: bool = False
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One request of somebody who is signed in; single-valued path, query and form."""

    parts: Parts
    signed_in: SignedIn
    at: datetime
    began_s: float
    request_id: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    language: str

    @property
    def say(self) -> Say:
        """Returns what says a text in the language of the page."""
        return say_of(self.language)

    @property
    def way(self) -> Outlet:
        """Returns the way by which an answer leaves: accounted for before it is given."""
        return Outlet(self.parts.database, self.parts.recorder)

    @property
    def asking(self) -> Asking:
        """Returns the question of this request, as the officer of the session's organisation.

        Forbidden for everybody who is not in that office.
        """
        return Asking(
            actor=officer_of(self.signed_in, PRIVACY),
            purpose=Purpose.OPERATIONS,
            door=DOOR,
            request_id=self.request_id,
            at=self.at,
            began_s=self.began_s,
        )

    @property
    def handles(self) -> Handles:
        """Returns what makes opaque names in this session."""
        return Handles(self.signed_in.secret)

    def named(self, users: Collection[str]) -> "Named":
        """Returns what users, organisations and roles are called: asked once for a page."""
        with self.parts.database.reading() as session:
            shown = display_names(session, users)
            known = disclosure.world(session, self.at).organisations
        return Named(shown, {slug: one.name for slug, one in known.items()}, self.say)

    @property
    def making(self) -> Making:
        """Returns how texts are made: these pages name no entry."""
        return Making(now=self.at, zone=self.parts.zone, handle=_no_entry, say=self.say)

    def new_form(self, page: str, about: str = "") -> Form:
        """Returns the hidden fields of a form of a page, about what has this opaque name."""
        return new_form(self.signed_in.secret, page, about, self.parts.random)

    def posted(self, page: str, about: str = "") -> Posted:
        """Returns the form that came back; Conflict for one made for another page or thing."""
        return posted(self.signed_in.secret, self.form, page, about)


@dataclass(frozen=True, slots=True)
class Named:
    """What users, organisations and roles are called; the code itself where nobody knows."""

    users: Mapping[str, str]
    organisations: Mapping[str, str]
    say: Say

    def user(self, user: str) -> str:
        """Returns what a user is called, with the user name where it says more."""
        shown = self.users.get(user, "")
        return f"{shown} ({user})" if shown and shown != user else user

    def organisation(self, slug: str) -> str:
        """Returns what an organisation is called."""
        return self.organisations.get(slug, slug)

    def role(self, role: str) -> str:
        """Returns what a role is called."""
        if role not in set(Role):
            return role
        name = self.say(role_named(Role(role)))
        return name[:1].upper() + name[1:]


def _no_entry(_type: str, _id: str) -> str:
    return ""
