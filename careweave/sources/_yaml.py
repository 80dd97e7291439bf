"""YAML as a tree that knows its lines, within bounds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import yaml

from careweave.sources._faults import Faults, Spot

_LARGEST = 1024 * 1024
_DEEPEST = 60
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
_WORDS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value: its text as written, and whether it stood in quotation marks."""

    spot: Spot
    text: str
    is_quoted: bool = False

    @property
    def value(self) -> bool | int | Decimal | str | None:
        """Returns what the text means: true, false, a number with its digits, nothing or text.

        Words like `yes`, `no` and `on`, dates, and numbers with a leading zero stay text: they are
        codes more often than not.
        """
        if self.is_quoted:
            return self.text
        if self.text in {"", "~", "null"}:
            return None
        if self.text in _WORDS:
            return _WORDS[self.text]
        if _INTEGER.fullmatch(self.text):
            return int(self.text)
        return Decimal(self.text) if _DECIMAL.fullmatch(self.text) else self.text


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    spot: Spot
    items: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Table:
    """An object: its members by name, and where each name stands."""

    spot: Spot
    members: dict[str, "Tree"]
    names: dict[str, Spot]

    def get(self, name: str) -> "Tree | None":
        """Returns the member, None where it is absent or says nothing."""
        found = self.members.get(name)
        return None if isinstance(found, Scalar) and found.value is None else found


Tree = Scalar | Sequence | Table


def read_tree(data: bytes, file: str, faults: Faults) -> Tree | None:
    """Returns the tree of a file; None, and faults, where there is none to be had."""
    first = Spot(file, 1)
    if len(data) > _LARGEST:
        faults.add(
            first, "the file is larger than 1 MiB", "divide it, or put tables into CSV files"
        )
        return None
    try:
        text = data.decode("utf-8-sig")
        _refuse_depth(text)
        node = yaml.compose(text, Loader=_loader())
    except UnicodeDecodeError:
        faults.add(first, "the file is not UTF-8", "save it as UTF-8")
    except yaml.MarkedYAMLError as error:
        faults.add(_spot(file, error), f"this is not YAML: {_why(error)}", "mend the form")
    except (yaml.YAMLError, RecursionError, ValueError):
        faults.add(first, "this is not YAML, or too deep", "mend the form")
    else:
        if node is not None:
            return _Walk(file, faults, set()).tree(node, 0)
        faults.add(first, "the file is empty", "write it, or take it away")
    return None


def _loader() -> type[yaml.SafeLoader]:
    # The reader in C is twelve times as fast; where it was not built, the other gives the same.
    loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return loader


def _spot(file: str, error: yaml.MarkedYAMLError) -> Spot:
    mark = error.problem_mark or error.context_mark
    return Spot(file, mark.line + 1 if mark else 1)


def _why(error: yaml.MarkedYAMLError) -> str:
    return (error.problem or "it cannot be read").split("\n")[0][:120]


def _refuse_depth(text: str) -> None:
    # The reader calls itself for each level; a file of thousands of brackets would end it.
    depth = 0
    for sign in re.findall(r"[\[\]{}]|(?m:^[ \t]*(?:[-?] +){20,})", text):
        depth += 1 if sign in "[{" else -1 if sign in "]}" else _DEEPEST * 9
        if depth > _DEEPEST * 8:
            raise RecursionError


@dataclass(slots=True)
class _Walk:
    """One walk over the nodes of a file, which sees each node once."""

    file: str
    faults: Faults
    seen: set[int]

    def tree(self, node: yaml.Node, depth: int) -> Tree | None:
        spot = Spot(self.file, node.start_mark.line + 1)
        if depth > _DEEPEST:
            self.faults.add(spot, f"this is deeper than {_DEEPEST} levels", "make it flatter")
            return None
        if id(node) in self.seen:
            what = "aliases (*name) are not read here"
            self.faults.add(spot, what, "write it out, or use `nodes` and `$use`")
            return None
        self.seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            return Scalar(spot, node.value, bool(node.style))
        if isinstance(node, yaml.SequenceNode):
            items = (self.tree(item, depth + 1) for item in node.value)
            return Sequence(spot, tuple(item for item in items if item is not None))
        return self._table(node, spot, depth)

    def _table(self, node: yaml.Node, spot: Spot, depth: int) -> Table:
        members: dict[str, Tree] = {}
        names: dict[str, Spot] = {}
        for name, at, value in self._members(node):
            if name in members:
                self.faults.add(at, f"{name} stands here twice", "keep one of them")
            held = self.tree(value, depth + 1)
            if held is not None:
                members[name], names[name] = held, at
        return Table(spot, members, names)

    def _members(self, node: yaml.Node) -> Iterator[tuple[str, Spot, yaml.Node]]:
        for key, value in node.value:
            at = Spot(self.file, key.start_mark.line + 1)
            if isinstance(key, yaml.ScalarNode):
                yield key.value, at, value
            else:
                self.faults.add(at, "a name is a word here", "write a word before the colon")
