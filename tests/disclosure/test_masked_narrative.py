"""A mask takes the narrative with it: what it tells may be what is hidden."""

import json
from datetime import UTC, datetime

import pytest

from careweave.disclosure._redact import ADDRESS, SECRET, View, redacted
from careweave.formats import read_json
from careweave.record import Row
from careweave.terms import Heading, SourceId, SubjectId

CANARY = "quetzalcanary"


@pytest.mark.attack(11, 19)
@pytest.mark.parametrize("mask", [ADDRESS, SECRET])
def test_a_mask_leaves_no_narrative(mask: str) -> None:
    told = f'<div xmlns="http://www.w3.org/1999/xhtml">{CANARY}</div>'
    value = {
        "resourceType": "Patient",
        "text": {"status": "generated", "div": told},
        "name": [{"family": "Heron"}],
        "address": [{"line": [CANARY], "postalCode": "LA12 9QX"}],
    }
    body = json.dumps(value).encode()
    at = datetime(2026, 3, 16, tzinfo=UTC)
    row = Row(
        *("Patient", "x", 1, at, SubjectId(1), SourceId(1)),
        *(Heading.DEM, False, body, read_json(body).cut, b"", "C"),
    )
    left = redacted(row, View(masks=frozenset({mask}))).body or b""
    assert left
    assert CANARY.encode() not in left or mask == SECRET
    assert b"div" not in left
