"""Sections of people of Northmere as a reader of a role gets them, by the real way out."""

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg

from careweave.db import Database
from careweave.disclosure import Asking, Outlet, ShownPerson, Wanted, disclose
from careweave.intake import (
    Answer,
    Deed,
    Operator,
    answer_review,
    claim_review,
    join_people,
    reviews,
)
from careweave.ledger import Recorder
from careweave.record._dictionaries import bits_of
from careweave.record._growth import classes_of
from careweave.terms import Actor, Label, PersonId, Role, SourceId
from careweave.views import Making, read_views
from tests.lib.day10 import BEGAN, DAY_10, Day10, agree
from tests.lib.region import files
from tests.lib.staff import LOGINS, tied

VIEWS = read_views(files())
EVERYTHING = Wanted(count=6000)
MAKING = Making(
    DAY_10,
    DAY_10.tzinfo,
    lambda kind, public_id: f"{kind}/{public_id}",
    terms=VIEWS.terms,
    clinical=VIEWS.clinical,
)
_NOW = "SELECT f.to_person FROM identity.person_forward AS f WHERE f.person = %s AND f.until_seq IS NULL"
_PATIENTS = (
    "SELECT s.local_id FROM record.subject AS s JOIN record.subject_person AS p USING (subject)"
    " WHERE p.person = %s ORDER BY s.subject"
)


@dataclass
class Readers:
    """Whoever may look, over one database: each look makes the tie that it needs."""

    database: Database
    people: Day10
    n: Iterator[int] = field(default_factory=itertools.count)

    def person(self, key: str) -> PersonId:
        """The person that most organisations know by a key."""
        known = [
            person for (one, _), its in self.people.persons.items() if one == key for person in its
        ]
        found = max(sorted(set(known)), key=known.count)
        while now := self.rows(_NOW, found):
            ((found,),) = now
        return PersonId(found)

    def see(
        self, key: str, role: Role = Role.ED, organisation: str = "", wanted: Wanted = EVERYTHING
    ) -> ShownPerson:
        """What a reader of a role is shown of a person with whom its organisation has to do."""
        login = LOGINS[role]
        works_at = organisation or login.organisation
        person = self.person(key)
        if login.tie is not None:
            since = BEGAN - timedelta(days=400)
            tied(self.database, works_at, login.tie, self._patient(person), since=since)
        actor = Actor(
            "reading",
            works_at,
            SourceId(0),
            "reading",
            login.purpose,
            frozenset(),
            role=role,
            setting=login.setting,
            team=login.team,
            user=f"u{next(self.n)}",
        )
        asking = Asking(actor, login.purpose, "workspace", f"r{next(self.n)}", DAY_10)
        way = Outlet(self.database, Recorder(self.database))
        return disclose(way, asking, person, wanted)

    def _patient(self, person: PersonId) -> str:
        return self.rows(_PATIENTS, person)[0][0]

    def rows(self, query: str, *values: object) -> list[tuple]:
        """Rows of a query of a test, past every room."""
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def join(self, key: str) -> None:
        """Makes one person of all that are one in truth, as somebody who knows them decides."""
        first = self.person(key)
        every = {
            person for (one, _), its in self.people.persons.items() if one == key for person in its
        }
        for other in sorted(every - {first}):
            deed = Deed(
                _operator("r.one"), "They say so, and the photographs agree.", second="r.two"
            )
            with self.database.session() as session:
                join_people(session, first, PersonId(other), deed)

    def settle_overlays(self) -> None:
        """Answers each alarm of an overwritten record: it is the same person still."""
        with self.database.session() as session:
            waiting = reviews(session, kind="overlay")
        for one in waiting:
            with self.database.session() as session:
                claim_review(session, one.number, _operator("r.one"))
                deed = Deed(_operator("r.one"), "Looked at both registrations.")
                answer_review(session, one.number, Answer.SAME, None, deed)

    def relabel(self, entries: Iterable[str], label: Label) -> None:
        """Gives entries, by "Type/id", one label more, as if their source had sent it."""
        for entry in entries:
            ((subject, rid, source, heading, bits),) = self.rows(_ONE, entry.partition("/")[2])
            wanted = (source, heading, bits | bits_of(frozenset({label})))
            with self.database.session() as session:
                made = classes_of(session, {wanted})[wanted]
            self.rows(_RELABEL, made.cls, made.label_set, subject, rid)

    def erase(self, entries: Iterable[str]) -> None:
        """Takes entries out, as if they had never come."""
        for entry in entries:
            self.rows("DELETE FROM record.resource WHERE id = %s", entry.partition("/")[2])


_ONE = (
    "SELECT r.subject, r.rid, r.source, r.heading, l.bits FROM record.resource AS r"
    " JOIN record.label_set AS l USING (label_set) WHERE r.id = %s"
)
_RELABEL = "UPDATE record.resource SET cls = %s, label_set = %s WHERE subject = %s AND rid = %s"


def _operator(name: str) -> Operator:
    return Operator(name, "nm-acute", "console", "reading", DAY_10)


@contextmanager
def readers(people: Day10) -> Iterator[Readers]:
    """Gives readers over a copy of Northmere with its agreements in force."""
    with people.copied() as database:
        agree(database)
        yield Readers(database, people)
