"""Lists that a region keeps as CSV below `clinical/`: read with the line of every fault. Pure."""

import csv
from collections.abc import Iterator, Mapping, Sequence

from careweave.agreements.forms import Grade, Notice, Notices, near
from careweave.terms import Heading

CLINICAL = "clinical/"
"""The folder of a region with its clinical lists."""

_LARGEST = 8 * 1024 * 1024
Listed = Mapping[str, str]


def listed(
    files: Mapping[str, bytes],
    name: str,
    columns: Sequence[str],
    notices: Notices,
    *,
    headings: str = "",
) -> tuple[Listed, ...]:
    """Returns the rows of a list, by the names of its columns; nothing for a file that is not.

    Lines that begin with # and empty lines are for people. `headings` is the column that must name
    a heading of the record. A row with a fault is left out; notices say file, line and remedy.
    """
    path = CLINICAL + name
    data = files.get(path)
    text = None if data is None else _text(data, path, notices)
    lines = () if text is None else tuple(_lines(text))
    if not lines:
        return ()
    if list(lines[0][1]) != list(columns):
        said = ",".join(columns)
        _fault(path, lines[0][0], "this is not the first row of the list", f"write {said}", notices)
        return ()
    rows = _rows(lines[1:], path, columns, notices)
    return tuple(row for at, row in rows if _is_heading(row, headings, (path, at), notices))


def _is_heading(row: Listed, column: str, place: tuple[str, int], notices: Notices) -> bool:
    if not column or row[column] in set(Heading):
        return True
    _fault(*place, "this is no heading of the record", near(row[column], set(Heading)), notices)
    return False


def _text(data: bytes, path: str, notices: Notices) -> str | None:
    if len(data) > _LARGEST:
        _fault(path, 1, "the file is larger than 8 MiB", "divide it", notices)
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        _fault(path, 1, "the file is not UTF-8", "save it as UTF-8", notices)
        return None


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            # One line is one row: a quotation mark that is not closed harms that line alone.
            yield number, next(csv.reader([line]))


def _rows(
    lines: Sequence[tuple[int, list[str]]], path: str, columns: Sequence[str], notices: Notices
) -> Iterator[tuple[int, Listed]]:
    for number, cells in lines:
        if len(cells) == len(columns):
            yield number, dict(zip(columns, (cell.strip() for cell in cells), strict=True))
        else:
            what = f"this row has {len(cells)} cells"
            _fault(path, number, what, f"write {len(columns)}: {','.join(columns)}", notices)


def _fault(path: str, line: int, what: str, remedy: str, notices: Notices) -> None:
    notices.add(Notice(Grade.REJECT, "CL1", path, line, "", what, remedy))
