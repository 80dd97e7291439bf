"""What stands round a page: who is signed in and as what, the places to go, how long it lasts."""

from dataclasses import replace

from careweave import disclosure
from careweave.agreements import role_named
from careweave.doors._access import Posting, SignedIn
from careweave.doors._frame import (
    CHOOSE,
    UNCHECKED,
    Frame,
    Place,
    Say,
    Stay,
    csrf_token,
    direction,
    here,
    languages_of,
)
from careweave.doors.workspace._call import DOOR, PREFIX, Visit
from careweave.terms import CareweaveError, Role

HOME = f"{PREFIX}/"
SIGN_IN = f"{PREFIX}/sign-in"
SIGN_OUT = f"{PREFIX}/sign-out"
SIGNED_OUT = f"{PREFIX}/signed-out"
SWITCH = f"{PREFIX}/role"
STAY = f"{PREFIX}/stay"
KEYS = f"{PREFIX}/keys"
COMMAND = f"{PREFIX}/go"

_PLACES = (("My day", HOME), ("Find a person", f"{PREFIX}/find"))
_VISITS = ("Caseload and visits", f"{PREFIX}/visits")
_ACCESSES = ("My accesses", f"{PREFIX}/accesses")
VISITING = frozenset({Role.CN, Role.SW, Role.CH})
"""Roles that visit people where they live. Source: `reference/interface.md` 12.1, W18."""


def frame_of(visit: Visit, title: str) -> Frame:
    """Returns the frame of a page about nobody, for whoever makes the request."""
    parts = visit.parts
    frame = Frame(
        door=DOOR,
        title=title,
        language=visit.language,
        direction=direction(visit.language),
        unchecked=visit.language in UNCHECKED,
        brand=parts.brand,
        environment=parts.environment,
        clock=_clock(visit) if parts.is_demonstration else "",
        here=here(HOME),
    )
    # The page that says that the database is away has a frame too.
    signed_in = visit.whose.known
    return _of_nobody(frame, visit) if signed_in is None else _of_somebody(frame, visit, signed_in)


def _of_nobody(frame: Frame, visit: Visit) -> Frame:
    """Returns the frame before sign-in: a language can be chosen where a form can be posted."""
    try:
        secret = visit.whose.secret()
    except CareweaveError:
        secret = None
    if secret is None:
        return frame
    token = csrf_token(secret, visit.parts.random)
    return replace(frame, csrf=token, languages=languages_of(visit.language), choose=CHOOSE)


def _clock(visit: Visit) -> str:
    """Returns what the clock of a demonstration shows: it is not that of whoever looks."""
    now = visit.at.astimezone(visit.parts.zone).strftime("%d-%b-%Y %H:%M")
    return visit.say("its clock: {now}", now=now)


def _of_somebody(frame: Frame, visit: Visit, signed_in: SignedIn) -> Frame:
    return replace(
        frame,
        user=signed_in.display_name,
        role=role_of(signed_in.posting, visit.say),
        organisation=organisation_name(visit, signed_in.posting.organisation),
        places=_places(visit, signed_in.posting.role),
        csrf=csrf_token(signed_in.secret, visit.parts.random),
        stay=_stay(visit, signed_in),
        sign_out=SIGN_OUT,
        switch=SWITCH,
        keys=KEYS,
        languages=languages_of(visit.language),
        choose=CHOOSE,
        command=COMMAND,
    )


def role_of(posting: Posting, say: Say) -> str:
    """Returns what a role or an office is called."""
    if posting.role is None:
        return say(posting.office.replace("-", " ").capitalize())
    name = role_named(posting.role, (posting.setting,) if posting.setting else ())
    return say(name[:1].upper() + name[1:])


def _places(visit: Visit, role: Role | None) -> tuple[Place, ...]:
    visits = (_VISITS,) if role in VISITING else ()
    return tuple(
        Place(visit.say(text), href, visit.here == href)
        for text, href in (*_PLACES, *visits, _ACCESSES)
    )


def _stay(visit: Visit, signed_in: SignedIn) -> Stay:
    return Stay(
        idle_s=int(visit.parts.sessions.limits.idle.total_seconds()),
        absolute_s=max(0, int((signed_in.ends_at - visit.at).total_seconds())),
        keep=STAY,
        signed_out=SIGNED_OUT,
    )


def organisation_name(visit: Visit, slug: str) -> str:
    """Returns what the region in force calls an organisation; its slug where it is not named."""
    try:
        with visit.parts.database.reading() as session:
            found = disclosure.world(session, visit.at).organisations.get(slug)
    except CareweaveError:
        found = None
    return slug if found is None else found.name
