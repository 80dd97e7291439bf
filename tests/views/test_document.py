"""A received document is read as text or taken away as a file: nothing of it is ever active."""

import base64
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from careweave.disclosure import Row
from careweave.terms import Heading, SourceId, SubjectId
from careweave.views import Making, contents, document_parts

AT = datetime(2026, 3, 26, 8, tzinfo=UTC)
MAKING = Making(AT, ZoneInfo("Europe/London"), lambda kind, id_: f"{kind}-{id_}")
PNG = b"\x89PNG\r\n\x1a\n0000"


def row_of(type_name: str, value: dict) -> Row:
    body = json.dumps({"resourceType": type_name, **value}).encode()
    return Row(
        *(type_name, "one", 1, AT, SubjectId(1), SourceId(1), Heading.DOC),
        gone=False,
        body=body,
        cut=(),
        meta=b"",
        op="C",
    )


def attached(kind: str, data: bytes | None, title: str = "") -> Row:
    told = {} if data is None else {"data": base64.b64encode(data).decode()}
    attachment = {"contentType": kind, "title": title, **told}
    return row_of("DocumentReference", {"content": [{"attachment": attachment}]})


def part_of(kind: str, data: bytes | None, title: str = ""):
    (one,) = document_parts(contents(attached(kind, data, title), {}), MAKING)
    return one


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("text/plain", b"Dear doctor\n\nShe is well.", ("Dear doctor", "She is well.")),
        (
            "text/html",
            b"<h1>Seen</h1><script>x()</script><p>in <b>clinic</b>",
            ("Seen", "in clinic"),
        ),
        ("text/html", b"<style>p{}</style><svg><text>no</text></svg>yes", ("yes",)),
        ("text/plain; charset=iso-8859-1", b"caf\xe9", ("caf\xe9",)),
        ("text/plain; charset=no-such", b"plain", ("plain",)),
        ("text/xml", b"<t><table><tr><td>a</td><td>b</td></tr></table></t>", ("a b",)),
    ],
)
def test_text_is_shown_as_words_and_nothing_else_of_it(kind, data, words):
    found = part_of(kind, data)
    assert (found.kind, found.paragraphs) == ("text", words)


@pytest.mark.parametrize(
    ("kind", "data", "shown", "said"),
    [
        ("application/pdf", b"%PDF", "file", "PDF"),
        ("image/svg+xml", b"<svg/>", "file", "SVG"),
        ("image/png", PNG, "image", "Image"),
        # What says that it is an image and begins otherwise is a file.
        ("image/png", b"<html>", "file", "File"),
        ("application/x-msdownload", b"MZ", "file", "File"),
    ],
)
def test_what_is_no_text_is_a_file_and_only_a_real_image_is_drawn(kind, data, shown, said):
    found = part_of(kind, data)
    assert (found.kind, found.kind_text, found.paragraphs) == (shown, said, ())


@pytest.mark.parametrize("data", [None, b""])
def test_content_that_is_not_held_says_so(data):
    assert not part_of("application/pdf", data).is_held


def test_content_kept_apart_is_taken_from_the_entry_that_holds_it():
    held = row_of("Binary", {"contentType": "text/plain", "data": "QWxsIHdlbGw="})
    letter = row_of("DocumentReference", {"content": [{"attachment": {"url": "Binary/one"}}]})
    (found,) = document_parts(contents(letter, {"Binary/one": held}), MAKING)
    assert found.paragraphs == ("All well",)
    (itself,) = contents(held, {})
    assert (itself.type, itself.data, itself.ending) == ("text/plain", b"All well", ".txt")


def test_a_very_long_text_is_cut_and_says_so():
    assert part_of("text/plain", b"x" * 200_001).is_cut
    assert not part_of("text/plain", b"x" * 200_000).is_cut


@pytest.mark.parametrize(("n", "said"), [(721, "721 bytes"), (2048, "2 kB"), (1_500_000, "1.4 MB")])
def test_a_size_is_said_as_people_read_it(n, said):
    assert part_of("application/pdf", b"x" * n).size == said.replace(" ", "\N{NO-BREAK SPACE}")
