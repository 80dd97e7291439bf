"""Court orders and other legal mandates: entered and ended by two people.

Source: `reference/agreements.md` section 8; `reference/security.md` 1.3.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from careweave import identity
from careweave.db import Database, Queries, Session
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._episode_accounts import acted
from careweave.ledger import Outcome, append, new_id
from careweave.terms import Conflict, Heading, Incorrect, Label, NotFound, PersonId

_QUERIES = Queries("careweave.disclosure")
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Order:
    """What a mandate says: who gave it and by which instrument, whom it names, who may see what.

    It holds within [since, until) for the organisation `recipient`. `bars` are the bars of law that
    it cites: it lifts no other.
    """

    person: PersonId
    issuer: str
    instrument: str
    headings: frozenset[Heading]
    recipient: str
    since: datetime
    until: datetime
    bars: frozenset[Label] = frozenset()


@dataclass(frozen=True, slots=True)
class KeptOrder:
    """A mandate as it is kept: who entered it, and who ended it before its time."""

    id: UUID
    order: Order
    entered_by: str
    second_by: str
    entered_at: datetime
    ended_by: str | None
    ended_at: datetime | None


def enter_mandate(
    database: Database,
    asking: Asking,
    order: Order,
    *,
    second: str,
    recipients: Collection[str],
    bars: Collection[Label],
) -> UUID:
    """Enters a mandate and returns its id; `second` is the other person who has read the order.

    `recipients` are the organisations of the region, `bars` the bars that the rules in force know. Raises Incorrect where it names nothing that can be shown, Conflict where both people are
    one, NotFound where there is no such person.
    """
    _check(order, asking, recipients, bars)
    if not second.strip() or second.strip().casefold() == asking.actor.name.casefold():
        raise Conflict("A mandate is entered by two people; name the other.", where="second")
    id_ = new_id(asking.at)
    with database.session() as session:
        person = _current(session, order.person)
        session.defer(
            _QUERIES["add_mandate"],
            id=id_,
            person=person,
            issuer=order.issuer.strip(),
            instrument=order.instrument.strip(),
            headings=sorted(order.headings),
            bars=sorted(order.bars),
            recipient=order.recipient,
            since=order.since,
            until=order.until,
            entered_by=asking.actor.name,
            second_by=second.strip(),
            at=asking.at,
        )
        entered = acted(asking, "mandate-add", person)
        append(session, [replace(entered, outcome=Outcome.PERMIT, mandate=id_)])
    return id_


def end_mandate(database: Database, asking: Asking, id_: UUID, *, why: str) -> None:
    """Ends a mandate at once. One person is enough: nobody sees more by it."""
    if not why.strip():
        raise Incorrect("Say why the mandate ends.", where="reason")
    with database.session() as session:
        row = session.row(_QUERIES["end_mandate"], id=id_, by=asking.actor.name, at=asking.at)
        if row is None:
            raise NotFound
        ended = acted(asking, "mandate-end", row[0])
        append(session, [replace(ended, outcome=Outcome.PERMIT, mandate=id_)])


def mandates(way: Way, asking: Asking, *, recipient: str | None = None) -> tuple[KeptOrder, ...]:
    """Returns all mandates, or those for one organisation, the newest first; accounted for."""
    with way.reading() as session:
        rows = session.rows(_QUERIES["mandates"], recipient=recipient, most=_MOST)
    found = tuple(
        KeptOrder(
            row[0],
            Order(
                person=PersonId(row[1]),
                issuer=row[2],
                instrument=row[3],
                headings=frozenset(map(Heading, row[4])),
                bars=frozenset(map(Label, row[5])),
                recipient=row[6],
                since=row[7],
                until=row[8],
            ),
            *row[9:],
        )
        for row in rows
    )
    listed = acted(asking, "mandate-list", None)
    outcome = Outcome.PERMIT if found else Outcome.ABSENT
    way.account((replace(listed, n_items=len(found), outcome=outcome),))
    return found


def _check(
    order: Order, asking: Asking, recipients: Collection[str], bars: Collection[Label]
) -> None:
    checks = (
        ("issuer", order.issuer.strip(), "Name who gave the order."),
        ("instrument", order.instrument.strip(), "Name the instrument and the law it cites."),
        ("headings", order.headings, "Name the headings that the order opens."),
        ("recipient", order.recipient in recipients, "There is no such organisation here."),
        ("bars", order.bars <= set(bars), "Only bars of law are cited."),
        ("until", order.since < order.until, "An order ends after it begins."),
        ("until", asking.at < order.until, "An order that has ended opens nothing."),
    )
    for where, holds, text in checks:
        if not holds:
            raise Incorrect(text, where=where)


def _current(session: Session, person: PersonId) -> PersonId:
    """Returns the person that answers for an id.

    Sealed records count here: an order may be about nothing else.
    """
    found = identity.together(session, (person,)).get(person)
    if not found:
        raise NotFound
    return found[0].person
