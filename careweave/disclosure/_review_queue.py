"""The privacy officer's queue: every episode and alert of an organisation is looked into.

Source: `reference/security.md` sections 4 and 5.6; `reference/record.md` section 7.
"""

from collections import Counter
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from careweave import ledger
from careweave.db import Database, Queries, Row, Session
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._episode_accounts import acted
from careweave.disclosure._looks import is_look, items_of
from careweave.disclosure._replay import is_page_shown
from careweave.ledger import Account, Broken, Outcome, Period, append, new_id
from careweave.terms import Actor, Conflict, Incorrect, NotFound, PersonId

_QUERIES = Queries("careweave.disclosure")
_MOST, _MOST_SHOWN = 500, 10_000
_MOST_PAGES = 200
_AROUND = timedelta(hours=1)
"""How long before an alert what it is about was looked at, at most."""
_LONGEST = timedelta(hours=5)
"""Longer than any emergency lasts."""


class Finding(StrEnum):
    """What an officer found."""

    JUSTIFIED = "justified"
    TRAINING = "training"
    BREACH = "breach"


@dataclass(frozen=True, slots=True)
class Review:
    """One thing to look into: an emergency, a reason, or what was noticed (`what` says which).

    `words` are the typed reason, `episode` the episode that it is or belongs to. `is_overdue` says
    that it waits though its time is over.
    """

    id: UUID
    what: str
    at: datetime
    user: str
    client: str
    organisation: str
    role: str
    person: PersonId | None
    purpose: str
    heading: str
    label: str
    because: str
    words: str
    expires_at: datetime | None
    n_stated: int
    ended_at: datetime | None
    episode: UUID | None
    clause: str
    due_at: datetime
    claimed_by: str | None
    claimed_at: datetime | None
    reviewed_by: str | None
    reviewed_at: datetime | None
    verdict: str | None
    remark: str | None
    is_overdue: bool


def reviews(
    way: Way, asking: Asking, *, only: UUID | None = None, with_reviewed: bool = False
) -> tuple[Review, ...]:
    """Returns what waits for the officers of the asker's organisation, the first due first.

    With `only`, one episode or alert and what belongs to it. Looking is accounted for first.
    """
    with way.reading() as session:
        rows = session.rows(
            _QUERIES["waiting_reviews"],
            organisation=asking.actor.organisation,
            id=only,
            reviewed=with_reviewed or only is not None,
            most=_MOST,
        )
    found = tuple(_review(row, asking.at) for row in rows)
    looked = acted(asking, "review-list", None)
    outcome = Outcome.PERMIT if found else Outcome.ABSENT
    way.account((replace(looked, n_items=len(found), outcome=outcome),))
    if only is not None and not found:
        raise NotFound
    return found


def shown_under(way: Way, asking: Asking, of: Review) -> tuple[tuple[str, int], ...]:
    """Returns what was shown under an episode: each heading, and how many entries of it."""
    if of.episode is None or of.person is None:
        return ()
    period = Period(of.at, of.at + _LONGEST)
    with way.reading() as session:
        accounts = ledger.about(session, (of.person,), (), period, most=_MOST_SHOWN)
    items: Counter[str] = Counter()
    for one in accounts:
        if one.episode == of.episode and is_look(one):
            items.update(items_of(one))
    looked = replace(acted(asking, "review-show", of.person), episode=of.episode)
    n_items = items.total()
    outcome = Outcome.PERMIT if n_items else Outcome.ABSENT
    way.account((replace(looked, n_items=n_items, outcome=outcome),))
    return tuple(sorted(items.items()))


@dataclass(frozen=True, slots=True)
class PageShown:
    """One page of a person that was shown: its account, when, and how many entries were on it."""

    account: UUID
    at: datetime
    n_items: int


def pages_under(way: Way, asking: Asking, of: Review) -> tuple[PageShown, ...]:
    """Returns the pages that the user saw of the person under an episode, or about an alert.

    Each can be made again for a case. Looking for them is accounted for.
    """
    if of.person is None:
        return ()
    period = Period(of.at - (_AROUND if of.episode is None else timedelta(0)), of.at + _LONGEST)
    with way.reading() as session:
        accounts = ledger.about(session, (of.person,), (), period, most=_MOST_SHOWN)
    found = tuple(
        PageShown(one.id, one.at, one.n_items)
        for one in accounts
        if _is_of(one, of) and is_page_shown(one)
    )
    looked = replace(acted(asking, "review-pages", of.person), episode=of.episode)
    outcome = Outcome.PERMIT if found else Outcome.ABSENT
    way.account((replace(looked, n_items=len(found), outcome=outcome),))
    return found[:_MOST_PAGES]


def _is_of(one: Account, of: Review) -> bool:
    is_theirs = one.user_name == of.user and one.organisation == of.organisation
    return is_theirs and one.person == of.person and of.episode in (None, one.episode)


def broken_glass(way: Way, asking: Asking, period: Period) -> tuple[Broken, ...]:
    """Returns how often people of the asker's organisation looked by broken glass, by role.

    Above one in a hundred, relationships do not arrive: it is the feed and not the staff.
    """
    with way.reading() as session:
        found = ledger.broken(session, period, organisation=asking.actor.organisation)
    counted = replace(acted(asking, "review-ratio", None), n_items=len(found))
    outcome = Outcome.PERMIT if found else Outcome.ABSENT
    way.account((replace(counted, outcome=outcome),))
    return found


def claim_review(database: Database, asking: Asking, id_: UUID) -> None:
    """Takes up the review of an episode or alert, so that no other officer does.

    Raises Conflict where it is another officer's, or reviewed, or of what the officer did.
    """
    with database.session() as session:
        _write(session, asking, id_, "claim_review", "review-claim")


def review(database: Database, asking: Asking, id_: UUID, finding: Finding, remark: str) -> None:
    """Writes down what the officer found of an episode or alert, for good.

    Raises Conflict where it is another officer's, or reviewed, or of what the officer did.
    """
    if not remark.strip():
        raise Incorrect("Note what was looked at and found.", where="remark")
    with database.session() as session:
        more = {"verdict": str(finding), "remark": remark.strip()}
        _write(session, asking, id_, "give_verdict", "review", str(finding), **more)


def release(database: Database, asking: Asking, user: str, *, why: str) -> None:
    """Lets the emergencies of a user's day be counted anew, for a user who has used them up.

    Nobody releases for themself.
    """
    actor = asking.actor
    if not why.strip():
        raise Incorrect("Say why more emergencies are needed.", where="reason")
    if user in (actor.name, actor.user):
        raise Conflict("Nobody releases emergencies for themself.", where="user")
    with database.session() as session:
        session.defer(_QUERIES["lock_user"], organisation=actor.organisation, user=user)
        session.defer(
            _QUERIES["add_release"],
            id=new_id(asking.at),
            at=asking.at,
            user=user,
            organisation=actor.organisation,
            officer=_officer(actor),
            reason=why.strip(),
        )
        append(session, [_permitted(acted(asking, "review-release", None))])


def _write(
    session: Session,
    asking: Asking,
    id_: UUID,
    query: str,
    action: str,
    reason: str = "",
    **more: str,
) -> None:
    actor = asking.actor
    row = session.row(
        _QUERIES[query],
        id=id_,
        organisation=actor.organisation,
        officer=_officer(actor),
        at=asking.at,
        **more,
    )
    if row is None:
        raise Conflict("It is not here, or reviewed, or another officer's, or of your own doing.")
    done = _permitted(acted(asking, action, row[0]))
    append(session, [replace(done, reason=reason, episode=id_)])


def _officer(actor: Actor) -> str:
    """Returns who reviews: the person at work, not the session that comes and goes."""
    return actor.user or actor.name


def _review(row: Row, at: datetime) -> Review:
    names = [field.name for field in fields(Review)]
    told = dict(zip(names[:-1], row, strict=True))
    # What is reviewed is not overdue, however late it was.
    return Review(**told, is_overdue=told["reviewed_at"] is None and told["due_at"] <= at)


def _permitted(account: Account) -> Account:
    return replace(account, outcome=Outcome.PERMIT)
