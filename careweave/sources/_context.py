"""What the compiler knows while it walks through a mapping."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import tzinfo

from careweave.sources._faults import Faults, Spot, near
from careweave.sources._mapping import Origin
from careweave.sources._paths import Deps, Paths
from careweave.sources._scope import Get, Scope, Value
from careweave.sources._yaml import Scalar, Sequence, Table, Tree
from careweave.terms import Json


@dataclass(frozen=True, slots=True)
class CodeTable:
    """A code map: source codes to a code, a display and a system. Source: interop.md 6.1."""

    name: str
    source: str
    target: str
    unmapped: str
    keeps_source: bool
    values: Mapping[str, tuple[str, str, str]]
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class ValueTable:
    """A value map. `other` is for a value that is not in it, `empty` for none."""

    name: str
    values: Mapping[str, Json]
    other: Json
    empty: Json
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """What the source says to the mapping: who, where, in which zone; and the key of the ids."""

    name: str
    authority: str
    zone: tzinfo
    secret: bytes
    facts: Mapping[str, Json] = field(default_factory=dict)
    systems: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, tuple[str, str, str]]] = field(default_factory=dict)
    spots: Mapping[str, Spot] = field(default_factory=dict)
    placeholders: frozenset[str] = frozenset()
    entitled: frozenset[str] = frozenset()
    sender: tuple[str, str] = ("", "")
    charset: str | None = None
    version: str | None = None
    processing: frozenset[str] = frozenset({"P"})


@dataclass(frozen=True, slots=True)
class Made:
    """A compiled node. A constant needs nothing of the message."""

    get: Get
    is_constant: bool = False


@dataclass(slots=True)
class Context:
    """The tables of one mapping, where the compiler is, and what it found."""

    faults: Faults
    place: Place
    paths: Paths
    operators: Mapping[str, "Operator"]
    systems: dict[str, str]
    maps: dict[str, ValueTable]
    codes: dict[str, CodeTable]
    nodes: dict[str, Tree]
    lineage: list[Origin] = field(default_factory=list)
    risks: list[str] = field(default_factory=list)
    type_name: str = ""
    shape: str = ""
    kind: str = ""
    element: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    is_used: bool = True
    using: tuple[str, ...] = ()
    # The groups and types whose entries are told apart by their number in a message.
    twins: set[tuple[str, str]] = field(default_factory=set)
    made: dict[tuple[object, ...], Made] = field(default_factory=dict)
    has_lineage: bool = False
    guard: dict[str, int] = field(default_factory=dict)
    known_strict: dict[int, bool] = field(default_factory=dict)
    known_deps: dict[tuple[int, bool], Deps] = field(default_factory=dict)
    # For $refs: the conditions of the rules of a group that make a resource of a type.
    conditions: dict[tuple[str, str], list[Tree | None]] = field(default_factory=dict)

    @contextmanager
    def at(
        self,
        element: str = "",
        *,
        shape: str | None = None,
        kind: str | None = None,
        operator: str = "",
        is_used: bool | None = None,
    ) -> Iterator[None]:
        """Goes into an element or an operator, and comes back."""
        held = (self.element, self.shape, self.kind, self.chain, self.is_used)
        if element:
            self.element = (*self.element, element)
        if shape is not None:
            self.shape = shape
        if kind is not None:
            self.kind = kind
        if operator:
            self.chain = (*self.chain, operator)
        if is_used is not None:
            self.is_used = is_used
        try:
            yield
        finally:
            self.element, self.shape, self.kind, self.chain, self.is_used = held

    def note_origin(self, path: str) -> None:
        """Adds a line to the lineage: this element comes from this path."""
        if self.has_lineage and self.is_used and self.type_name and self.element:
            element = ".".join(self.element)
            self.lineage.append(Origin(self.type_name, element, path, self.chain))

    def fault(self, spot: Spot, what: str, fix: str) -> None:
        """Notes what is wrong at a place."""
        self.faults.add(spot, what, fix)


Operator = Callable[[Context, Tree, str], Made]
"""Compiles the arguments of one operator; the text is its name."""


def nothing(_scope: Scope) -> Value:
    """Gives nothing: what stands for a node that could not be compiled."""
    return None


NOTHING = Made(nothing, is_constant=True)


def constant(value: Json) -> Made:
    """Returns the node that gives always the same value."""
    return Made(lambda _scope: value, is_constant=True)


def arguments(
    c: Context, tree: Tree, needed: tuple[str, ...], allowed: tuple[str, ...] = ()
) -> Table | None:
    """Returns the arguments of an operator if all that are needed are there and none is unknown."""
    if not isinstance(tree, Table):
        c.fault(tree.spot, "arguments are missing here", f"write {{{', '.join(needed)}}}")
        return None
    return tree if check_names(c.faults, tree, needed, allowed) else None


def check_names(
    faults: Faults, tree: Table, needed: tuple[str, ...], allowed: tuple[str, ...] = ()
) -> bool:
    """Notes names that are unknown or missing, and says whether there are none of these."""
    known = (*needed, *allowed)
    unknown = [name for name in tree.members if name not in known]
    for name in unknown:
        faults.add(tree.names[name], f"{name} is not known here", near(name, known))
    missing = [name for name in needed if tree.get(name) is None]
    for name in missing:
        faults.add(tree.spot, f"{name} is missing here", f"write {name}: and its value")
    return not unknown and not missing


def word(faults: Faults, tree: Tree | None, what: str, *, default: str = "") -> str:
    """Returns the text of a scalar; notes a fault where something else stands."""
    if tree is None:
        return default
    if isinstance(tree, Scalar):
        return tree.text
    faults.add(tree.spot, f"{what} is one word here", "write a single value")
    return default


def words(faults: Faults, tree: Tree | None, what: str) -> tuple[str, ...]:
    """Returns the texts of a list, or of a single value."""
    if tree is None:
        return ()
    items = tree.items if isinstance(tree, Sequence) else (tree,)
    return tuple(word(faults, item, what) for item in items)
