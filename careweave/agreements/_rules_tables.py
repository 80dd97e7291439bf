"""The role matrix and the table of labels, as CSV."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from careweave.agreements._csv_files import Table
from careweave.agreements._notices import Notices, near
from careweave.agreements._values import Level, Rules
from careweave.terms import Heading, Label, Role

Known = TypeVar("Known", bound=str)

COLUMNS = tuple(role for role in Role if role is not Role.SYSTEM)
"""The twelve roles of people; systems have no column."""

LABEL_LEVELS = frozenset({"F", "R", "K", "I", "C", "T", "D", "-", "mask", "tie"})
"""What a cell of the table of labels may say."""

_LABEL_HEAD = ("label", "origin", *COLUMNS, "hidden", "emergency", "bar")
_EXCEPTION_HEAD = ("label", "role", "heading", "setting", "level")


def read_matrix(file: str, data: bytes, notices: Notices) -> dict[tuple[Role, Heading], Level]:
    """Returns the level of each role and heading; each heading has one line."""
    table = Table(file, notices)
    made: dict[tuple[Role, Heading], Level] = {}
    for line in table.lines(data, ("heading", *COLUMNS)):
        heading = one_of(table, line.number, "heading", line.cells["heading"], Heading)
        for role in COLUMNS:
            level = one_of(table, line.number, role, line.cells[role], Level)
            if heading is not None and level is not None:
                if (role, heading) in made:
                    table.fault(line.number, role, "this heading stands here twice", "keep one")
                made[role, heading] = Level(level)
    missing = sorted(set(Heading) - {heading for _, heading in made})
    if missing and not notices.is_refused:
        table.fault(0, "heading", f"there is no line for {', '.join(missing)}", "add it, with -")
    return made


def one_of(
    table: Table, number: int, column: str, text: str, known: Iterable[Known]
) -> Known | None:
    """Returns the word that a cell names; None, and a fault, where it is none of those known."""
    words = {str(word): word for word in known}
    if text not in words:
        table.fault(number, column, f"{text or 'nothing'} is not known here", near(text, words))
    return words.get(text)


@dataclass(slots=True)
class _Labels:
    """The table of labels as it is read."""

    levels: dict[tuple[Label, Role | None], str] = field(default_factory=dict)
    silent: set[Label] = field(default_factory=set)
    gates: set[Label] = field(default_factory=set)
    bars: set[Label] = field(default_factory=set)


def read_labels(file: str, data: bytes, notices: Notices) -> Rules:
    """Returns rules that hold the table of labels, and nothing else yet."""
    table = Table(file, notices)
    made = _Labels()
    for line in table.lines(data, _LABEL_HEAD):
        label = one_of(table, line.number, "label", line.cells["label"], Label)
        if label is not None:
            _label(table, line.number, line.cells, label, made)
    missing = sorted(set(Label) - {label for label, _ in made.levels})
    if missing and not notices.is_refused:
        table.fault(0, "label", f"there is no line for {', '.join(missing)}", "add it, with -")
    return replace(
        _EMPTY,
        labels=made.levels,
        silent=frozenset(made.silent),
        gates=frozenset(made.gates),
        bars=frozenset(made.bars),
    )


def _label(table: Table, number: int, cells: dict[str, str], label: Label, made: _Labels) -> None:
    for role in (None, *COLUMNS):
        level = one_of(table, number, role or "origin", cells[role or "origin"], LABEL_LEVELS)
        if level is not None:
            made.levels[label, role] = level
    flags = (
        ("hidden", ("silent", "withheld"), made.silent),
        ("emergency", ("yes", "no"), made.gates),
        ("bar", ("yes", "no"), made.bars),
    )
    for column, words, into in flags:
        if one_of(table, number, column, cells[column], words) == words[0]:
            into.add(label)


def read_exceptions(file: str, data: bytes, notices: Notices, rules: Rules) -> Rules:
    """Returns the rules with the levels of labels that hold under one heading or in one setting."""
    table = Table(file, notices)
    exceptions: dict[tuple[Label, Heading, Role], str] = {}
    in_settings: dict[tuple[Label, Role, str], str] = {}
    for line in table.lines(data, _EXCEPTION_HEAD):
        cells = line.cells
        label = one_of(table, line.number, "label", cells["label"], Label)
        role = one_of(table, line.number, "role", cells["role"], COLUMNS)
        level = one_of(table, line.number, "level", cells["level"], LABEL_LEVELS)
        if bool(cells["heading"]) == bool(cells["setting"]):
            table.fault(line.number, "heading", "give a heading or a setting", "give one of them")
        if label is None or role is None or level is None:
            continue
        if cells["setting"]:
            in_settings[label, role, cells["setting"]] = level
            continue
        heading = one_of(table, line.number, "heading", cells["heading"], Heading)
        if heading is not None:
            exceptions[label, heading, role] = level
    return replace(rules, exceptions=exceptions, in_settings=in_settings)


_EMPTY = Rules(
    matrix={},
    labels={},
    exceptions={},
    bars=frozenset(),
    silent=frozenset(),
    gates=frozenset(),
    own_ties={},
    own_purposes={},
    own_months={},
    own_items={},
    grace={},
    latest_per_code=frozenset(),
    only_today=frozenset(),
    brief=0,
    brief_fields=frozenset(),
    emergency={},
    episodes_per_day=0,
    finds_per_hour={},
    jurisdictions={},
)
