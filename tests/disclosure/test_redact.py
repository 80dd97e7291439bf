"""What is taken out of an entry is gone, the rest validates, and to cut again changes nothing."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from careweave.disclosure._redact import ADDRESS, SECRET, View, redacted
from careweave.formats import check, read_json, splice
from careweave.record import Row
from careweave.terms import Heading, SourceId, SubjectId
from tests.lib.published import DATA

NOW = datetime(2026, 3, 16, tzinfo=UTC)
BRIEF = frozenset({"code", "date", "status", "source"})
CANARY = "quetzalcanary"
EXAMPLES = sorted((DATA / "r4-examples").rglob("*.json")) if DATA.is_dir() else []


def row_of(value: dict[str, Any], heading: Heading | None = Heading.PRB) -> Row:
    kept = {name: part for name, part in value.items() if name not in ("id", "meta")}
    body = json.dumps(kept).encode()
    resource = read_json(body)
    ours = ("versionId", "lastUpdated")
    told = {name: part for name, part in value.get("meta", {}).items() if name not in ours}
    meta = json.dumps(told).encode()[1:-1]
    return Row(
        *(value["resourceType"], value.get("id", "x"), 1, NOW, SubjectId(1), SourceId(1)),
        *(heading, False, body, resource.cut, meta, "C"),
    )


def bytes_of(row: Row) -> bytes:
    assert row.body is not None
    return splice(
        row.body, row.cut, id=row.id, version=row.version, updated=row.updated, meta=row.meta
    )


def salted(value: Any, names: frozenset[str]) -> Any:
    """The value with a canary in every narrative, extension, note, display and attachment."""
    if isinstance(value, list):
        return [salted(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: salted(part, names) for name, part in value.items()}
    for name in names & found.keys():
        if isinstance(found[name], str):
            found[name] = CANARY
    return found


def planted(value: dict[str, Any]) -> dict[str, Any]:
    telling = frozenset({"div", "display", "data", "url", "comment", "title"})
    inside = {
        name: salted(part, telling) if name in ("text", "note", "content", "contained") else part
        for name, part in value.items()
    }
    inside["extension"] = [{"url": "http://x.example/y", "valueString": CANARY}]
    inside["text"] = {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{CANARY}</div>',
    }
    return inside


def faults(row: Row) -> list[str]:
    found = check(read_json(bytes_of(row)))
    return [f"{one.where} {one.message}" for one in found if one.severity == "error"]


VIEWS = (View(BRIEF), View(masks=frozenset({ADDRESS})), View(masks=frozenset({SECRET})))


@pytest.mark.skipif(not EXAMPLES, reason="../shared/data is not beside this checkout")
@pytest.mark.parametrize("view", VIEWS, ids=("brief", "address", "secret"))
def test_what_is_left_validates_tells_nothing_else_and_is_the_same_again(view: View) -> None:
    wrong = []
    n = 0
    for path, value in examples():
        whole = row_of(planted(value))
        once = redacted(whole, view)
        n += 1
        if CANARY.encode() in bytes_of(once):
            wrong.append((path.name, "canary"))
        if redacted(once, view) != once:
            wrong.append((path.name, "again"))
        if not faults(row_of(value)):
            wrong += [(path.name, fault) for fault in faults(once)]
    assert n > 20
    assert not wrong, "\n".join(map(str, wrong))


_NOBODYS = {None, "Bundle", "Parameters", "Organization"}


def examples() -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in EXAMPLES:
        value = json.loads(path.read_bytes())
        if value.get("resourceType") not in _NOBODYS:
            yield path, value


@pytest.mark.parametrize("type_name", ["DocumentReference", "Appointment", "CarePlan"])
def test_a_brief_view_keeps_the_title_of_a_document_and_no_other_free_text(type_name: str) -> None:
    written = {"resourceType": type_name, "status": "current", "description": CANARY}
    view = View(BRIEF, frozenset())
    plan = json.loads(bytes_of(redacted(row_of(written, Heading.PLN), view)))
    document = json.loads(bytes_of(redacted(row_of(written, Heading.DOC), view)))
    assert "description" not in plan
    assert document["description"] == CANARY
