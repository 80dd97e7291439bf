"""The tables of rules: lines of words under a heading, with remarks after a # at the beginning."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from careweave.agreements._notices import Grade, Notice, Notices


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table; `number` counts from 1 in the file."""

    number: int
    cells: dict[str, str]


@dataclass(slots=True)
class Table:
    """A table that is being read, and what is wrong with it."""

    file: str
    notices: Notices

    def fault(self, number: int, column: str, what: str, fix: str) -> None:
        """Notes what is wrong in a line."""
        self.notices.add(Notice(Grade.REJECT, "RULES", self.file, number, column, what, fix))

    def lines(self, data: bytes, columns: Sequence[str]) -> Iterator[Line]:
        """Yields the lines of a table that has exactly these columns; tells of others."""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.fault(1, "", "the file is not UTF-8", "save it as UTF-8")
            return
        rows = _rows(text)
        first, head = next(rows, (1, []))
        if head != list(columns):
            self.fault(first, "", "these are not its columns", f"write {','.join(columns)}")
            return
        for number, row in rows:
            if len(row) == len(columns):
                yield Line(number, dict(zip(columns, row, strict=True)))
            else:
                self.fault(number, "", "this line has too few or too many cells", "mend it")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            yield number, [cell.strip() for cell in next(csv.reader([line]))]
