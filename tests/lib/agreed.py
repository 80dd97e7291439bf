"""Agreements, readers, people and entries as values, in few words: for tests of deciding.

Everything is in order until a test breaks it: an agreement of these is in force, a clause asks for
a tie, a reader is assured. Organisations are those of a small region.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from careweave.agreements import (
    About,
    Agreement,
    Bond,
    BreakGlass,
    Ceiling,
    Choice,
    ChoiceKind,
    Clause,
    Context,
    Episode,
    Level,
    Organisation,
    Quantity,
    Share,
    Speed,
    Thing,
    World,
    default_rules,
)
from careweave.terms import Action, Cohort, Heading, Label, PersonId, Purpose, Role, Tie

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ALWAYS = datetime.max.replace(tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

ACUTE, PRACTICE, COUNCIL = "nm-acute", "nm-practice", "nm-council"
AMBULANCE, HOME, BUREAU, TRUST = "nm-ambulance", "nm-home", "nm-icb", "nm-trust"
PHARMACY, CARERS, PORTAL = "nm-pharmacy", "nm-carers", "portal"
MAIN, CLINIC = "main", "clinic"
"""Two systems of each organisation: the second is a service of its own, `SERVICE`."""
SERVICE = "sexual-health"

ANNA, BEN, CARA, DAN = (PersonId(UUID(int=n)) for n in range(1, 5))
USER, OTHER_USER = "u1", "u2"

EMERGENCY = BreakGlass(allowed=True, lifts=frozenset({"relationship", "dissent", "reason"}))
SHUT = BreakGlass(allowed=False)
_WIDE = Ceiling(1000, 10000)


def organisations() -> dict[str, Organisation]:
    """Returns the organisations of the region; each has a second system that is a service."""
    names = (
        *(ACUTE, PRACTICE, COUNCIL, AMBULANCE, HOME, BUREAU, TRUST),
        *(PHARMACY, CARERS, PORTAL),
    )
    return {
        name: Organisation(
            id=name,
            name=name,
            kind="trust",
            codes=frozenset({f"Organization/{name}"}),
            jurisdiction="england",
            services={CLINIC: SERVICE},
            outwards=frozenset({"NM1"}),
        )
        for name in names
    }


def share(given: str | Share) -> Share:
    """Returns what a clause gives of a heading, from its letter."""
    return given if isinstance(given, Share) else Share(Level(given))


def clause(
    name: str = "c1",
    *,
    by: Iterable[str] = (PRACTICE,),
    to: Iterable[str] = (ACUTE,),
    roles: Iterable[Role] = (Role.ED,),
    purpose: Purpose = Purpose.DIRECT_CARE,
    headings: Mapping[Heading, str | Share] | None = None,
    labels: Iterable[Label] = (),
    ties: Iterable[Tie] = (Tie.ENCOUNTER,),
    actions: Iterable[Action] = (Action.OPEN, Action.READ, Action.SEARCH_ONE, Action.LIST),
    months_back: int | None = None,
    items: Mapping[Heading, int] | None = None,
    **more: Any,
) -> Clause:
    """Returns a clause by which a practice lets the emergency department read, unless told else."""
    given = {heading: share(one) for heading, one in (headings or {Heading.PRB: "F"}).items()}
    made = Clause(
        id=name,
        sent_by=tuple(f"org:{one}" for one in by),
        sent_to=tuple(f"org:{one}" for one in to),
        providers=frozenset(by),
        recipients=frozenset(to),
        roles=frozenset(roles),
        settings=frozenset(),
        teams=frozenset(),
        purpose=purpose,
        headings=given,
        labels=frozenset(labels),
        cohort=Cohort(),
        ties=frozenset(ties),
        grace=timedelta(0),
        break_glass=EMERGENCY,
        actions=frozenset(actions),
        quantity=Quantity(months_back, 60, 200, _WIDE, _WIDE, items or {}),
        speed=Speed({}, timedelta(seconds=2)),
        retention="view-only",
        duties=frozenset({"audit"}),
        log_to_person="now",
    )
    return replace(made, **more)


def agreement(*clauses: Clause, name: str = "agr-one", **more: Any) -> Agreement:
    """Returns an agreement that is in force: agreed, in date, with no party that has yet to sign."""
    made = Agreement(
        id=name,
        version=1,
        status="agreed",
        kind="reciprocal",
        title="One",
        summary={"en": "One."},
        uri="https://ig.northmere.example/agreements/one/1",
        jurisdiction=("england",),
        valid_from=date(2026, 1, 1),
        valid_to=date(2027, 12, 31),
        review_by=date(2027, 6, 30),
        purposes=frozenset(one.purpose for one in clauses),
        confidentiality="implied-consent-direct-care",
        parties=(),
        clauses=clauses,
        loosens=(),
        project={},
        document={"law": {"dpia": {"ref": "d", "residual_risk": "low", "approved": "2025-12-01"}}},
    )
    return replace(made, **more)


def world(*agreements: Agreement, **rules: Any) -> World:
    """Returns a world of the default rules, with some of them replaced."""
    return World(
        version=1,
        organisations=organisations(),
        agreements=agreements,
        rules=replace(default_rules(), **rules),
        zone="Europe/London",
        takes_demonstration_keys=True,
    )


def context(role: Role = Role.ED, organisation: str = ACUTE, **more: Any) -> Context:
    """Returns a clinician of the emergency department who opens a record, unless told else."""
    given: dict[str, Any] = {
        "purpose": Purpose.DIRECT_CARE,
        "action": Action.OPEN,
        "at": NOW,
        "user": USER,
        **more,
    }
    return Context(organisation=organisation, role=role, **given)


def bond(kind: Tie = Tie.ENCOUNTER, organisation: str = ACUTE, **more: Any) -> Bond:
    """Returns a tie that holds since yesterday."""
    return Bond(kind, organisation, **{"since": NOW - DAY, **more})


def about(*bonds: Bond, person: PersonId = ANNA, **more: Any) -> About:
    """Returns somebody in the emergency department, unless ties are given."""
    return About(person=person, bonds=bonds or (bond(),), **more)


def stranger(**more: Any) -> About:
    """Returns somebody whom nobody has to do with."""
    return About(person=more.pop("person", ANNA), bonds=(), **more)


def thing(
    heading: Heading | None = Heading.PRB,
    *labels: Label,
    by: str = PRACTICE,
    **more: Any,
) -> Thing:
    """Returns an entry of the practice that is current, a year old."""
    given: dict[str, Any] = {
        "person": ANNA,
        "system": MAIN,
        "at": NOW - 365 * DAY,
        "live_until": ALWAYS,
        "id": "Observation/e1",
        **more,
    }
    return Thing(organisation=by, heading=heading, labels=frozenset(labels), **given)


def dissent(**more: Any) -> Choice:
    """Returns an objection to everybody and everything, since ten days."""
    return Choice(ChoiceKind.DENY, **{"since": NOW - 10 * DAY, **more})


def consent(*labels: Label, **more: Any) -> Choice:
    """Returns a consent to labels by name, since ten days."""
    given = {"since": NOW - 10 * DAY, **more}
    return Choice(ChoiceKind.CONSENT, labels=frozenset(labels), **given)


def emergency(**more: Any) -> Episode:
    """Returns an emergency that the clinician opened for Anna ten minutes ago."""
    given: dict[str, Any] = {
        "id": UUID(int=77),
        "is_emergency": True,
        "user": USER,
        "organisation": ACUTE,
        "role": Role.ED,
        "person": ANNA,
        "purpose": Purpose.DIRECT_CARE,
        "opened_at": NOW - timedelta(minutes=10),
        "expires_at": NOW + timedelta(minutes=50),
        **more,
    }
    return Episode(**given)


def reason(heading: Heading | None = None, label: Label | None = None, **more: Any) -> Episode:
    """Returns a reason that the clinician typed for Anna ten minutes ago."""
    given = {"id": UUID(int=78), "is_emergency": False, **more}
    return emergency(heading=heading, label=label, **given)
