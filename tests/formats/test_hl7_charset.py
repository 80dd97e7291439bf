"""The character set is the one that is named, then that of the connection, then what fits."""

import pytest

from careweave.formats import read_hl7

NAME = "Zoë Čapek"


def _message(charset: str, name: bytes, codec: str = "ascii") -> bytes:
    header = rf"MSH|^~\&|A|B|C|D|20260301||ADT^A28|1|P|2.4||||||{charset}"
    return header.encode(codec) + b"\rPID|1||1||" + name + b"\rPV1|1|N\r"


def _read(charset: str, name: bytes, connection: str | None = None) -> tuple[object, list[str]]:
    message = read_hl7(_message(charset, name), charset=connection)
    return message.get("PID-5"), [finding.code for finding in message.findings]


@pytest.mark.parametrize(
    ("charset", "connection", "codec", "name", "codes"),
    [
        ("UNICODE UTF-8", None, "utf-8", NAME, []),
        ("utf-8", None, "utf-8", NAME, []),
        ("", None, "utf-8", NAME, []),
        ("ASCII", None, "utf-8", NAME, []),
        ("ASCII", "8859/2", "iso8859-2", NAME, []),
        ("", "8859/2", "iso8859-2", NAME, []),
        ("8859/2", "UNICODE UTF-8", "iso8859-2", NAME, []),
        ("8859/2~UNICODE UTF-8", None, "iso8859-2", NAME, []),
        ("8859/1", None, "iso8859-1", "Zoë", []),
        ("8859/1", None, "cp1252", "Zoë €", ["charset-guessed"]),
        ("8859/15", None, "iso8859-15", "Zoë €", []),
        ("", None, "cp1252", "Zoë €", ["charset-guessed"]),
        ("UNICODE", None, "utf-8", NAME, ["charset-guessed"]),
        ("UNICODE UTF-16", None, "utf-8", NAME, ["charset-guessed"]),
        ("KLINGON", None, "utf-8", NAME, ["charset-unknown"]),
        ("UNICODE UTF-8", None, "cp1252", "Zoë €", ["charset-wrong", "charset-guessed"]),
    ],
)
def test_text_is_read_in_its_character_set(
    charset: str, connection: str | None, codec: str, name: str, codes: list[str]
) -> None:
    assert _read(charset, name.encode(codec), connection) == (name, codes)


def test_bytes_that_no_character_set_explains_are_kept_as_they_are() -> None:
    value, codes = _read("", b"a\x81b\xe9")
    assert value == "a\x81bé"
    assert codes == ["charset-guessed"]


def test_a_character_cut_in_two_at_the_end_is_a_truncated_message() -> None:
    message = read_hl7(_message("", "Zoë".encode())[: -len("\rPV1|1|N\r") - 1])
    assert [finding.code for finding in message.findings] == ["truncated"]
    assert message.get("PID-5") == "Zo"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_seen_by_its_bytes(codec: str) -> None:
    data = _message("UNICODE", b"x").decode().replace("|x\r", f"|{NAME}\r").encode(codec)
    message = read_hl7(data)
    assert message.get("PID-5") == NAME
    assert message.findings == []


def test_half_of_a_utf_16_character_is_a_truncated_message() -> None:
    data = _message("UNICODE", b"x").decode().encode("utf-16")[:-1]
    assert "truncated" in [finding.code for finding in read_hl7(data).findings]
