"""Bundles and outcomes as they are sent."""

import json
from datetime import UTC, datetime

from careweave.formats import bundle_bytes, check, entry_bytes, outcome, read_json, write_json
from careweave.terms import Issue, Severity

BODY = b'{"resourceType":"Patient","id":"1","x":0.10}'


def test_a_searchset_is_joined_from_bytes():
    entries = [
        entry_bytes("http://h/Patient/1", BODY, mode="match"),
        entry_bytes(None, BODY, mode="include"),
    ]
    links = [("self", 'http://h/Patient?name="é"'), ("next", "http://h/p?a=1&b=2")]
    data = bundle_bytes("searchset", total=2, links=links, entries=entries)
    assert BODY in data
    value = json.loads(data)
    assert value["link"] == [{"relation": name, "url": url} for name, url in links]
    assert value["entry"][0]["search"] == {"mode": "match"}
    assert "fullUrl" not in value["entry"][1]
    assert value["total"] == 2


def test_a_bundle_that_we_send_is_valid():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    body = b'{"resourceType":"Patient","id":"1"}'
    history = [
        entry_bytes(
            "http://h/Patient/1",
            body,
            request=("PUT", "Patient/1"),
            response={"status": "200 OK", "etag": 'W/"2"'},
        ),
        entry_bytes(
            "http://h/Patient/1", None, request=("DELETE", "Patient/1"), response={"status": "204"}
        ),
    ]
    for data in (
        bundle_bytes("history", total=2, entries=history, id="a", updated=at),
        bundle_bytes("searchset", total=0),
        bundle_bytes(
            "transaction-response",
            entries=[
                entry_bytes(
                    None, None, response={"status": "201", "lastModified": "2026-01-01T00:00:00Z"}
                )
            ],
        ),
    ):
        assert check(read_json(data)) == ()


def test_an_empty_bundle_has_no_entries():
    assert json.loads(bundle_bytes("searchset", total=0)) == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
    }


def test_an_outcome_goes_into_a_response_as_it_is():
    issue = Issue(Severity.ERROR, "invalid", "No.", "Bundle.entry[0]")
    made = write_json(outcome([issue], request_id="r1"))
    entry = json.loads(entry_bytes(None, None, response={"status": "400", "outcome": made}))
    assert entry["response"]["outcome"]["issue"] == [
        {
            "severity": "error",
            "code": "invalid",
            "details": {"text": "No."},
            "diagnostics": "r1",
            "expression": ["Bundle.entry[0]"],
        }
    ]


def test_an_outcome_is_a_valid_resource_and_never_empty():
    for issues in ((), (Issue(Severity.WARNING, "business-rule", "Look."),)):
        assert check(read_json(write_json(outcome(issues)))) == ()
