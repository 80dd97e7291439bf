"""What stands open for a user at a moment: reasons, emergencies and legal mandates."""

from dataclasses import dataclass
from datetime import datetime

from careweave.agreements import Episode, Mandate
from careweave.db import Queries, Row, Session
from careweave.terms import Actor, Heading, Label, PersonId, Purpose

_QUERIES = Queries("careweave.disclosure")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a user has opened, and which mandates name its organisation."""

    episodes: tuple[Episode, ...] = ()
    mandates: tuple[Mandate, ...] = ()


def standing(session: Session, actor: Actor, at: datetime) -> Standing:
    """Returns what the actor has open at a moment and the mandates of its organisation.

    An episode counts for the client, user, organisation, role, setting and team that opened it, and
    for no other: who changes role or place starts with nothing. One statement, half-open times.
    Source: `reference/agreements.md` section 6, step 6; `reference/attacks.md` 77.
    """
    rows = session.rows(_QUERIES["standing"], at=at, **bound_to(actor))
    return Standing(
        tuple(_episode(actor, row) for row in rows if row[2] is not None),
        tuple(_mandate(row) for row in rows if row[2] is None),
    )


def open_episodes(session: Session, actor: Actor, at: datetime) -> tuple[Episode, ...]:
    """Returns the reasons and emergencies that the actor has open at a moment."""
    return standing(session, actor, at).episodes


def bound_to(actor: Actor) -> dict[str, object]:
    """Returns what an episode of this actor is bound to, as statements name it."""
    return {
        "client": actor.name,
        "user": actor.user,
        "organisation": actor.organisation,
        "role": str(actor.role),
        "setting": actor.setting,
        "team": actor.team,
    }


def _episode(actor: Actor, row: Row) -> Episode:
    id_, person, purpose, opened_at, expires_at, began_at, is_emergency, heading, label = row[:9]
    return Episode(
        id=id_,
        is_emergency=is_emergency,
        user=actor.user,
        organisation=actor.organisation,
        role=actor.role,
        person=PersonId(person),
        purpose=Purpose(purpose),
        opened_at=opened_at,
        expires_at=expires_at,
        heading=Heading(heading) if heading else None,
        label=Label(label) if label else None,
        began_at=began_at,
    )


def _mandate(row: Row) -> Mandate:
    id_, person, _, since, until = row[:5]
    headings, bars, recipient = row[9:]
    return Mandate(
        id=id_,
        person=PersonId(person),
        headings=frozenset(map(Heading, headings)),
        bars=frozenset(map(Label, bars)),
        recipient=recipient,
        since=since,
        until=until,
    )
