"""Launch in context: a registered system opens a person here for its user.

Source: issue 6, "Launch in context"; `reference/interface.md` 3.
"""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from flask import Response

from careweave.disclosure import Criteria, find
from careweave.doors._access import (
    Account,
    Launches,
    Posting,
    Seat,
    SignedIn,
    Taken,
    Told,
    account_of,
    launch_of,
)
from careweave.doors._frame import set_session
from careweave.doors.workspace._call import DOOR, Call, Visit
from careweave.doors.workspace._framing import SIGN_IN
from careweave.doors.workspace._in_force import view_of
from careweave.doors.workspace._route import OpenRoute
from careweave.doors.workspace._signing import LAUNCH, close_episodes, onwards, told_of, world_of
from careweave.formats import write_json
from careweave.terms import CareweaveError, Forbidden, NotFound, PersonId, Purpose, Unauthenticated

_SCHEME = "bearer "


def offer(visit: Visit) -> Response:
    """Answers a registered system with an address for its user: opaque, used once, five minutes."""
    try:
        client = visit.parts.clients.actor(_bearer(visit.headers), visit.at)
        told = Told(visit.at, visit.request_id, client.name, DOOR)
        offered = _launches(visit).offer(client, launch_of(visit.form), told)
    except CareweaveError as error:
        # A system has no page to be led to.
        refused = write_json({"error": error.message})
        return Response(refused, status=error.status, content_type="application/json")
    address = f"{visit.parts.base}{LAUNCH}/{offered.text}"
    body = write_json({"address": address, "expires": offered.expires_at.isoformat()})
    headers = {"Location": address, "Content-Type": "application/json"}
    return Response(body, status=201, headers=headers)


def offer_of_link(visit: Visit) -> Response:
    """Leads on from an encrypted link to the address that it stands for."""
    client, token = visit.path["client"], visit.path["token"]
    offered = _launches(visit).offer_of_link(client, token, told_of(visit))
    return onwards(f"{LAUNCH}/{offered.text}")


def open_launch(visit: Visit) -> Response:
    """Opens the person of a launch for its user; whoever is not signed in signs in first."""
    text = visit.path["launch"]
    signed_in = visit.whose.signed_in
    if signed_in is None:
        return onwards(f"{SIGN_IN}?for={text}")
    visit.whose.did()
    taken = _launches(visit).take(text, signed_in, told_of(visit, signed_in))
    _must_have(visit, signed_in, taken.purpose)
    person = _person(Call(visit, signed_in), taken)
    if taken.purpose is signed_in.purpose:
        return onwards(_landing(Call(visit, signed_in), person))
    # Another purpose is another session, begun only for somebody who was found.
    switched, token = _switched(visit, signed_in, taken)
    return set_session(onwards(_landing(Call(visit, switched), person)), token)


OPEN_ROUTES = (
    OpenRoute("/launch", "launch-offer", offer, "POST", is_for_systems=True),
    OpenRoute("/launch/<launch>", "launch", open_launch),
    OpenRoute("/launch/<client>/<token>", "launch-link", offer_of_link),
)


def _launches(visit: Visit) -> Launches:
    return Launches(visit.parts.database, random=visit.parts.random)


def _bearer(headers: Mapping[str, str]) -> str:
    said = headers.get("Authorization", "")
    if said[: len(_SCHEME)].lower() != _SCHEME:
        raise Unauthenticated
    return said[len(_SCHEME) :].strip()


def _landing(call: Call, person: PersonId) -> str:
    """Returns the first page of a role; whose that is the card goes where places are kept for it."""
    address = call.address_of(person)
    is_card = call.signed_in.posting.role is not None and view_of(call).is_card
    return f"{address}/card" if is_card else address


def _must_have(visit: Visit, signed_in: SignedIn, purpose: Purpose) -> None:
    """Raises Forbidden for a purpose that the role does not have in the region in force."""
    role = signed_in.posting.role
    known = world_of(visit).rules.own_purposes.get(role, frozenset()) if role else frozenset()
    if purpose is not signed_in.purpose and purpose not in known:
        raise Forbidden("Your role has no such purpose.")


def _switched(visit: Visit, signed_in: SignedIn, taken: Taken) -> tuple[SignedIn, str]:
    """Begins a session for the purpose of a launch in place of this one."""
    with visit.parts.database.reading() as session:
        account = account_of(session, signed_in.account)
    close_episodes(visit, signed_in)
    seat = Seat(account, _posting(account, signed_in), taken.purpose)
    sessions, told = visit.parts.sessions, told_of(visit, signed_in)
    token = sessions.switch(signed_in, seat, told, launched_by=taken.client)
    switched = sessions.of(token, visit.at)
    if switched is None:
        raise Unauthenticated("The session has ended; sign in again.")
    return switched, token


def _posting(account: Account, signed_in: SignedIn) -> Posting | None:
    return next((one for one in account.postings if one.id == signed_in.posting.id), None)


def _person(call: Call, taken: Taken) -> PersonId:
    """Returns who is meant, as somebody whom the user may find; NotFound for nobody and for many."""
    asked = call.asking
    actor = replace(asked.actor, purpose=taken.purpose)
    asking = replace(asked, actor=actor, purpose=taken.purpose)
    found = find(call.way, asking, Criteria(number=(taken.system, taken.value))).found
    if len(found) != 1:
        raise NotFound
    return PersonId(UUID(found[0].row.id))
