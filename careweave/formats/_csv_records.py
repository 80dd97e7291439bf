"""Text to records, with the line that each begins on. One that cannot be read costs one line."""

import csv
from collections.abc import Iterator

from careweave.formats._csv_settings import CsvSettings


class Lines:
    """The lines of a text, given one by one, from a place that may be set back."""

    __slots__ = ("_end", "_lines", "place")

    def __init__(self, lines: list[str], end: str) -> None:
        """Takes the lines without the `end` that divides them."""
        self._lines = lines
        self._end = end
        self.place = 0

    def __iter__(self) -> "Lines":
        """Returns itself."""
        return self

    def __next__(self) -> str:
        """Returns the next line with its end."""
        if self.place >= len(self._lines):
            raise StopIteration
        line = self._lines[self.place]
        self.place += 1
        return line + self._end if self.place < len(self._lines) else line

    def text(self, first: int, after: int) -> str:
        """Returns the text of some lines, without the last end."""
        return self._end.join(self._lines[first:after]).removesuffix("\r")


def records(lines: Lines, settings: CsvSettings) -> Iterator[tuple[int, list[str] | None]]:
    """Yields the index of the first line of each record and its cells; None for one unreadable.

    Source: RFC 4180. After a record with stray quotes the reader goes on with the line after its
    first, so that an open quote swallows no rows but its own.
    """
    reader = csv.reader(lines, delimiter=settings.delimiter, quotechar=settings.quote, strict=True)
    while True:
        start = lines.place
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            lines.place = start + 1
            yield start, None
            continue
        if cells:
            yield start, cells
