"""Entries for the tests of the store: made directly, without the extractors."""

import hashlib
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from careweave.db import FOREVER, Database, Query, Session
from careweave.formats import Resource, read_json
from careweave.record import Change, Held, Prepared, append, held, open_source, subjects
from careweave.record._types import rt_of
from careweave.terms import EVERY_LABEL, Branch, Heading, Sight, SourceId, SubjectId

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ALL = frozenset({None, *Heading})


def minutes(n: float) -> datetime:
    """The time so many minutes after the start."""
    return START + timedelta(minutes=n)


def sight_of(*sources: SourceId, headings=ALL, barred=frozenset()) -> Sight:
    """A sight of everything that these sources sent, as their own organisation has it."""
    own = Branch(frozenset(sources), headings, EVERY_LABEL - barred, is_own=True)
    return Sight((own,) * int(os.environ.get("CW_BRANCHES", "1")), 1)


def resource(type_: str = "Observation", text: str = "a", **more: object) -> Resource:
    """A small resource with a text that tells versions apart."""
    value = {"resourceType": type_, "text": text, **more}
    return read_json(json.dumps(value).encode())


def prepared(made: Resource, **more: object) -> Prepared:
    """What the store needs of a resource, with the parts that a test wants to set."""
    plain = Prepared(
        type=made.type,
        rt=rt_of(made.type),
        patients=(),
        primary=0,
        code=None,
        low=None,
        high=None,
        live_until=FOREVER,
        tok=(),
        posted=(),
        strings=(),
        dates=(),
        quantities=(),
        ties=(),
        references=(),
        digest=hashlib.sha256(made.body).digest()[:16],
    )
    return replace(plain, **more)


class Desk:
    """One source with one subject, as intake would use the store."""

    def __init__(self, session: Session, org: str = "acute", local_id: str = "p1") -> None:
        self.session = session
        self.source = open_source(session, org, "epr", "fhir")
        self.subject = subjects(session, org, [local_id])[local_id]
        self.sight = sight_of(self.source)

    def change(self, op: str, id_: str, text: str = "a", **more: object) -> Change:
        """One change with everything ordinary but for what is named."""
        fields = {name: more.pop(name) for name in list(more) if name in Change.__slots__}
        type_ = str(fields.pop("type", "Observation"))
        made = None if op == "D" else resource(type_, text)
        plain = Change(
            op=op,
            type=type_,
            id=id_,
            resource=made,
            prepared=made and prepared(made, **more),
            source=self.source,
            subject=self.subject,
            heading=Heading.INV,
        )
        return replace(plain, **fields)

    def create(self, id_: str, text: str = "a", *, at: datetime = START, **more: object):
        """Writes a new entry."""
        return append(self.session, [self.change("C", id_, text, **more)], at=at, actor="x")[0]

    def held(self, id_: str, type_: str = "Observation") -> Held:
        """The entry as the way in holds it, locked."""
        ref = (type_, id_)
        return held(self.session, [ref], sources=frozenset({self.source}), lock=True)[ref]

    def update(self, id_: str, text: str, *, at: datetime, **more: object):
        """Writes a new version."""
        now = self.held(id_, str(more.get("type", "Observation")))
        change = self.change("U", id_, text, held=now, **more)
        return append(self.session, [change], at=at, actor="x")[0]

    def delete(self, id_: str, *, at: datetime, **more: object):
        """Deletes an entry."""
        now = self.held(id_, str(more.get("type", "Observation")))
        return append(self.session, [self.change("D", id_, held=now, **more)], at=at, actor="x")[0]


def other(desk: Desk, subject: SubjectId) -> Desk:
    """The same source at another subject."""
    made = object.__new__(Desk)
    made.session, made.source, made.sight = desk.session, desk.source, desk.sight
    made.subject = subject
    return made


@lru_cache
def _select(columns: str, table: str) -> Query:
    text = f"SELECT {columns} FROM record.{table} WHERE subject = %(subject)s ORDER BY {columns}"
    return Query("test", text, kept=False)


def rows_in(desk: Desk, table: str, columns: str) -> list[tuple]:
    """What a table holds of the subject of the desk."""
    return desk.session.rows(_select(columns, table), subject=desk.subject)


def sql(session: Session, text: str) -> list[tuple]:
    """Runs a statement of a test: to plant a fault, or to look."""
    return session.rows(Query("test", text, kept=False))


class _Undo(Exception):
    """Leaves a session without keeping what it did."""


@contextmanager
def undone(database: Database):
    """A transaction that is rolled back."""
    with suppress(_Undo), database.session() as session:
        yield session
        raise _Undo


def subject_numbers(session: Session, n: int) -> list[SubjectId]:
    """So many subjects of one authority."""
    return list(subjects(session, "acute", [f"p{i}" for i in range(n)]).values())
