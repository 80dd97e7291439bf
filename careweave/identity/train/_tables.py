"""Tables of people, read by a declared layout: which column says what."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenContact,
    WrittenName,
    WrittenNumber,
)
from careweave.terms import Incorrect

KEY = "key:"
"""Begins the system of a number that finds candidates and is never compared."""


class Role(StrEnum):
    """What a column of a table holds. `key` is a number that finds candidates but isn't compared."""

    GIVEN = "given"
    FAMILY = "family"
    NAME = "name"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    HOUSE = "house"
    STREET = "street"
    CITY = "city"
    POSTCODE = "postcode"
    PHONE = "phone"
    EMAIL = "email"
    NUMBER = "number"
    KEY = "key"
    EXTRA = "extra"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is read: the role of each column, and where its id and its truth are.

    `truth` is the column that has the same value in all rows of one person; `truth_pattern` finds
    the person in the id instead (its first group). Columns that aren't named are not read.
    """

    columns: Mapping[str, Role]
    id: str = "id"
    truth: str = ""
    truth_pattern: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: `person` is whom it's about, '' where the table doesn't say."""

    id: str
    source: str
    demographics: Demographics
    person: str = ""
    groups: Mapping[str, str] = field(default_factory=dict[str, str])


def layout(columns: Mapping[str, str], **places: str) -> Layout:
    """Returns a layout from plain words, or raises Incorrect naming the column that is at fault."""
    unknown = [column for column, word in columns.items() if word not in set(Role)]
    if unknown:
        where = ", ".join(unknown)
        text = f"These columns have a role that there is not: {where}."
        raise Incorrect(text)
    return Layout({column: Role(word) for column, word in columns.items()}, **places)


def read_table(path: Path, how: Layout, *, source: str = "") -> tuple[Row, ...]:
    """Returns the rows of a CSV file, or raises Incorrect when a declared column isn't there."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, skipinitialspace=True)
        present = {name.strip() for name in reader.fieldnames or ()}
        _check_columns({how.id, how.truth, how.source, *how.columns} - present - {""})
        return tuple(_row(_clean(cells), how, source) for cells in reader)


def read_pairs(path: Path, left: str, right: str) -> tuple[tuple[str, str], ...]:
    """Returns the pairs of ids that a CSV file says are of one person."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, skipinitialspace=True)
        _check_columns({left, right} - {name.strip() for name in reader.fieldnames or ()})
        rows = [_clean(cells) for cells in reader]
    return tuple((cells[left], cells[right]) for cells in rows)


def _check_columns(absent: Iterable[str]) -> None:
    where = ", ".join(sorted(absent))
    if where:
        text = f"The table has no column {where}."
        raise Incorrect(text)


def _clean(cells: Mapping[str | None, str | None]) -> dict[str, str]:
    return {name.strip(): (value or "").strip() for name, value in cells.items() if name}


def _row(cells: Mapping[str, str], how: Layout, source: str) -> Row:
    return Row(
        id=cells[how.id],
        source=cells[how.source] if how.source else source,
        demographics=_demographics(cells, how.columns),
        person=_person(cells, how),
        groups={name: cells[name] for name in _columns(how.columns, Role.GROUP)},
    )


def _person(cells: Mapping[str, str], how: Layout) -> str:
    if how.truth_pattern:
        found = re.search(how.truth_pattern, cells[how.id])
        return found[1] if found else ""
    return cells[how.truth] if how.truth else ""


def _columns(columns: Mapping[str, Role], role: Role) -> Sequence[str]:
    return [name for name, of in columns.items() if of is role]


def _demographics(cells: Mapping[str, str], columns: Mapping[str, Role]) -> Demographics:
    said = {role: [cells[name] for name in _columns(columns, role) if cells[name]] for role in Role}
    return Demographics(
        names=_names(said),
        birth_date=_first(said[Role.BIRTH_DATE]),
        sex=_first(said[Role.SEX]),
        addresses=_addresses(said),
        contacts=(
            *(WrittenContact("phone", value) for value in said[Role.PHONE]),
            *(WrittenContact("email", value) for value in said[Role.EMAIL]),
        ),
        numbers=(
            *(WrittenNumber(name, cells[name]) for name in _columns(columns, Role.NUMBER)),
            *(WrittenNumber(KEY + name, cells[name]) for name in _columns(columns, Role.KEY)),
        ),
        extra={name: cells[name] for name in _columns(columns, Role.EXTRA) if cells[name]},
    )


def _first(values: Sequence[str]) -> str:
    return values[0] if values else ""


def _names(said: Mapping[Role, Sequence[str]]) -> tuple[WrittenName, ...]:
    """Returns the name: of one written as a whole, the last word is the family name."""
    family, given = " ".join(said[Role.FAMILY]), tuple(said[Role.GIVEN])
    whole = " ".join(said[Role.NAME]).split()
    if whole and not (family or given):
        family, given = whole[-1], tuple(whole[:-1])
    return (WrittenName(family=family, given=given),) if family or given else ()


def _addresses(said: Mapping[Role, Sequence[str]]) -> tuple[WrittenAddress, ...]:
    lines = (" ".join([*said[Role.HOUSE], *said[Role.STREET]]),)
    home = WrittenAddress(
        lines=lines if lines[0] else (),
        city=" ".join(said[Role.CITY]),
        postcode=_first(said[Role.POSTCODE]),
    )
    return (home,) if home != WrittenAddress() else ()
