"""What the entries of a page refer to and is about nobody: who wrote, where, of what.

Looked for by what is left in the entries as they are shown: what was taken out leads nowhere.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from careweave import record
from careweave.db import Session
from careweave.disclosure._narrowed import narrowed
from careweave.formats import read_json
from careweave.record import Row
from careweave.terms import Branch, Json, Sight

Ref = tuple[str, str]

_TYPES = (
    *("Device", "HealthcareService", "Location", "Medication", "Organization"),
    *("Practitioner", "PractitionerRole", "Substance"),
)
_REFERENCE = re.compile(
    rb'"reference"\s*:\s*"(?:[^"]*/)?(%b)/([A-Za-z0-9.\-]{1,64})["/]' % "|".join(_TYPES).encode()
)
_JOINED = frozenset({"HealthcareService", "Medication", "PractitionerRole"})
"""What refers to more that a page has to name: a role to its professional, for one."""

_MOST = 2000


def beside(session: Session, sight: Sight, rows: Iterable[Row]) -> Mapping[str, Row]:
    """Returns the reference data that the rows name, by "Type/id", as far as the sight shows it.

    Two statements at most. An entry about somebody is never among it, whatever its type.
    """
    plain = narrowed(session, sight, "about nobody", _about_nobody)
    found = {_name(row): row for row in _located(session, plain, _named(rows))}
    joined = [row for row in found.values() if row.type in _JOINED]
    more = {ref for ref in _named(joined) if "/".join(ref) not in found}
    return found | {_name(row): row for row in _located(session, plain, more)}


def names_in(found: Mapping[str, Row]) -> Mapping[str, str]:
    """Returns the names of the professionals and organisations among reference data."""
    values = {name: read_json(row.body or b"{}").value for name, row in found.items()}
    names = {name: told for name, value in values.items() if (told := _told(value))}
    roles = {
        name: names[to] for name, value in values.items() if (to := _professional(value)) in names
    }
    return names | roles


def _about_nobody(branches: Iterable[Branch]) -> Iterator[Branch]:
    for branch in branches:
        if None in branch.headings:
            yield replace(branch, headings=frozenset({None}))


def _located(session: Session, sight: Sight, refs: Iterable[Ref]) -> Iterator[Row]:
    listed = sorted(refs)[:_MOST]
    for row in record.located(session, listed, sight=sight):
        if row.heading is None and row.person is None:
            yield row


def _named(rows: Iterable[Row]) -> set[Ref]:
    return {
        (kind.decode(), id_.decode())
        for row in rows
        for kind, id_ in _REFERENCE.findall(row.body or b"")
    }


def _name(row: Row) -> str:
    return f"{row.type}/{row.id}"


def _told(value: Mapping[str, Json]) -> str:
    """Returns what a professional or an organisation is called; empty without a name."""
    name = value.get("name")
    if isinstance(name, str):
        return name
    first = name[0] if isinstance(name, list) and name else None
    return _written(first) if isinstance(first, dict) else ""


def _written(name: Mapping[str, Json]) -> str:
    text = name.get("text")
    if isinstance(text, str) and text:
        return text
    parts = [*_words(name.get("prefix")), *_words(name.get("given")), *_words([name.get("family")])]
    return " ".join(parts)


def _words(value: Json) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _professional(value: Mapping[str, Json]) -> str:
    to = value.get("practitioner")
    said = to.get("reference") if isinstance(to, dict) else None
    return said if isinstance(said, str) else ""
