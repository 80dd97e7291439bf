"""An extract as its source declares it: how it is read, of when it is, and what each row says."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo

from careweave.formats import (
    CsvFault,
    CsvRow,
    CsvSettings,
    IdentifierRule,
    read_csv,
    split_hl7_batch,
)
from careweave.sources._mapping import Input
from careweave.sources._reading import Reason
from careweave.sources._source import FileRules, Source
from careweave.terms import Finding, Incorrect, Severity

_AT = re.compile(r"(?<![0-9])(20[0-9]{6})(?:[_T-]?([0-9]{4}))?(?![0-9])")
_REASONS = {"mangled-identifier": Reason.MANGLED_IDENTIFIER}
_MOST_SEQUENCE = 2**62
# Made once: json.dumps makes an encoder for every row.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a file: its line where it has one, and why it must not be used."""

    body: bytes = field(repr=False)
    line: int | None = None
    fault: Finding | None = None


@dataclass(frozen=True, slots=True)
class ExtractRow:
    """One row of an extract as it is compared: what names it, what it says, what is wrong with it.

    `key` and `digest` are keyed hashes. A row that must not be used is named by its text.
    """

    line: int
    key: bytes
    digest: bytes
    said: bytes = field(repr=False)
    fault: Finding | None = None


def parts_of(data: bytes, source: Source, *, secret: bytes, at: datetime) -> Iterator[Part]:
    """Yields the messages that a file of a source holds; `at` is of when the file is.

    The rows of an extract, the messages of a batch of HL7 v2, else the file itself.
    """
    kind = source.mapping.input if source.mapping is not None else None
    if kind is Input.CSV:
        for row in extract_rows(data, source, secret):
            yield Part(row_body(row, at), row.line, row.fault)
    elif kind is Input.HL7V2:
        yield from _batch(data)
    else:
        yield Part(data)


def _batch(data: bytes) -> Iterator[Part]:
    messages, findings = split_hl7_batch(data)
    errors = [found for found in findings if found.severity is Severity.ERROR]
    if not messages:
        raise Incorrect("The file holds no message.", code="empty")
    # A batch that says another number than it holds lost some: which, nobody knows.
    wrong = replace(errors[0], code=Reason.BATCH_COUNT) if errors else None
    for message in messages:
        yield Part(message, None, wrong)


def csv_settings(rules: FileRules) -> CsvSettings:
    """Returns how an extract is read."""
    return CsvSettings(
        encodings=rules.encoding,
        delimiter=rules.delimiter,
        quote=rules.quote,
        required=rules.required,
        optional=rules.optional,
        nulls=rules.null,
        decimal=rules.decimal,
        numbers=rules.numbers,
        dates=rules.dates,
        has_serial_dates=rules.excel_serial,
        identifiers={
            name: IdentifierRule(length or None) for name, length in rules.identifiers.items()
        },
        footer=rules.footer_count or None,
    )


def extract_at(name: str, zone: ZoneInfo) -> datetime | None:
    """Returns of when a file is: the day in its name, with hours and minutes if they follow."""
    found = _AT.search(name)
    if found is None:
        return None
    try:
        moment = datetime.strptime(found[1] + (found[2] or "0000"), "%Y%m%d%H%M")  # noqa: DTZ007  the zone follows
    except ValueError:
        return None
    return moment.replace(tzinfo=zone)


def sequence_of(name: str, pattern: str) -> int | None:
    """Returns the running number in the name of a file, None where the source declares none.

    Raises Incorrect for a name that has not the declared form.
    """
    if not pattern:
        return None
    found = re.search(pattern, name)
    text = found["n"] if found is not None else ""
    if not (text.isascii() and text.isdigit()) or int(text) > _MOST_SEQUENCE:
        message = "The name of the file has no running number; it is needed to know of gaps."
        raise Incorrect(message, where="name", code="sequence")
    return int(text)


def extract_rows(data: bytes, source: Source, secret: bytes) -> Iterator[ExtractRow]:
    """Yields the rows of an extract in the order of its lines, those of no use at their place.

    Raises Incorrect for a file that is wrong as a whole, perhaps after many rows.
    """
    table = read_csv(data, csv_settings(source.file))
    names, seen = source.file.row_key, set[bytes]()
    _check_key(names, table.header)
    n_faults = 0
    for row in table.rows:
        yield from (_spoilt(fault, seen, secret) for fault in table.faults[n_faults:])
        n_faults = len(table.faults)
        yield _item(row, names, seen, secret)
    yield from (_spoilt(fault, seen, secret) for fault in table.faults[n_faults:])


def row_body(row: ExtractRow, at: datetime) -> bytes:
    """Returns the bytes of the arrival that a row becomes."""
    return _wrapped("row" if row.said.startswith(b"{") else "text", row.said, at)


def absent_body(said: bytes, at: datetime) -> bytes:
    """Returns the bytes of the arrival that tells of a row that went."""
    return b'{"absent":true,' + _wrapped("row", said, at)[1:]


def said_of(body: bytes) -> bytes:
    """Returns what a row said, from the bytes of the arrival that it became."""
    return _canonical(json.loads(body)["row"])


def _wrapped(key: str, said: bytes, at: datetime) -> bytes:
    return b'{"at":"' + at.isoformat().encode() + b'","' + key.encode() + b'":' + said + b"}"


def _check_key(names: tuple[str, ...], header: tuple[str, ...]) -> None:
    declared = ", ".join(name for name in names if name not in header)
    if declared:
        message = f"The header lacks {declared}, by which rows are known; ask the sender."
        raise Incorrect(message, where="line 1", code="header")


def _item(row: CsvRow, names: tuple[str, ...], seen: set[bytes], secret: bytes) -> ExtractRow:
    # Empty cells are left out: a new column that nobody fills changes no row.
    said = _canonical({name: cell for name, cell in row.cells.items() if cell})
    digest = _hash(said, secret)
    if not names:
        return ExtractRow(row.line, _by_text(said, seen, secret), digest, said)
    parts = [row.cells[name].strip() for name in names]
    key = _hash(_canonical(parts), secret)
    if not any(parts):
        about = "The columns that name the row are empty."
        finding = Finding(Reason.NO_KEY, Severity.ERROR, f"line {row.line}", about, row.offset)
        return _unnamed(row.line, said, finding, seen, secret)
    if key in seen:
        about = "An earlier row of the file has the same key."
        code = Reason.IDENTIFIER_CONFLICT
        finding = Finding(code, Severity.ERROR, f"line {row.line}", about, row.offset)
        return _unnamed(row.line, said, finding, seen, secret)
    seen.add(key)
    return ExtractRow(row.line, key, digest, said)


def _spoilt(fault: CsvFault, seen: set[bytes], secret: bytes) -> ExtractRow:
    where = f"line {fault.line}" + (f", column {fault.column}" if fault.column else "")
    reason = _REASONS.get(fault.code, Reason.TRUNCATED)
    finding = Finding(reason, Severity.ERROR, where, fault.about, fault.offset)
    return _unnamed(fault.line, _canonical(fault.text), finding, seen, secret)


def _unnamed(
    line: int, said: bytes, finding: Finding, seen: set[bytes], secret: bytes
) -> ExtractRow:
    """Returns a row that its text must name: the same text tomorrow is nothing new."""
    return ExtractRow(line, _by_text(said, seen, secret), _hash(said, secret), said, finding)


def _by_text(said: bytes, seen: set[bytes], secret: bytes) -> bytes:
    n = 0
    key = _hash(b"0\n" + said, secret)
    while key in seen:
        n += 1
        key = _hash(b"%d\n" % n + said, secret)
    seen.add(key)
    return key


def _canonical(value: object) -> bytes:
    return _encode(value).encode()


def _hash(data: bytes, secret: bytes) -> bytes:
    return blake2b(data, digest_size=16, key=secret[:32]).digest()
