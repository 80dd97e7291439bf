"""The HL7 v2 reader takes what real systems send, and says what was odd about it."""

from collections.abc import Callable

import pytest

from careweave.formats import NULL, Hl7Limits, hl7_header, read_hl7
from careweave.terms import Incorrect, Severity, TooLong

LINES = (
    r"MSH|^~\&|PAS|STBEDA|CW|REGION|20260301101500||ADT^A01^ADT_A01|M1|P|2.4|||AL|NE|GBR|UNICODE UTF-8",
    "EVN|A01|20260301101500||||20260301100000",
    r"PID|1||A0012345^^^STB^PI~9434765919^^^NHS^NH||O'Neil\T\Sons^Zoë&x&y^^^Ms||19800202|F|||"
    r"1 High St^^Northmere^^NM1 1AA||01632 960001",
    "PV1|1|I|W1^B2^3^STB||||C123^Grey^Ann||||||||||||V0001",
    'NK1|1|Roe^Jo|SPO|""|""^^x',
)
MESSAGE = "".join(f"{line}\r" for line in LINES).encode()
AXES = ("PID-3.1", "PID-3[2].1", "PID-5.1", "PID-5.2", "PID-5.2.2", "PV1-19", "NK1-2.2", "MSH-9.2")
VALUES = ["A0012345", "9434765919", "O'Neil&Sons", "Zoë", "x", "V0001", "Jo", "A01"]

INFO, WARNING, ERROR = Severity.INFORMATION, Severity.WARNING, Severity.ERROR


def _custom(data: bytes) -> bytes:
    text = data.decode().replace("|", "#").replace("^", "@")
    return text.encode()


MUTATIONS: dict[str, tuple[Callable[[bytes], bytes], list[tuple[str, Severity]]]] = {
    "1 LF": (lambda d: d.replace(b"\r", b"\n"), [("line-end-lf", INFO)]),
    "2 CRLF": (lambda d: d.replace(b"\r", b"\r\n"), [("line-end-crlf", INFO)]),
    "3 no final CR": (lambda d: d[:-1], []),
    "4 blank lines": (lambda d: d.replace(b"\rPV1", b"\r\r\rPV1"), [("blank-segment", INFO)]),
    "5 in its frame": (lambda d: b"\x0b" + d + b"\x1c\r", [("frame-present", INFO)]),
    "6 own separators": (_custom, []),
    "7 no version": (lambda d: d.replace(b"|2.4|", b"||"), [("version-missing", WARNING)]),
    "8 unknown version": (lambda d: d.replace(b"|2.4|", b"|9.9|"), [("version-unknown", WARNING)]),
    "10 BOM": (lambda d: b"\xef\xbb\xbf" + d, [("bom", INFO)]),
    "11 small letters": (lambda d: d.replace(b"PID|", b"pid|"), [("segment-case", WARNING)]),
    "14 text before": (lambda d: b"POST / HTTP/1.0\r" + d, [("leading-bytes", WARNING)]),
    "indented": (lambda d: d.replace(b"PV1|", b"  PV1|"), [("segment-indented", WARNING)]),
    "mixed ends": (lambda d: d.replace(b"\rP", b"\nP"), [("line-end-mixed", INFO)]),
    "no control id": (lambda d: d.replace(b"|M1|", b"||"), [("control-id-missing", WARNING)]),
    "UTF-16": (lambda d: d.decode().encode("utf-16"), []),
    "UTF-16 without BOM": (lambda d: d.decode().encode("utf-16-le"), []),
    "msh in small letters": (lambda d: b"msh" + d[3:], [("segment-case", WARNING)]),
    "BOM in its frame": (
        lambda d: b"\x0b\xef\xbb\xbf" + d + b"\x1c\r",
        [("frame-present", INFO)],
    ),
}


def _found(data: bytes) -> list[tuple[str, Severity]]:
    return [(finding.code, finding.severity) for finding in read_hl7(data).findings]


def test_a_plain_message_has_no_findings() -> None:
    message = read_hl7(MESSAGE)
    assert message.findings == []
    assert message.is_sound
    assert [message.get(path) for path in AXES] == VALUES
    assert [segment.name for segment in message.segments] == ["MSH", "EVN", "PID", "PV1", "NK1"]


@pytest.mark.parametrize("name", MUTATIONS)
def test_what_real_systems_send_reads_as_the_same_tree(name: str) -> None:
    mutate, expected = MUTATIONS[name]
    message = read_hl7(mutate(MESSAGE))
    assert [message.get(path) for path in AXES] == VALUES
    assert [segment.name for segment in message.segments] == ["MSH", "EVN", "PID", "PV1", "NK1"]
    assert _found(mutate(MESSAGE)) == expected
    assert message.is_sound


def test_a_missing_version_is_that_of_the_connection() -> None:
    assert read_hl7(MESSAGE.replace(b"|2.4|", b"||"), version="2.3").version == "2.3"
    assert read_hl7(MESSAGE, version="2.3").version == "2.4"


@pytest.mark.parametrize("kind", ["ADT^Z77", "ADT^A99", "ADT^", "ADT", "", "PPR^PC0", "ADT^XX"])
def test_an_unknown_event_is_told(kind: str) -> None:
    data = MESSAGE.replace(b"ADT^A01^ADT_A01", kind.encode())
    assert _found(data) == [("event-unknown", WARNING)]


@pytest.mark.parametrize("kind", ["ADT^A60", "PPR^PC1", "ACK", "ORU^R01^ORU_R01", "REF^I14"])
def test_known_events_are_not_told(kind: str) -> None:
    assert _found(MESSAGE.replace(b"ADT^A01^ADT_A01", kind.encode())) == []


@pytest.mark.parametrize(
    "n_bytes",
    [
        MESSAGE.index(b"EVN|") + 1,
        MESSAGE.index(b"PID|") + 2,
        MESSAGE.index(b"PID|") + 9,
        MESSAGE.index(b"~94347"),
        MESSAGE.index("Zoë".encode()) + 3,
        MESSAGE.index(b"O'Neil") + 8,
        MESSAGE.index(b"19800202"),
        MESSAGE.index(b"PV1|") + 3,
        MESSAGE.index(b"PV1|") + 5,
        MESSAGE.index(b"|ADT^"),
    ],
)
def test_a_message_that_breaks_off_is_an_error_and_still_a_tree(n_bytes: int) -> None:
    message = read_hl7(MESSAGE[:n_bytes])
    assert ("truncated", ERROR) in _found(MESSAGE[:n_bytes])
    assert not message.is_sound
    assert message.get("MSH-3") == "PAS"


def test_what_stands_behind_the_end_of_a_frame_is_not_lost() -> None:
    message = read_hl7(b"\x0b" + MESSAGE + b"\x1cNTE|1\r")
    assert message.segments[-1].raw == "NTE|1"
    assert not message.is_sound


def test_an_update_of_demographics_needs_no_visit() -> None:
    data = MESSAGE.replace(b"A01", b"A08")
    assert read_hl7(data[: data.index(b"PV1|") - 1]).is_sound


def test_a_frame_without_end_is_an_error() -> None:
    assert ("truncated", ERROR) in _found(b"\x0b" + MESSAGE)


@pytest.mark.parametrize("data", [b"", b"  \r\n", b"\x0b\x1c\r", b"\xef\xbb\xbf", b"\0\0\0"])
def test_nothing_is_refused_as_empty(data: bytes) -> None:
    with pytest.raises(Incorrect) as error:
        read_hl7(data)
    assert error.value.issues[0].code == "empty"
    with pytest.raises(Incorrect):
        hl7_header(data)


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"PID|1||2\r", b"MSHABC", b"\xff" * 9])
def test_what_has_no_header_is_refused(data: bytes) -> None:
    with pytest.raises(Incorrect) as error:
        read_hl7(data)
    assert error.value.issues[0].code == "no-header"


def test_two_messages_in_one_are_an_error() -> None:
    assert ("several-messages", ERROR) in _found(MESSAGE + MESSAGE)


def test_a_zero_byte_is_an_error_and_reads_as_a_blank() -> None:
    data = MESSAGE.replace(b"Jo|", b"J\0o|")
    assert _found(data) == [("zero-byte", ERROR)]
    assert read_hl7(data).get("NK1-2.2") == "J o"
    assert read_hl7(data).findings[0].offset == data.index(b"\0")


def test_other_control_characters_read_as_blanks() -> None:
    data = MESSAGE.replace(b"Jo|", b"J\x02o|")
    assert _found(data) == [("control-character", WARNING)]
    assert read_hl7(data).get("NK1-2.2") == "J o"


def test_a_line_that_is_no_segment_goes_on_with_the_text_before() -> None:
    data = MESSAGE + b"OBX|1|TX|1||first\rsecond line, with | a bar\nthird||||F\r"
    message = read_hl7(data)
    assert message.segments[-1].name == "OBX"
    assert message.get("OBX-5") == "first\nsecond line, with "
    assert message.get("OBX-6") == " a bar\nthird"
    assert ("line-continued", WARNING) in _found(data)


def test_two_double_quotes_mean_delete_and_so_does_each_part_of_them() -> None:
    message = read_hl7(MESSAGE)
    assert message.get("NK1-4") is NULL
    assert message.get("NK1-4.3") is NULL
    assert message.get("NK1-5.1") is NULL
    assert message.get("NK1-5.2") is None
    assert message.get("NK1-5.3") == "x"
    assert message.get("NK1-30") is None
    assert message.segments[4].text(4) == ""


def test_the_whole_of_a_field_and_of_a_component_can_be_had() -> None:
    pid = read_hl7(MESSAGE).of("PID")[0]
    assert pid.get(3, 2, 0) == "9434765919^^^NHS^NH"
    assert pid.get(5, 1, 2, 0) == "Zoë&x&y"
    assert pid.piece(5) == "O'Neil\\T\\Sons"
    assert pid.repetitions(3) == ["A0012345^^^STB^PI", "9434765919^^^NHS^NH"]
    assert pid.repetitions(40) == []
    assert pid.get(3, 3) is None


def test_the_separators_are_no_repetitions() -> None:
    header = read_hl7(MESSAGE).segments[0]
    assert header.get(1) == "|"
    assert header.get(2) == r"^~\&"
    assert header.repetitions(2) == [r"^~\&"]


@pytest.mark.parametrize(
    ("named", "sub"), [(r"^~\\&", "&"), (r"^~\&#", "&"), (r"^~\\", None), ("^", None)]
)
def test_separators_are_read_as_they_are_named(named: str, sub: str | None) -> None:
    data = MESSAGE.replace(rb"|^~\&|", f"|{named}|".encode())
    message = read_hl7(data)
    assert message.get("PID-5.2") == ("Zoë" if sub else "Zoë&x&y")
    assert ("separators-odd" in [code for code, _ in _found(data)]) is (named != r"^~\&#")


def test_each_segment_knows_its_bytes() -> None:
    for data in (MESSAGE, b"\xef\xbb\xbf" + MESSAGE.replace(b"\r", b"\r\n\n"), MESSAGE[:-1]):
        message = read_hl7(data)
        for segment in message.segments:
            start, length = message.span(segment)
            assert data[start : start + length] == segment.raw.encode()


def test_the_bytes_of_a_continued_segment_end_where_it_ends() -> None:
    data = MESSAGE + b"OBX|1|TX|1||first\r\nsecond\r\r\nZZZ|1\r"
    message = read_hl7(data)
    start, length = message.span(message.of("OBX")[0])
    assert data[start : start + length] == b"OBX|1|TX|1||first\r\nsecond"


def test_the_header_alone_says_the_same() -> None:
    header = hl7_header(MESSAGE)
    assert header == read_hl7(MESSAGE).header
    assert (header.kind, header.control_id, header.version) == ("ADT^A01", "M1", "2.4")
    assert (header.accept_ack, header.application_ack) == ("AL", "NE")
    assert hl7_header(MESSAGE.decode().encode("utf-16")).control_id == "M1"


@pytest.mark.parametrize("path", ["PID", "PID-", "PID-3.", "pid-3", "PID-3[*]", "PID-1234"])
def test_a_path_is_well_formed(path: str) -> None:
    with pytest.raises(Incorrect):
        read_hl7(MESSAGE).get(path)


def test_a_path_may_name_one_of_several_segments() -> None:
    message = read_hl7(MESSAGE + b"NK1|2|Poe^Al\r")
    assert message.get("NK1[2]-2.2") == "Al"
    assert message.get("NK1[3]-2") is None
    assert message.get("ZZZ-1") is None


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (MESSAGE + b"NTE|1\r" * 100, "MSH"),
        (MESSAGE + b"\r" * 300 + b"NTE|1\r", "MSH"),
        (MESSAGE + b"ZZZ" + b"|" * 41 + b"\r", "ZZZ"),
        (MESSAGE + b"ZZZ|" + b"a~" * 50 + b"a\r", "ZZZ"),
        (MESSAGE + b"ZZZ|" + b"a^" * 30 + b"a~b\r", "ZZZ"),
        (MESSAGE + b"ZZZ|" + b"a" * 3000, "MSH"),
    ],
)
def test_a_message_beyond_a_limit_is_refused(data: bytes, where: str) -> None:
    limits = Hl7Limits(size=2000, segments=100, fields=40, repetitions=50, components=30)
    with pytest.raises(TooLong) as error:
        read_hl7(data, limits=limits)
    assert error.value.where == where


def test_a_message_at_the_limits_is_taken() -> None:
    limits = Hl7Limits(segments=6, fields=40, repetitions=50, components=30)
    full = b"|".join([b"ZZZ", b"a~" * 49 + b"a", b"a^" * 29 + b"a", *[b""] * 38])
    assert read_hl7(MESSAGE + full + b"\r", limits=limits).is_sound
