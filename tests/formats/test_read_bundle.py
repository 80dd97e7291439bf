"""Reading a bundle: one parse, and each resource keeps its own bytes."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.formats import Limits, read_bundle, read_json, splice
from careweave.terms import Incorrect, TooLong

AT = datetime(2026, 1, 1, tzinfo=UTC)
RESOURCES = st.sampled_from(
    [
        '{"resourceType":"Patient","id":"é","name":[{"family":"Müller"}],"meta":{}}',
        '{ "id" : "a", "resourceType" : "Observation" , "valueQuantity":{"value":1.50} }',
        '{"resourceType":"Basic"}',
        '{"resourceType":"Basic","meta":{"tag":[]},"x":"\\u00e9\U0001f600"}',
    ]
)


@given(st.lists(RESOURCES, max_size=6), st.sampled_from(["", " ", "\n\t"]))
def test_each_resource_is_a_slice_with_its_own_spans(bodies, space):
    entries = ("," + space).join(
        f'{{"fullUrl":"urn:uuid:é{i}",{space}"resource":{space}{body}}}'
        for i, body in enumerate(bodies)
    )
    bundle = read_bundle(
        f'{space}{{"type":"batch","entry":[{entries}{space}],"resourceType":"Bundle"}}'.encode()
    )
    assert bundle.type == "batch"
    assert [entry.resource.body.decode() for entry in bundle.entries] == bodies
    for entry, body in zip(bundle.entries, bodies, strict=True):
        alone = read_json(body.encode())
        assert entry.resource == alone
        stamped = splice(
            entry.resource.body, entry.resource.cut, id="n", version=1, updated=AT, meta=b""
        )
        assert json.loads(stamped)["id"] == "n"


def test_an_entry_has_its_request_and_its_place():
    bundle = read_bundle(
        b'{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:1","request":{'
        b'"method":"PUT","url":"Patient/1","ifMatch":"W/\\"1\\"","ifNoneMatch":"*","ifNoneExist":"a=b",'
        b'"ifModifiedSince":"2020-01-01T00:00:00Z"}},{"request":{"method":"DELETE","url":"Patient/2"}}]}'
    )
    first, second = bundle.entries
    assert (first.full_url, first.method, first.url) == ("urn:uuid:1", "PUT", "Patient/1")
    assert (first.if_match, first.if_none_match, first.if_none_exist) == ('W/"1"', "*", "a=b")
    assert first.if_modified_since == "2020-01-01T00:00:00Z"
    assert (second.resource, second.method, second.where) == (None, "DELETE", "Bundle.entry[1]")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{"resourceType":"Patient"}', "resourceType"),
        ('{"resourceType":"Bundle"}', "Bundle.type"),
        ('{"resourceType":"Bundle","type":1}', "Bundle.type"),
        ('{"resourceType":"Bundle","type":"batch","entry":{}}', "line 1"),
        ('{"resourceType":"Bundle","type":"batch","entry":[1]}', "line 1"),
        ('{"resourceType":"Bundle","type":"batch","entries":[]}', "Bundle"),
        ('{"resourceType":"Bundle","type":"batch","entry":[{"resource":{}}]}', "Bundle.entry[0].resource"),
        ('{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Basic","id":1}}]}',
         "Bundle.entry[0].resource.id"),
        ('{"resourceType":"Bundle","type":"batch","entry":[{},{"request":[]}]}', "Bundle.entry[1].request"),
        ('{"resourceType":"Bundle","type":"batch","entry":[{},{"request":{"method":1}}]}',
         "Bundle.entry[1].request.method"),
        ('{"resourceType":"Bundle","type":"batch","entry":[{"recource":{}}]}', "Bundle.entry[0]"),
        ('{"resourceType":"Bundle","type":"batch","entry":[{"request":{"header":"x"}}]}', "Bundle.entry[0].request"),
        ('{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Basic","a":1,"a":2}}]}',
         "Bundle.entry[0].resource.a"),
        ('{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Basic","a":[NaN]}}]}',
         "Bundle.entry[0].resource.a[0]"),
        ('{"resourceType":"Bundle","type":"batch"} x', "line 1, column 42"),
    ],
)  # fmt: skip
def test_what_is_refused_names_its_place(text, where):
    with pytest.raises(Incorrect) as caught:
        read_bundle(text.encode())
    assert caught.value.where == where


def _bundle(*entries):
    return ('{"resourceType":"Bundle","type":"batch","entry":[' + ",".join(entries) + "]}").encode()


def _deep(n):
    return '{"resource":{"resourceType":"Basic","a":' + "[" * n + "]" * n + "}}"


def test_depth_counts_from_the_bundle():
    read_bundle(_bundle("{}", _deep(60)))
    with pytest.raises(Incorrect, match="64 deep"):
        read_bundle(_bundle("{}", _deep(61)))
    with pytest.raises(Incorrect, match="64 deep"):
        read_bundle(_bundle('{"extension":' + "[" * 70 + "]" * 70 + "}"))


def test_the_number_of_entries_is_bounded():
    read_bundle(_bundle(*["{}"] * 3), limits=Limits(entries=3))
    with pytest.raises(TooLong):
        read_bundle(_bundle(*["{}"] * 4), limits=Limits(entries=3))


def test_extensions_of_the_wrapping_are_taken():
    bundle = read_bundle(
        _bundle(
            '{"fullUrl":"a","_fullUrl":{"id":"x"},"request":{"method":"GET","url":"b","_url":{"id":"y"}}}'
        )
    )
    assert [(entry.full_url, entry.url) for entry in bundle.entries] == [("a", "b")]
