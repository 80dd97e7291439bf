"""Puts a nearly permitted world into PostgreSQL, and asks there what `decide` is asked.

Every entry is an Observation under its own heading, whatever that is. Each refers to the one after
it, so that a chain, a reverse chain and both kinds of include have somewhere to go. Ties, choices
and traits come from entries of a registry that nobody reads, on another subject of the person.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from careweave.agreements import About, Bond, Branches, Thing, branches
from careweave.agreements._compile_offers import names_of
from careweave.db import Database, Query, Session
from careweave.formats import read_json
from careweave.record import (
    Change,
    Link,
    append,
    keys,
    link,
    open_source,
    prepare,
    subjects,
)
from careweave.record._choice_rules import stated_choice
from careweave.record._dictionaries import fresh
from careweave.record._prepared import Prepared, TieProof, Trait
from careweave.terms import Sight, SourceId, SubjectId
from tests.lib.branching import besides
from tests.lib.permits import Scenario

ZONE = UTC
REGISTRY = "nm-registry"
_CODES = "http://codes.example"


class _Undo(Exception):
    """Leaves a session without keeping what it did."""


@contextmanager
def undone(database: Database) -> Iterator[Session]:
    """A transaction that is rolled back, in a process that remembers nothing of another."""
    database._memos.clear()
    with suppress(_Undo), database.session() as session:
        yield session
        raise _Undo
    database._memos.clear()


@dataclass(frozen=True, slots=True)
class HeldWorld:
    """What was put into the store: the subjects of everybody, and the compiled sights."""

    session: Session
    subjects: tuple[SubjectId, ...]
    compiled: Branches
    shown: Sight
    withheld: Sight
    indicated: Sight


# A transaction that is rolled back gives no number back, and there are few for sources.
_NUMBERS = (
    *(("access_class", "cls"), ("label_set", "label_set"), ("source", "source"), ("org", "org")),
)
_AGAIN = """SELECT setval(s.name, (SELECT coalesce(max({column}), 0) + 1 FROM record.{table}), FALSE)
FROM pg_get_serial_sequence('record.{table}', '{column}') AS s (name) WHERE s.name IS NOT NULL"""


def hold(session: Session, scenario: Scenario) -> HeldWorld:
    """Writes a world and compiles what its reader may see."""
    for table, column in _NUMBERS:
        text = _AGAIN.format(table=table, column=column)
        session.rows(Query("test", text, kept=False))
    sources = _sources(session, scenario)
    known = _subjects(session, scenario)
    _link(session, scenario, known)
    changes = [
        *_facts(session, scenario, sources, known),
        *_entries(session, scenario, sources, known),
    ]
    at = scenario.context.at - timedelta(days=600)
    append(session, changes, at=at, actor="test")
    _clear(session, scenario)
    return compiled(session, scenario, tuple(sorted(known.values())))


def compiled(session: Session, scenario: Scenario, known: tuple[SubjectId, ...] = ()) -> HeldWorld:
    """Compiles a world for its reader against what the store knows of sources."""
    sources = {
        number: (one.organisation, one.system, one.feed)
        for number, one in fresh(session).sources.items()
    }
    context = scenario.context
    made = branches(scenario.world, context, sources)
    known_as = names_of(scenario.world, (context.organisation,))
    shown, withheld, indicated = (
        Sight(part, 1, context.at, known_as, context.user, context.purpose, besides(context))
        for part in (made.shown, made.withheld, made.indicated)
    )
    return HeldWorld(session, known, made, shown, withheld, indicated)


def _sources(session: Session, scenario: Scenario) -> dict[tuple[str, str], SourceId]:
    wanted = {(one.organisation, one.system) for one in scenario.things} | {(REGISTRY, "main")}
    return {pair: open_source(session, *pair, "fhir") for pair in sorted(wanted)}


def _key(thing: Thing) -> str:
    return f"{thing.person}-frozen" if thing.is_frozen else str(thing.person)


def _subjects(session: Session, scenario: Scenario) -> dict[tuple[str, str], SubjectId]:
    pairs = {(one.organisation, _key(one)) for one in scenario.things}
    pairs |= {(REGISTRY, str(one.person)) for one in scenario.people}
    found = {}
    for organisation in sorted({one for one, _ in pairs}):
        names = sorted(name for one, name in pairs if one == organisation)
        made = subjects(session, organisation, names)
        found.update({(organisation, name): made[name] for name in names})
    return found


def _link(session: Session, scenario: Scenario, known: dict[tuple[str, str], SubjectId]) -> None:
    people = {str(one.person): one.person for one in scenario.people}
    links = [
        Link(
            subject,
            people[name.removesuffix("-frozen")],
            decision=number,
            since=datetime(2020, 1, 1, tzinfo=UTC),
            is_frozen=name.endswith("-frozen"),
        )
        for number, ((_, name), subject) in enumerate(sorted(known.items()), start=1)
    ]
    link(session, links, at=datetime(2020, 1, 1, tzinfo=UTC))


def _facts(
    session: Session,
    scenario: Scenario,
    sources: dict[tuple[str, str], SourceId],
    known: dict[tuple[str, str], SubjectId],
) -> Iterator[Change]:
    for number, about in enumerate(scenario.people):
        value = {"resourceType": "Basic", "id": f"f{number:02}", "code": {"text": "fact"}}
        subject = known[REGISTRY, str(about.person)]
        made = _change(session, value, sources[REGISTRY, "main"], subject)
        yield replace(made, prepared=_stating(session, made.prepared, about))


def _stating(session: Session, plain: Prepared | None, about: About) -> Prepared:
    assert plain is not None
    made = keys(session)
    return replace(
        plain,
        ties=tuple(map(_proof, about.bonds)),
        choices=tuple(stated_choice(choice, made, None) for choice in about.choices),
        trait=Trait(about.born, about.outward),
    )


def _proof(bond: Bond) -> TieProof:
    # Half of the organisations are named by a code, as a feed would.
    is_coded = bond.kind in {"registration", "referral", "incident"}
    name = f"Organization/{bond.organisation}" if is_coded else bond.organisation
    return TieProof(bond.kind.value, name, "", bond.since, bond.until)


def _entries(
    session: Session,
    scenario: Scenario,
    sources: dict[tuple[str, str], SourceId],
    known: dict[tuple[str, str], SubjectId],
) -> Iterator[Change]:
    things = scenario.things
    for number, thing in enumerate(things):
        following = things[(number + 1) % len(things)]
        subject = known[thing.organisation, _key(thing)]
        source = sources[thing.organisation, thing.system]
        made = _change(session, _value(thing, following), source, subject)
        assert made.prepared is not None
        kept = replace(
            made.prepared,
            low=thing.at,
            high=thing.at + timedelta(seconds=1),
            live_until=thing.live_until,
        )
        yield replace(made, prepared=kept, heading=thing.heading, labels=thing.labels)


def _value(thing: Thing, following: Thing) -> dict[str, object]:
    performers = [{"reference": one} for one in sorted(thing.authors)]
    return {
        "resourceType": "Observation",
        "id": thing.id.partition("/")[2],
        "status": "final",
        "code": {"coding": [{"system": _CODES, "code": thing.code}]},
        "effectiveDateTime": thing.at.isoformat(),
        "subject": {"reference": f"Patient/{thing.person}"},
        "derivedFrom": [{"reference": following.id}],
        **({"performer": performers} if performers else {}),
    }


def _change(
    session: Session, value: dict[str, object], source: SourceId, subject: SubjectId
) -> Change:
    resource = read_json(json.dumps(value).encode())
    name = str(value["id"])
    return Change(
        op="C",
        type=resource.type,
        id=name,
        resource=resource,
        prepared=prepare(resource, keys=keys(session), zone=ZONE, public_id=name),
        source=source,
        subject=subject,
        heading=None,
    )


def _clear(session: Session, scenario: Scenario) -> None:
    ids = [one.id.partition("/")[2] for one in scenario.things if one.is_cleared]
    text = (
        "INSERT INTO record.cleared (subject, rid, ver, at, by_actor) "
        "SELECT r.subject, r.rid, r.ver, now(), 'test' FROM record.resource AS r "
        "WHERE r.id = ANY(%(ids)s) RETURNING 1"
    )
    if ids:
        session.rows(Query("test", text, kept=False), ids=ids)
