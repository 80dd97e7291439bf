"""What may be seen of the entries of a database that hold a canary, by deciding alone.

Entries, ties, choices and facts are read past every room and given to `decide`: nothing here knows
how the record asks for them.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import psycopg

from careweave.agreements import (
    About,
    Answer,
    Bond,
    Choice,
    ChoiceKind,
    Context,
    Filter,
    Thing,
    World,
    decide,
)
from careweave.db import Database
from careweave.formats import read_json
from careweave.terms import Action, Heading, Label, PersonId, Tie

CANARY = re.compile(r"CANARY-[A-Za-z0-9]+-[a-z0-9-]*[a-z0-9]")
_NUMBER = re.compile(r'"(999[0-9]{7})"')
_EARLY = datetime.min.replace(tzinfo=UTC)
_ENTRIES = """
SELECT r.subject, s.org, s.system, h.name, l.labels, r.id,
       greatest(coalesce(r.dlo, r.upd), '0002-01-01Z'),
       least(greatest(r.live_until, '0002-01-01Z'), '9999-12-30Z'), r.code::text, u.frozen, r.body
FROM record.resource AS r
JOIN record.source AS s USING (source)
JOIN record.heading AS h USING (heading)
JOIN record.label_set AS l USING (label_set)
JOIN record.subject AS u USING (subject)
WHERE NOT r.gone AND convert_from(r.body, 'UTF8') LIKE '%%CANARY-%%'
"""
_TIES = """
SELECT t.subject, o.slug, t.kind, t.since, least(t.until, '9999-12-30Z')
FROM record.tie AS t JOIN record.org AS o USING (org)
"""
_ASKED = (
    *(Action.OPEN, Action.READ, Action.SEARCH_ONE, Action.LIST),
    *(Action.SEARCH_MANY, Action.FIND),
)
_MASK_OF = {"S12": "address", "access-secret": "access-secret"}


@dataclass(frozen=True, slots=True)
class Kept:
    """One entry that holds canaries: where it is found, and what deciding needs of it."""

    type: str
    id: str
    patients: tuple[str, ...]
    numbers: tuple[str, ...]
    canaries: frozenset[str]
    thing: Thing


class Foresight:
    """Every entry with a canary, and what is known of the people whom they are about."""

    def __init__(self, database: Database, world: World) -> None:
        self.world = world
        self._url = database.url
        self._person = self._persons()
        self._slugs = {
            name: one.id for one in world.organisations.values() for name in (one.id, *one.codes)
        }
        self.about = self._known()
        self.kept = tuple(self._entries())

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url) as connection:
            return connection.execute(query.encode()).fetchall()

    def _persons(self) -> Mapping[int, PersonId]:
        return dict(self._rows("SELECT subject, person FROM record.subject_person"))

    def _known(self) -> dict[PersonId, About]:
        bonds = defaultdict(list)
        for subject, slug, kind, since, until in self._rows(_TIES):
            if slug in self._slugs and subject in self._person:
                bond = Bond(list(Tie)[kind - 1], self._slugs[slug], since, until)
                bonds[self._person[subject]].append(bond)
        denials = defaultdict(list)
        for subject, kind in self._rows(
            "SELECT subject, kind FROM record.choice WHERE headings = -1 AND labels = 0"
            " AND to_orgs = '{}' AND users = '{}' AND purposes = 0 AND from_org = ''"
        ):
            if subject in self._person:
                denials[self._person[subject]].append(
                    Choice(list(ChoiceKind)[kind - 1], since=_EARLY)
                )
        facts = defaultdict(set)
        for subject, fact in self._rows("SELECT subject, kind FROM record.subject_fact"):
            if subject in self._person:
                facts[self._person[subject]].add(fact)
        return {
            person: About(
                person,
                tuple(bonds[person]),
                tuple(denials[person]),
                is_protected=1 in facts[person],
                is_watched=2 in facts[person],
            )
            for person in set(self._person.values())
        }

    def _entries(self) -> Iterator[Kept]:
        patients, numbers = defaultdict(list), defaultdict(list)
        for subject, local, body in self._rows(
            "SELECT r.subject, r.id, r.body FROM record.resource AS r JOIN record.heading AS h "
            "USING (heading) WHERE h.name = 'DEM' AND NOT r.gone"
        ):
            patients[subject].append(local)
            numbers[subject] += _NUMBER.findall(bytes(body).decode())
        for row in self._rows(_ENTRIES):
            subject, organisation, system, heading, labels, public_id, at, live, code, *rest = row
            frozen, body = rest
            text = bytes(body).decode()
            type_name = read_json(text.encode()).type
            thing = Thing(
                person=self._person.get(subject),
                organisation=organisation,
                system=system,
                heading=None if heading == "none" else Heading(heading),
                labels=frozenset(map(Label, labels)),
                at=at,
                live_until=live,
                id=f"{type_name}/{public_id}",
                code=code or "",
                is_frozen=frozen,
            )
            found = frozenset(one.group() for one in CANARY.finditer(text))
            who = tuple(patients[subject]), tuple(numbers[subject])
            yield Kept(type_name, public_id, *who, found, thing)

    def permitted(self, context: Context) -> dict[Action, frozenset[str]]:
        """Returns which canaries a reader may meet by each action."""
        return {action: frozenset(self._seen(replace(context, action=action))) for action in _ASKED}

    def _seen(self, context: Context) -> Iterator[str]:
        for kept in self.kept:
            person = kept.thing.person
            if person is None:
                continue
            verdict = decide(self.world, context, self.about[person], kept.thing)
            if verdict.answer is not Answer.PERMIT or Filter.INDICATOR in verdict.filters:
                continue
            for canary in kept.canaries:
                if _MASK_OF.get(label_of(canary)) not in verdict.masks:
                    yield canary


def label_of(canary: str) -> str:
    """Returns the label that a canary stands for."""
    words = canary.removeprefix("CANARY-")
    known = (*(label.value for label in Label), "S11", "S12")
    return max((one for one in known if words.startswith(f"{one}-")), key=len, default="")
