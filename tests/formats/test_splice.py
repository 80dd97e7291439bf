"""Stamping id and meta into the bytes of a resource."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.formats import instant, meta_fragment, read_json, read_value, splice, write_json

AT = datetime(2026, 3, 4, 5, 6, 7, 89_000, tzinfo=UTC)
MEMBERS = {
    "resourceType": '"Basic"',
    "id": '"old"',
    "meta": '{"versionId":"1","profile":["http://x"],"é":"\\n"}',
    "text": '"ü\U0001f600 id meta"',
    "code": '{"id":"inner","meta":{"versionId":"inner"},"n":0.10}',
    "_id": '{"extension":[]}',
}
SPACES = st.text(" \t\r\n", max_size=3)


@st.composite
def bodies(draw):
    others = draw(st.sets(st.sampled_from(sorted(MEMBERS.keys() - {"resourceType"}))))
    names = draw(st.permutations(["resourceType", *sorted(others)]))
    space = lambda: draw(SPACES)  # noqa: E731  short, for the line below
    members = (f'{space()}"{name}"{space()}:{space()}{MEMBERS[name]}{space()}' for name in names)
    return f"{space()}{{{','.join(members)}}}{space()}".encode()


@given(bodies())
def test_a_stamped_body_equals_the_original_but_for_id_and_meta(body):
    resource = read_json(body)
    stamped = splice(body, resource.cut, id="new", version=7, updated=AT, meta=b'"tag":[]')
    read = read_json(stamped)
    meta = {"versionId": "7", "lastUpdated": "2026-03-04T05:06:07.089Z", "tag": []}
    assert read.value == {**resource.value, "id": "new", "meta": meta}


@given(bodies())
def test_every_byte_outside_of_the_stamp_is_kept(body):
    resource = read_json(body)
    stamped = splice(body, resource.cut, id="new", version=7, updated=AT, meta=b"")
    stamp = b'"id":"new","meta":{"versionId":"7","lastUpdated":"2026-03-04T05:06:07.089Z"}'
    edges = (0, *resource.cut, len(body))
    kept = b"".join(body[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2))
    assert stamped.count(stamp) == 1
    assert kept in {stamped.replace(b"," + stamp, b""), stamped.replace(stamp + b",", b"")}


@given(bodies())
def test_stamping_twice_leaves_the_last_stamp(body):
    once = read_json(splice(body, read_json(body).cut, id="a", version=1, updated=AT, meta=b""))
    twice = splice(once.body, once.cut, id="b", version=2, updated=AT, meta=b"")
    direct = splice(body, read_json(body).cut, id="b", version=2, updated=AT, meta=b"")
    assert read_value(twice) == read_value(direct)


def test_the_stamp_follows_the_type():
    body = b'{"resourceType":"Basic","id":"x","code":{}}'
    stamped = splice(body, read_json(body).cut, id="y", version=1, updated=AT, meta=b"")
    assert stamped == (
        b'{"resourceType":"Basic","id":"y","meta":{"versionId":"1",'
        b'"lastUpdated":"2026-03-04T05:06:07.089Z"},"code":{}}'
    )


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (AT, "2026-03-04T05:06:07.089Z"),
        (AT.replace(microsecond=0), "2026-03-04T05:06:07.000Z"),
        (AT.replace(microsecond=89_001), "2026-03-04T05:06:07.089001Z"),
        (AT.astimezone(timezone(timedelta(hours=5, minutes=30))), "2026-03-04T05:06:07.089Z"),
    ],
)
def test_an_instant_is_written_in_utc(at, text):
    assert instant(at) == text


def test_a_fragment_leaves_version_and_time_out_and_keeps_the_rest():
    meta = {
        "versionId": "3",
        "lastUpdated": "2020-01-01T00:00:00Z",
        "_lastUpdated": {"id": "x"},
        "source": "urn:x",
        "profile": ["http://p"],
        "extension": [{"url": "http://e", "valueString": "é"}],
    }
    rest = read_value(b"{" + meta_fragment(meta) + b"}")
    assert rest == {name: meta[name] for name in ("source", "profile", "extension")}


def test_codings_are_added_once():
    label = {"system": "s", "code": "a", "display": "A"}
    other = {"system": "s", "code": "b"}
    fragment = meta_fragment(
        {"security": [label]}, security=[{"system": "s", "code": "a"}, other], tags=[label, label]
    )
    assert read_value(b"{" + fragment + b"}") == {"security": [label, other], "tag": [label]}


def test_no_meta_makes_an_empty_fragment():
    assert meta_fragment(None) == b""
    assert write_json({}) == b"{}"


def test_a_meta_of_the_wrong_form_makes_a_fragment_all_the_same():
    meta = {"security": [{"code": {}}, "x"], "tag": "y", "profile": 1}
    added = {"system": "s", "code": "c"}
    fragment = read_value(b"{" + meta_fragment(meta, tags=[added], security=[added]) + b"}")
    assert fragment == {"security": [{"code": {}}, "x", added], "tag": [added], "profile": 1}
