"""One request as the pages see it; who asks is settled before a page is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from careweave.disclosure import Asking, Outlet
from careweave.doors._access import Handles, SignedIn, actor_of
from careweave.doors._frame import Form, Posted, Say, Whose, new_form, posted, say_of
from careweave.doors.workspace._parts import Parts
from careweave.terms import NotFound, PersonId, SourceId
from careweave.views import Making

DOOR = "workspace"
PREFIX = "/workspace"

_PERSON = "person"
# Reading needs no source to write to; a page that writes names its own.
_NO_SOURCE = SourceId(0)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of anybody: the names of its address, its query, its form, its headers.

    Query and form are single-valued; `here` is the address without the query. `is_fragment` says
    that htmx asks for a part of a page; `began_s` is when the request came, by the counter of this
    process. `address` is where the request comes from, where that is known: for limits alone.
    """

    parts: Parts
    whose: Whose
    at: datetime
    began_s: float
    request_id: str
    here: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]
    language: str
    is_fragment: bool
    address: str = ""

    @property
    def say(self) -> Say:
        """Returns what says a text in the language of the page."""
        return say_of(self.language)

    @property
    def device(self) -> str:
        """Returns what the browser says that it is, for a list of sessions."""
        return self.headers.get("User-Agent", "")


@dataclass(frozen=True, slots=True)
class Call:
    """One request of somebody who is signed in."""

    visit: Visit
    signed_in: SignedIn

    @property
    def parts(self) -> Parts:
        """Returns what the door is made of."""
        return self.visit.parts

    @property
    def at(self) -> datetime:
        """Returns when the request came."""
        return self.visit.at

    @property
    def say(self) -> Say:
        """Returns what says a text in the language of the page."""
        return self.visit.say

    @property
    def query(self) -> Mapping[str, str]:
        """Returns the query of the address."""
        return self.visit.query

    @property
    def way(self) -> Outlet:
        """Returns the way by which an answer leaves: accounted for before it is given."""
        return Outlet(self.parts.database, self.parts.recorder)

    @property
    def handles(self) -> Handles:
        """Returns what makes opaque names in this session."""
        return Handles(self.signed_in.secret)

    @property
    def asking(self) -> Asking:
        """Returns the question of this request, as the role and for the purpose of the session."""
        return self.asking_from(_NO_SOURCE)

    def asking_from(self, source: SourceId) -> Asking:
        """Returns the question of this request; what is written with it belongs to `source`."""
        actor = actor_of(self.signed_in, source)
        return Asking(
            actor=actor,
            purpose=actor.purpose,
            door=DOOR,
            request_id=self.visit.request_id,
            at=self.at,
            began_s=self.visit.began_s,
        )

    @property
    def person(self) -> PersonId:
        """Returns whom the address is about; NotFound for a name that this session did not make."""
        found = self.handles.id(_PERSON, self.visit.path["person"])
        if found is None:
            raise NotFound
        return PersonId(UUID(found))

    def handle_of(self, person: PersonId) -> str:
        """Returns the opaque name of a person in this session."""
        return self.handles.of(_PERSON, str(person))

    def address_of(self, person: PersonId) -> str:
        """Returns the address of a person's record in this session, without a last slash."""
        return f"{PREFIX}/r/{self.handle_of(person)}"

    def entry_of(self, person: PersonId) -> tuple[str, str]:
        """Returns the type and id of the entry of the address: one that a page of this person named.

        NotFound for a name of another session, or of another person's page.
        """
        found = self.handles.id(_entries(person), self.visit.path["entry"])
        type_name, _, id_ = (found or "").partition("/")
        if not id_:
            raise NotFound
        return type_name, id_

    def making(self, person: PersonId) -> Making:
        """Returns how pages about a person are made: opaque names of entries are bound to them."""
        handles, kind = self.handles, _entries(person)
        return Making(
            now=self.at,
            zone=self.parts.zone,
            handle=lambda type_name, id_: handles.of(kind, f"{type_name}/{id_}"),
            say=self.say,
        )

    def new_form(self, page: str, about: str = "") -> Form:
        """Returns the hidden fields of a form of a page, about the person of this handle."""
        return new_form(self.signed_in.secret, page, about, self.parts.random)

    def posted(self, page: str, about: str = "") -> Posted:
        """Returns the form that came back; Conflict for one made for another page or person."""
        return posted(self.signed_in.secret, self.visit.form, page, about)


def _entries(person: PersonId) -> str:
    return f"entry of {person}"
