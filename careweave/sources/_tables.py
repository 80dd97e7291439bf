"""Value maps and code maps, of a mapping file and of CSV files beside it. Source: interop.md 6.1."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from careweave.sources._context import CodeTable, ValueTable, check_names, word
from careweave.sources._faults import Faults, Spot, near
from careweave.sources._yaml import Scalar, Table, Tree
from careweave.terms import Json

Codes = dict[str, tuple[str, str, str]]
"""Of each source code: the target code, its display, and its system where that is another."""

_UNMAPPED = ("keep", "text", "quarantine", "drop")
_COLUMNS = {"from", "code", "display", "to_system"}
_MOST_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class CodeFiles:
    """The CSV files with codes: those of the package, and those of the region, which win."""

    files: Mapping[str, bytes]
    known: dict[str, Codes] = field(default_factory=dict)

    def read(self, name: str, spot: Spot, faults: Faults) -> Codes:
        """Returns the codes of a file; none, and a fault, where it is not there."""
        data = self.files.get(name)
        if data is None:
            faults.add(spot, f"there is no code file {name}", near(name, self.files))
            return {}
        if name not in self.known:
            self.known[name] = dict(_rows(data, name, faults))
        return self.known[name]


def _rows(data: bytes, name: str, faults: Faults) -> Iterator[tuple[str, tuple[str, str, str]]]:
    first = Spot(name, 1)
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        names = set(reader.fieldnames or ())
        if not {"from", "code"} <= names <= _COLUMNS:
            faults.add(first, "the columns are not right", "from,code,display[,to_system]")
            return
        seen: set[str] = set()
        for row in reader:
            spot = Spot(name, reader.line_num)
            if None in row or None in row.values():
                faults.add(spot, "the row has not as many cells as the header", "mend the row")
                continue
            code = row["from"].strip()
            if not code or code in seen or len(seen) > _MOST_ROWS:
                faults.add(spot, "the code is empty or stands twice", "keep one row for a code")
            seen.add(code)
            yield code, _cells(row)
    except (UnicodeDecodeError, csv.Error):
        faults.add(first, "this is not CSV in UTF-8", "save it as such")


def _cells(row: Mapping[str, str]) -> tuple[str, str, str]:
    names = ("code", "display", "to_system")
    code, display, system = (row.get(name, "").strip() for name in names)
    return code, display, system


def value_table(name: str, tree: Tree, files: CodeFiles, faults: Faults) -> ValueTable:
    """Returns a value map: `{values: {..}, file: .., else: x, empty: y, quiet: true}`."""
    empty = ValueTable(name, {}, None, None)
    if not isinstance(tree, Table):
        faults.add(tree.spot, "a map is an object", "write {values: {..}, else: ..}")
        return empty
    if not check_names(faults, tree, (), ("values", "file", "else", "empty", "quiet", "about")):
        return empty
    values: dict[str, Json] = {}
    if isinstance(file := tree.get("file"), Scalar):
        codes = files.read(file.text, file.spot, faults)
        values = {source: target[0] or None for source, target in codes.items()}
    held = tree.get("values")
    if isinstance(held, Table):
        values |= {source: _single(one, faults) for source, one in held.members.items()}
    elif held is not None:
        faults.add(held.spot, "values is an object", "write {from: to}")
    other, none = (_single(tree.get(key), faults) for key in ("else", "empty"))
    return ValueTable(name, values, other, none, is_quiet=_is_true(tree, "quiet"))


def _single(tree: Tree | None, faults: Faults) -> Json:
    if tree is None:
        return None
    if not isinstance(tree, Scalar):
        faults.add(tree.spot, "a map gives single values", "use a code map for more")
        return None
    return None if tree.value == "" else tree.value


def _is_true(tree: Table, name: str) -> bool:
    held = tree.get(name)
    return isinstance(held, Scalar) and held.value is True


def code_table(
    name: str, tree: Tree, files: CodeFiles, systems: Mapping[str, str], faults: Faults
) -> CodeTable:
    """Returns a code map: `{from, to, unmapped, keep_source, values, file, quiet}`."""
    empty = CodeTable(name, "", "", "keep", True, {})  # noqa: FBT003  keeps_source
    allowed = ("from", "to", "unmapped", "keep_source", "values", "file", "quiet", "about")
    if not isinstance(tree, Table) or not check_names(faults, tree, (), allowed):
        if not isinstance(tree, Table):
            faults.add(
                tree.spot, "a code map is an object", "write {from: .., to: .., values: {..}}"
            )
        return empty
    codes: Codes = {}
    if isinstance(file := tree.get("file"), Scalar):
        codes |= files.read(file.text, file.spot, faults)
    held = tree.get("values")
    if isinstance(held, Table):
        codes |= {source: _target(one, systems, faults) for source, one in held.members.items()}
    unmapped = word(faults, tree.get("unmapped"), "unmapped", default="keep")
    if unmapped not in _UNMAPPED:
        faults.add(tree.spot, f"unmapped: {unmapped} is not known", near(unmapped, _UNMAPPED))
    keeps = tree.get("keep_source")
    return CodeTable(
        name=name,
        source=_system(tree.get("from"), systems, faults),
        target=_system(tree.get("to"), systems, faults),
        unmapped=unmapped,
        keeps_source=not (isinstance(keeps, Scalar) and keeps.value is False),
        values=codes,
        is_quiet=_is_true(tree, "quiet"),
    )


def _target(tree: Tree, systems: Mapping[str, str], faults: Faults) -> tuple[str, str, str]:
    if isinstance(tree, Scalar):
        return tree.text, "", ""
    if not isinstance(tree, Table):
        faults.add(tree.spot, "a code has a code and a display", "write {code: .., display: ..}")
        return "", "", ""
    check_names(faults, tree, ("code",), ("display", "system"))
    code, display = (word(faults, tree.get(key), key) for key in ("code", "display"))
    return code, display, _system(tree.get("system"), systems, faults)


def _system(tree: Tree | None, systems: Mapping[str, str], faults: Faults) -> str:
    text = word(faults, tree, "a system")
    if text in systems:
        return systems[text]
    if text and ":" not in text and tree is not None:
        faults.add(tree.spot, f"there is no system {text}", near(text, systems))
    return text
