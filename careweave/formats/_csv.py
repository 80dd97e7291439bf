"""Files of delimited rows, as the spreadsheets and databases of councils and homes write them."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from careweave.formats._csv_cells import Mend, mends
from careweave.formats._csv_records import Lines, records
from careweave.formats._csv_settings import CsvSettings
from careweave.terms import Finding, Incorrect, Severity, TooLong


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row: its line from 1, the offset of its first byte, and its cells by column."""

    line: int
    offset: int
    cells: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CsvFault:
    """One row that must not be used: why, and its text as it came.

    `code` is row-length, row-quotes, row-after-footer or mangled-identifier; `column` the number
    of the column from 1, where it is one.
    """

    line: int
    offset: int
    code: str
    about: str
    column: int | None = None
    text: str = field(repr=False, default="")


@dataclass(slots=True)
class CsvTable:
    """A file that is being read. `rows` is read once; `faults` is whole when `rows` has ended.

    `findings` are of the file as a whole. `rows` raises Incorrect at the end when too many rows
    cannot be read, or the footer does not agree.
    """

    header: tuple[str, ...]
    encoding: str
    rows: Iterator[CsvRow] = field(repr=False)
    findings: tuple[Finding, ...] = ()
    faults: list[CsvFault] = field(default_factory=list)
    n_rows: int = 0


def read_csv(data: bytes, settings: CsvSettings) -> CsvTable:
    """Returns the table of a file; raises Incorrect for a file that is wrong as a whole.

    The code of the issue says why: empty, nul, encoding, header, too-many-faults, footer-count; a
    file over a limit raises TooLong. Nothing that lies in a cell is changed but what the settings
    say; a formula is text like any other. Source: reference/interop.md 8; RFC 4180.
    """
    _check_bytes(data, settings)
    text, encoding = _decoded(data, settings.encodings)
    end = "\n" if "\n" in text or "\r" not in text else "\r"
    lines = text.split(end)
    limits = settings.limits
    if len(lines) > limits.lines:
        raise TooLong(f"The file has more than {limits.lines} lines; divide it.")
    walk = _Walk(lines, end, encoding, len(data) - len(_without_mark(data)), settings)
    header = walk.header()
    table = CsvTable(header, encoding, iter(()), walk.findings(header, data))
    table.rows = walk.rows(table)
    return table


def _check_bytes(data: bytes, settings: CsvSettings) -> None:
    limits = settings.limits
    if len(data) > limits.size:
        raise TooLong(f"The file has more than {limits.size} bytes; divide it.")
    if not data.strip():
        raise Incorrect("The file is empty; not even a header came.", code="empty")
    if b"\0" in data:
        n_before = data.index(b"\0")
        message = f"The file has a NUL byte at offset {n_before}; export it again as text."
        raise Incorrect(message, where=f"byte {n_before}", code="nul")


def _decoded(data: bytes, encodings: tuple[str, ...]) -> tuple[str, str]:
    plain = _without_mark(data)
    for encoding in encodings:
        name = codecs.lookup(encoding).name
        if plain is not data and not name.startswith("utf-8"):
            continue
        try:
            return plain.decode("utf-8" if name == "utf-8-sig" else name), name
        except UnicodeDecodeError:
            continue
    declared = ", ".join(encodings)
    raise Incorrect(f"The file is in none of the encodings {declared}.", code="encoding")


def _without_mark(data: bytes) -> bytes:
    return data[3:] if data.startswith(codecs.BOM_UTF8) else data


class _Walk:
    """One way through the lines of a file."""

    def __init__(
        self, lines: list[str], end: str, encoding: str, skipped: int, settings: CsvSettings
    ) -> None:
        self._texts = lines
        self._lines = Lines(lines, end)
        self._records = records(self._lines, settings)
        self._encoding = encoding
        self._skipped = skipped
        self._settings = settings
        self._end = end
        self._offsets: list[int] = []

    def header(self) -> tuple[str, ...]:
        """Returns the names of the columns; one without a name is named by its number."""
        _, cells = next(self._records, (0, None))
        if cells is None:
            raise Incorrect("The first line is no header.", where="line 1", code="header")
        names = tuple(cell.strip() or f"#{n}" for n, cell in enumerate(cells, 1))
        wanted = self._settings.required
        missing = [name for name in wanted if name not in names]
        if missing:
            declared = ", ".join(missing)
            message = f"The header lacks {declared}; ask the sender, or mend the mapping."
            raise Incorrect(message, where="line 1", code="header")
        if len(set(names)) != len(names):
            raise Incorrect("The header names a column twice.", where="line 1", code="header")
        limits = self._settings.limits
        if len(names) > limits.columns:
            raise TooLong(f"The file has more than {limits.columns} columns.")
        return names

    def findings(self, header: tuple[str, ...], data: bytes) -> tuple[Finding, ...]:
        """Returns what is odd of the file, without being wrong."""
        found = []
        if self._skipped:
            found.append(Finding("bom", Severity.INFORMATION, "line 1", offset=0))
        if self._end == "\r":
            found.append(Finding("line-end-cr", Severity.INFORMATION))
        if not data.endswith((b"\n", b"\r")) and self._settings.footer is None:
            found.append(Finding("no-last-line-end", Severity.INFORMATION))
        known = {*self._settings.required, *self._settings.optional}
        if known:
            # A file without a header has a person in its first line: so the place, not the name.
            found += [
                Finding("column-unknown", Severity.WARNING, f"column {n_column}")
                for n_column, name in enumerate(header, 1)
                if name not in known
            ]
        return tuple(found)

    def rows(self, table: CsvTable) -> Iterator[CsvRow]:
        """Yields the rows that can be used, and notes the others in the table."""
        header, footer, n_columns = table.header, self._settings.footer, len(table.header)
        rules = mends(header, self._settings)
        said: int | None = None
        for start, cells in self._records:
            if cells is None or said is not None:
                code = "row-quotes" if cells is None else "row-after-footer"
                self._fault(table, start, code, "Its quotes do not close, or it is too long.")
            elif footer is not None and cells[0].strip() == footer:
                said = _count(cells)
            elif len(cells) != n_columns:
                about = f"It has {len(cells)} cells; the header has {n_columns}."
                self._fault(table, start, "row-length", about)
            elif any(cells):
                wrong = _mend(cells, rules)
                if wrong is None:
                    table.n_rows += 1
                    cells_of = dict(zip(header, cells, strict=True))
                    yield CsvRow(start + 1, self._offset(start), cells_of)
                else:
                    about = "Its identifier was mangled, as by a spreadsheet."
                    self._fault(table, start, "mangled-identifier", about, wrong + 1)
        self._check_end(table, said)

    def _fault(
        self, table: CsvTable, start: int, code: str, about: str, column: int | None = None
    ) -> None:
        text = self._lines.text(start, max(self._lines.place, start + 1))
        fault = CsvFault(start + 1, self._offset(start), code, about, column, text)
        table.faults.append(fault)
        if len(table.faults) > self._settings.limits.faults:
            raise _too_many(table)

    def _check_end(self, table: CsvTable, said: int | None) -> None:
        n_all = table.n_rows + len(table.faults)
        n_unread = sum(fault.code.startswith("row-") for fault in table.faults)
        if n_unread > max(1.0, self._settings.limits.fault_share * n_all):
            raise _too_many(table)
        if self._settings.footer is None:
            return
        if said != n_all:
            message = f"The footer does not say the {n_all} rows that came; the file is cut or old."
            raise Incorrect(message, where="footer", code="footer-count")

    def _offset(self, start: int) -> int:
        if not self._offsets:
            if self._encoding.startswith("utf-8"):
                sizes = (len(line.encode()) + 1 for line in self._texts)
            else:
                sizes = (len(line) + 1 for line in self._texts)
            self._offsets = list(accumulate(sizes, initial=self._skipped))
        return self._offsets[start]


def _mend(cells: list[str], rules: tuple[tuple[int, Mend], ...]) -> int | None:
    """Mends cells in place; returns the index of one that spoils its row."""
    for index, mend in rules:
        cell = cells[index]
        if cell:
            mended = mend(cell)
            if mended is None:
                return index
            cells[index] = mended
    return None


def _count(cells: list[str]) -> int:
    text = cells[1].strip() if len(cells) > 1 else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1


def _too_many(table: CsvTable) -> Incorrect:
    lines = ", ".join(str(fault.line) for fault in table.faults[:5])
    message = f"{len(table.faults)} rows cannot be read, first on lines {lines}; ask for it again."
    return Incorrect(message, where=f"line {table.faults[0].line}", code="too-many-faults")
