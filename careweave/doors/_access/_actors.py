"""As whom somebody who is signed in asks, and what for."""

from careweave.agreements import World
from careweave.doors._access._people import Account, Posting
from careweave.doors._access._sessions import Seat, SignedIn
from careweave.terms import Actor, Forbidden, Purpose, Role, SourceId

_CARE = (Purpose.DIRECT_CARE, Purpose.EMERGENCY, Purpose.COORDINATION)
_NO_SOURCE = SourceId(0)


def actor_of(signed_in: SignedIn, source: SourceId) -> Actor:
    """Returns who asks of the record; `source` is what the organisation's staff write to.

    Raises Forbidden for an office: it opens nobody's record.
    """
    posting = signed_in.posting
    if posting.role is None:
        raise Forbidden("Your role opens nobody's record. Change to another, if you have one.")
    return Actor(
        name=signed_in.name,
        organisation=posting.organisation,
        source=source,
        authority=posting.organisation,
        purpose=signed_in.purpose,
        scopes=frozenset(),
        role=posting.role,
        setting=posting.setting,
        team=posting.team,
        user=signed_in.user,
        person=signed_in.person,
    )


def officer_of(signed_in: SignedIn, office: str) -> Actor:
    """Returns who asks as an officer of an organisation, for its queue; Forbidden for all others.

    Who reviews what is settled by the user, so that nobody reviews what they did themselves.
    """
    posting = signed_in.posting
    if posting.office != office:
        raise Forbidden("This page is for another office.")
    return Actor(
        name=signed_in.name,
        organisation=posting.organisation,
        source=_NO_SOURCE,
        authority=posting.organisation,
        purpose=Purpose.OPERATIONS,
        scopes=frozenset(),
        user=signed_in.user,
        person=signed_in.person,
    )


def seat_of(world: World, account: Account, posting: Posting) -> Seat:
    """Returns the seat of an account in one of its postings, with the purpose that the role has.

    Where the region in force gives the role no purpose, the seat has none and opens no session.
    """
    return Seat(account, posting, purpose_of(world, posting))


def purpose_of(world: World, posting: Posting) -> Purpose | None:
    """Returns what a role asks for there: the purpose of care by which others share most with it.

    A role without a purpose of care asks for the first of those that it has; None for one without.
    """
    if posting.role is None:
        return Purpose.OPERATIONS
    known = world.rules.own_purposes.get(posting.role, frozenset())
    care = [one for one in _CARE if one in known]
    if care:
        return max(care, key=lambda one: _n_shared(world, posting, one))
    others = known | _asked(world, posting)
    return min(others, default=None)


def _asked(world: World, posting: Posting) -> frozenset[Purpose]:
    return frozenset(
        clause.purpose
        for agreement in world.agreements
        for clause in agreement.clauses
        if _is_for(clause.roles, clause.recipients, posting)
    )


def _n_shared(world: World, posting: Posting, purpose: Purpose) -> int:
    return sum(
        len(clause.headings)
        for agreement in world.agreements
        for clause in agreement.clauses
        if clause.purpose is purpose and _is_for(clause.roles, clause.recipients, posting)
    )


def _is_for(roles: frozenset[Role], recipients: frozenset[str], posting: Posting) -> bool:
    return posting.role in roles and posting.organisation in recipients
