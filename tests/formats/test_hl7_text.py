"""Escapes are resolved once, never make a new segment, and writing keeps a text in its field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.formats import DELIMITERS, Delimiters, hl7_escape, read_hl7, unescape
from careweave.terms import Severity
from tests.formats.test_hl7 import MESSAGE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        (r"\F\ \S\ \T\ \R\ \E\ ", "| ^ & ~ \\ "),
        (r"a\.br\b", "a\nb"),
        (r"a\.sp3\b", "a\n\n\nb"),
        (r"a\.sp 2\b\.sp\c", "a\n\nb\nc"),
        (r"a\.sp9999\b", "a" + "\n" * 50 + "b"),
        (r"\.in+4\a\.ti-2\b\.fi\c\.nf\d", "abcd"),
        (r"a\.ce\b\.sk5\c", "a b c"),
        (r"\H\loud\N\ quiet", "loud quiet"),
        (r"\X41C3A9\x", "Aéx"),
        (r"\XE9\x", "éx"),
        (r"a\X0A\b", "a\nb"),
        (r"a\X0D\b", "a b"),
        (r"a\X0D0A\b", "a\nb"),
        (r"a\X000B1C09\b", "a    b"),
        (r"a\X7C\b", "a|b"),
        (r"\XABC\x", r"\XABC\x"),
        (r"\X\x", r"\X\x"),
        (r"\C2842\\M244A\\Zab\ ", r"\C2842\\M244A\\Zab\ "),
        (r"C:\Temp\new", r"C:\Temp\new"),
        (r"\E\F\E\ ", r"\F" + "\\ "),
        ("ends with \\", "ends with \\"),
        (r"\P\ ", r"\P\ "),
    ],
)
def test_escapes_mean_what_the_standard_says(text: str, expected: str) -> None:
    assert unescape(text) == expected


def test_the_truncation_character_is_known_where_it_is_declared() -> None:
    assert unescape(r"a\P\b", Delimiters(truncation="#")) == "a#b"


@pytest.mark.attack(47)
def test_an_escaped_carriage_return_makes_no_segment() -> None:
    data = MESSAGE.replace(b"O'Neil", rb"O'Neil\X0D\PID|9||EVIL")
    message = read_hl7(data.replace(b"PID|9||EVIL", rb"PID\X7C\9\F\\F\EVIL"))
    assert len(message.of("PID")) == 1
    assert message.get("PID-5.1") == "O'Neil PID|9||EVIL&Sons"
    (finding,) = message.findings
    assert (finding.code, finding.severity) == ("control-escape", Severity.WARNING)
    assert finding.where == "PID-5"
    assert finding.offset == data.index(rb"\X0D\\"[:-1])


def test_escapes_of_other_character_sets_are_told() -> None:
    message = read_hl7(MESSAGE.replace(b"O'Neil", rb"\C2842\O\Z1\ \XABC\Neil"))
    assert [finding.code for finding in message.findings] == ["escape-kept"]


def test_a_text_is_written_so_that_it_stays_in_its_field() -> None:
    assert hl7_escape("a|b^c~d\\e&f") == r"a\F\b\S\c\R\d\E\e\T\f"
    assert hl7_escape("a\r\nb\rc\nd\x00\x1c") == r"a\.br\b\.br\c\.br\d  "
    own = Delimiters("#", "@", "~", "\\", "&")
    assert hl7_escape("|#@", own) == r"|\F\\S\ "[:-1]


@given(st.text())
def test_what_is_written_is_read_again(text: str) -> None:
    written = hl7_escape(text)
    assert not set("|^~&\r\n") & set(written)
    clean = "".join(" " if ord(sign) < 32 and sign not in "\r\n" else sign for sign in text)
    expected = clean.replace("\r\n", "\n").replace("\r", "\n").replace("\x7f", " ")
    assert unescape(written) == expected


@given(st.text(alphabet="\\XFSTREHNC.brsp0D1A|"))
def test_no_escape_makes_a_control_character(text: str) -> None:
    read = unescape(text, DELIMITERS)
    assert not any(ord(sign) < 32 and sign != "\n" for sign in read)
