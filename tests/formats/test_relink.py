"""Finding links and rewriting them in the bytes."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.formats import read_json, references, relink, relinked, splice, write_json
from careweave.terms import Incorrect

PATIENT = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
MAPPING = {
    PATIENT: "Patient/p1",
    "urn:oid:1.2.3": "Organization/o1",
    "Practitioner?identifier=http://x|é": "Practitioner/r1",
    "Encounter/local": "Encounter/e1",
}
TEXTS = st.sampled_from([*MAPPING, "Patient/other", "#p", 'say \\"reference\\"', "é"]) | st.text(
    max_size=8
)
LINKS = st.fixed_dictionaries(
    {"reference": TEXTS}, optional={"display": TEXTS, "identifier": st.just({"value": PATIENT})}
)
RESOURCES = st.fixed_dictionaries(
    {"resourceType": st.just("Basic"), "subject": LINKS},
    optional={
        "author": st.lists(LINKS, max_size=3),
        "id": st.just("x"),
        "meta": st.fixed_dictionaries({"source": TEXTS}),
        "valueUri": TEXTS,
        "note": TEXTS,
        "code": st.fixed_dictionaries({'od"reference': TEXTS}),
    },
)


def _expected(value):
    if isinstance(value, dict):
        return {
            name: MAPPING.get(item, item)
            if name in {"reference", "valueUri", "source"} and isinstance(item, str)
            else _expected(item)
            for name, item in value.items()
        }
    return [_expected(item) for item in value] if isinstance(value, list) else value


def _is_readable(value):
    text = json.dumps(value, ensure_ascii=False)
    return (
        not any("\ud800" <= c <= "\udfff" or c in "\ufffe\uffff" for c in text)
        and "\\u00" not in text
        and "\\b" not in text
        and "\\f" not in text
    )


@given(RESOURCES.filter(_is_readable), st.sampled_from([None, 1]), st.booleans())
def test_links_are_replaced_in_value_and_bytes_and_nothing_else_is(value, indent, ascii_only):
    body = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    if ascii_only and "\\ud" in body.decode():
        return
    changed = relink(read_json(body), MAPPING.get)
    assert changed.value == _expected(value)
    assert json.loads(changed.body) == _expected(value)
    again = read_json(changed.body)
    assert (again.value, again.cut) == (changed.value, changed.cut)


@given(RESOURCES.filter(_is_readable))
def test_the_spans_move_with_the_bytes(value):
    changed = relink(read_json(write_json(value)), MAPPING.get)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    stamped = json.loads(splice(changed.body, changed.cut, id="n", version=1, updated=at, meta=b""))
    expected = {k: v for k, v in _expected(value).items() if k not in {"id", "meta"}}
    assert {k: v for k, v in stamped.items() if k not in {"id", "meta"}} == expected


def test_a_resource_without_such_links_is_the_same_object():
    resource = read_json(b'{"resourceType":"Basic","subject":{"reference":"Patient/1"}}')
    assert relink(resource, MAPPING.get) is resource


def test_a_name_of_a_code_system_is_no_link():
    body = b'{"resourceType":"Basic","identifier":[{"system":"%b","value":"%b"}]}' % (
        PATIENT.encode(),
        PATIENT.encode(),
    )
    resource = read_json(body)
    assert relink(resource, MAPPING.get) is resource


def test_anchors_and_images_of_the_narrative_follow():
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{PATIENT}">x</a><img src=\'{PATIENT}\'/> {PATIENT}</div>'
    changed = relink(
        read_json(write_json({"resourceType": "Basic", "text": {"div": div}})), MAPPING.get
    )
    assert changed.value["text"]["div"] == (
        '<div xmlns="http://www.w3.org/1999/xhtml">'
        f"<a href=\"Patient/p1\">x</a><img src='Patient/p1'/> {PATIENT}</div>"
    )


def test_references_are_given_once_and_in_order():
    resource = read_json(
        b'{"resourceType":"Basic","subject":{"reference":"Patient/1"},"author":{"reference":"a\\u00e9"},'
        b'"contained":[{"resourceType":"Basic","subject":{ "reference" : "Patient/1" }}],"note":"\\"reference\\":\\"no\\"",'
        b'"code":{"x\\"reference":"no","reference":{"reference":"#c"}}}'
    )
    assert references(resource) == ("Patient/1", "aé", "#c")


@given(RESOURCES.filter(_is_readable), st.sampled_from([None, 1]))
def test_links_replaced_before_reading_are_those_replaced_after(value, indent):
    body = json.dumps(value, indent=indent, ensure_ascii=False).encode()
    before, after = read_json(relinked(body, MAPPING.get)), relink(read_json(body), MAPPING.get)
    assert (before.value, before.body, before.cut) == (after.value, after.body, after.cut)


@given(st.binary(max_size=12), RESOURCES.filter(_is_readable), st.integers(0, 400))
def test_what_is_badly_formed_stays_so_when_links_are_replaced_first(noise, value, place):
    body = write_json(value)
    spoiled = body[:place] + noise + body[place:]
    try:
        read_json(spoiled)
    except Incorrect:
        with pytest.raises(Incorrect):
            read_json(relinked(spoiled, MAPPING.get))
