"""One entry of one person with where it comes from: source, versions, clause, what it points to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from careweave import record
from careweave.db import Session
from careweave.disclosure._accounts import account_for
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._beside import beside, names_in
from careweave.disclosure._leaving import Leaving, leaving
from careweave.disclosure._sight import View, view
from careweave.disclosure._whose import Person, people_seen, whose
from careweave.formats import read_json
from careweave.record import Row
from careweave.terms import Action, Json, NotFound, PersonId, SourceId

_ACTION = "read"
_MOST_VERSIONS = 100
_CONTENT = "Binary"


@dataclass(frozen=True, slots=True)
class EntryVersion:
    """One version of an entry: its number, when it was received, how it came to be, what it says."""

    number: int
    received_at: datetime
    op: str
    is_gone: bool
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """What may leave of one entry; its account is durable.

    `beside` is the content of a document that is kept apart, by "Type/id"; `authors` are the names
    of whom it refers to. `versions` are newest first. `system` is the system of the organisation. `clause` is
    what lets the entry be shown.
    """

    row: Row
    beside: Mapping[str, Row]
    authors: Mapping[str, str]
    versions: tuple[EntryVersion, ...]
    slug: str
    organisation: str
    telephone: str
    system: str
    clause: str
    at: datetime


def entry(
    way: Way,
    asking: Asking,
    person: PersonId,
    type_name: str,
    id_: str,
    *,
    as_of: datetime | None = None,
) -> ShownEntry:
    """Returns one entry of this very person; one of somebody else is as absent as none.

    `as_of` asks for what it was at a moment, under the rights and labels of today.

    Raises NotFound, accounted for, when it is absent, deleted, not visible, or not of the person.
    """
    reading = replace(asking, action=Action.READ)
    with way.reading_pages() as session:
        seen = view(session, reading.actor, reading.purpose, Action.READ, at=reading.at)
        found = people_seen(session, reading, [person], seen.sight).get(person)
        one = None if found is None else _Entry(session, reading, seen, found)
        left = Leaving(seen.sight, ()) if one is None else one.leaving(type_name, id_, as_of)
        made, left = one.shown(left, as_of) if one is not None and left.rows else (None, left)
    if made is None or found is None:
        account_for(way, reading, _ACTION, type_name, left)
        raise NotFound
    account_for(way, reading, _ACTION, type_name, left, whose((found,), left.rows))
    return made


class _Entry:
    """Gathers one entry in one snapshot."""

    def __init__(self, session: Session, asking: Asking, seen: View, person: Person) -> None:
        self._session = session
        self._asking = asking
        self._seen = seen
        self._person = person

    def leaving(self, type_name: str, id_: str, as_of: datetime | None) -> Leaving:
        """Returns the entry as it may be shown, first, and what of its content is held apart."""
        sight = self._seen.sight
        row = self._row(type_name, id_, as_of)
        if row is None or row.gone or not self._is_of_person(row):
            return Leaving(sight, ())
        left = leaving(self._session, self._asking, sight, (row,))
        named = record.located(self._session, _contents(left.rows), sight=sight)
        held = [one for one in named if _is_same(one, row)]
        return leaving(self._session, self._asking, sight, (row, *held)) if held else left

    def _row(self, type_name: str, id_: str, as_of: datetime | None) -> Row | None:
        sight = self._seen.sight
        if as_of is None:
            return record.read(self._session, type_name, id_, sight=sight)
        then = record.history(self._session, type_name, id_, sight=sight, at=as_of, count=1)
        return next(iter(then.rows), None)

    def _is_of_person(self, row: Row) -> bool:
        if row.subject in self._person.subjects:
            return True
        # What is kept under somebody else may name the person as a further subject.
        held = record.entries_of(
            self._session,
            self._person.subjects,
            sight=self._seen.sight,
            types={row.type},
            since=row.updated,
            count=_MOST_VERSIONS,
        )
        return any(one.id == row.id for one in held.rows)

    def shown(self, left: Leaving, as_of: datetime | None) -> tuple[ShownEntry, Leaving]:
        """Returns the entry with what is told of it, and all that leaves: its versions leave too."""
        rows = left.rows
        row = rows[0]
        versions = tuple(self._versions(row, as_of))
        older = (one.row for one in versions if one.row and one.number != row.version)
        slug, system = self._place(row.source)
        of = self._seen.world.organisations.get(slug)
        branches = self._seen.sight.branches
        made = ShownEntry(
            row=row,
            beside={f"{one.type}/{one.id}": one for one in rows[1:]},
            authors=names_in(beside(self._session, self._seen.sight, rows[:1])),
            versions=versions,
            slug=slug,
            organisation=slug if of is None else of.name,
            telephone="" if of is None else of.telephone,
            system=system,
            clause=branches[row.via].clause if 0 <= row.via < len(branches) else "",
            at=self._asking.at,
        )
        return made, left.of((*rows, *older))

    def _place(self, source: SourceId) -> tuple[str, str]:
        known = record.dictionaries(self._session).sources.get(source)
        return ("", "") if known is None else (known.organisation, known.system)

    def _versions(self, row: Row, as_of: datetime | None) -> Iterator[EntryVersion]:
        found = record.history(
            self._session, row.type, row.id, sight=self._seen.sight, count=_MOST_VERSIONS
        )
        then = [one for one in found.rows if as_of is None or one.updated <= as_of]
        left = leaving(self._session, self._asking, self._seen.sight, then)
        told = {one.version: one for one in left.rows if not one.gone}
        for one in then:
            shown = told.get(one.version)
            yield EntryVersion(one.version, one.updated, str(one.op), one.gone, shown)


def _is_same(content: Row, document: Row) -> bool:
    """Says whether content is of the document's own source and subject."""
    return (content.source, content.subject) == (document.source, document.subject)


def _contents(rows: tuple[Row, ...]) -> list[tuple[str, str]]:
    """Returns the type and id of the content that documents keep apart."""
    found = {text for row in rows if row.body for text in _addresses(read_json(row.body).value)}
    return [
        (_CONTENT, text.removeprefix(f"{_CONTENT}/"))
        for text in sorted(found)
        if text.startswith(f"{_CONTENT}/")
    ]


def _addresses(value: Json) -> Iterator[str]:
    """Yields the addresses that stand anywhere in an entry."""
    waiting: list[Json] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            text = one.get("url")
            if isinstance(text, str):
                yield text
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
