"""What roles may among their own organisation's entries, and how long ties still count."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from careweave.agreements._csv_files import Line, Table
from careweave.agreements._durations import duration
from careweave.agreements._notices import Notices
from careweave.agreements._rules_tables import COLUMNS, Known, one_of
from careweave.agreements._values import Ceiling, Rules
from careweave.terms import Heading, Purpose, Role, Tie

_ROLE_HEAD = (
    *("role", "setting", "ties", "purposes", "months", "items"),
    *("emergency", "find_soft", "find_hard"),
)
_TIE_HEAD = ("tie", "role", "grace")


@dataclass(slots=True)
class _Roles:
    """The table of roles as it is read."""

    table: Table
    ties: dict[tuple[Role, str], frozenset[Tie]] = field(default_factory=dict)
    purposes: dict[Role, frozenset[Purpose]] = field(default_factory=dict)
    months: dict[Role, int | None] = field(default_factory=dict)
    items: dict[tuple[Role, Heading], int] = field(default_factory=dict)
    emergency: dict[Role, frozenset[Purpose]] = field(default_factory=dict)
    finds: dict[Role, Ceiling] = field(default_factory=dict)


def read_roles(file: str, data: bytes, notices: Notices, rules: Rules) -> Rules:
    """Returns the rules with what each role may; what a setting narrows are its ties."""
    table = Table(file, notices)
    made = _Roles(table)
    for line in table.lines(data, _ROLE_HEAD):
        role = one_of(table, line.number, "role", line.cells["role"], COLUMNS)
        if role is None:
            continue
        made.ties[role, line.cells["setting"]] = _words(table, line, "ties", Tie)
        if not line.cells["setting"]:
            _role(made, role, line)
    return replace(
        rules,
        own_ties=made.ties,
        own_purposes=made.purposes,
        own_months=made.months,
        own_items=made.items,
        emergency=made.emergency,
        finds_per_hour=made.finds,
    )


def _role(made: _Roles, role: Role, line: Line) -> None:
    table, cells = made.table, line.cells
    made.purposes[role] = _words(table, line, "purposes", Purpose)
    made.emergency[role] = _words(table, line, "emergency", Purpose)
    made.months[role] = None if cells["months"] == "all" else _count(table, line, "months")
    for item in cells["items"].split():
        name, _, number = item.partition("=")
        heading = one_of(table, line.number, "items", name, Heading)
        if heading is not None and number.isdecimal():
            made.items[role, heading] = int(number)
        else:
            table.fault(line.number, "items", "this is not HEADING=number", "write it so")
    if cells["find_soft"] or cells["find_hard"]:
        soft, hard = _count(table, line, "find_soft"), _count(table, line, "find_hard")
        made.finds[role] = Ceiling(soft, hard)


def _words(table: Table, line: Line, column: str, known: Iterable[Known]) -> frozenset[Known]:
    words = tuple(known)
    found = (one_of(table, line.number, column, one, words) for one in line.cells[column].split())
    return frozenset(one for one in found if one is not None)


def _count(table: Table, line: Line, column: str) -> int:
    text = line.cells[column]
    if text.isdecimal() and len(text) < 6:
        return int(text)
    table.fault(line.number, column, "this is no whole number", "write digits")
    return 0


def read_ties(file: str, data: bytes, notices: Notices, rules: Rules) -> Rules:
    """Returns the rules with how long each kind of tie still counts after it has ended."""
    table = Table(file, notices)
    grace: dict[tuple[Tie, Role | None], timedelta] = {}
    for line in table.lines(data, _TIE_HEAD):
        tie = one_of(table, line.number, "tie", line.cells["tie"], Tie)
        named = line.cells["role"]
        role = one_of(table, line.number, "role", named, COLUMNS) if named else None
        span = duration(line.cells["grace"])
        if span is None:
            table.fault(line.number, "grace", "this is no duration", "write P30D, PT12H or P0D")
        elif tie is not None and (role is not None or not named):
            grace[tie, role] = span
    return replace(rules, grace=grace)
