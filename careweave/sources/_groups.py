"""Groups of segments, put together by one stack for all messages. Source: interop.md 2.5."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from careweave.sources._scope import Line, Run, Scope


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of group: the segments that begin it, in order, those that belong to it, its parts."""

    name: str
    lead: tuple[str, ...]
    own: frozenset[str]
    parts: Mapping[str, "Kind"]


@dataclass(slots=True)
class _Node:
    """An open group: its segments in order, and the groups directly below it."""

    kind: Kind
    lines: list[Line] = field(default_factory=list)
    below: list["_Node"] = field(default_factory=list)


def names_of(kinds: Mapping[str, Kind]) -> frozenset[str]:
    """Returns the names of all segments that any of the groups holds."""
    return frozenset(_names(kinds))


def _names(kinds: Mapping[str, Kind]) -> Iterator[str]:
    for kind in kinds.values():
        yield from kind.lead
        yield from kind.own
        yield from _names(kind.parts)


def grouped(root: Scope, lines: list[Line], kinds: Mapping[str, Kind]) -> None:
    """Puts the groups below the root, each as a place of its own.

    A group sees its own segments, then those of the groups around it, then those of the message
    that no group holds: what a group may hold and has not is absent, and never its neighbour's.
    """
    declared = names_of(kinds)
    top = _Node(Kind("", (), frozenset(), kinds))
    _stack(top, lines, declared, root.run)
    outside = [line for line in lines if line.name not in declared]
    base = _scope(root.run, {}, outside)
    root.parts = base.parts
    _place(base, top)


def _stack(top: _Node, lines: list[Line], declared: frozenset[str], run: Run) -> None:
    stack = [top]
    for line in lines:
        # A segment that no group knows stands with the message and closes no group: local
        # segments turn up anywhere, and the results behind them belong where they stood.
        if line.name in declared and not _put(stack, line):
            if len(stack) > 1 or line.name in _leads(top):
                run.note("segment-out-of-group", line.name)
            del stack[1:]


def _leads(top: _Node) -> frozenset[str]:
    return frozenset(name for kind in top.kind.parts.values() for name in kind.lead)


def _put(stack: list[_Node], line: Line) -> bool:
    for depth in range(len(stack) - 1, -1, -1):
        node = stack[depth]
        for kind in node.kind.parts.values():
            if line.name in kind.lead:
                _open(stack, depth, kind, line)
                return True
        if line.name in node.kind.own:
            node.lines.append(line)
            del stack[depth + 1 :]
            return True
    return False


def _open(stack: list[_Node], depth: int, kind: Kind, line: Line) -> None:
    later = kind.lead[kind.lead.index(line.name) :]
    if depth + 1 < len(stack) and stack[depth + 1].kind is kind:
        opened = stack[depth + 1]
        if not any(held.name in later for held in opened.lines):
            opened.lines.append(line)
            del stack[depth + 2 :]
            return
    made = _Node(kind, [line])
    stack[depth].below.append(made)
    stack[depth + 1 :] = [made]


def _place(scope: Scope, node: _Node) -> None:
    for below in node.below:
        kind = below.kind
        around = {
            name: lines
            for name, lines in scope.all.items()
            if name not in kind.own and name not in kind.lead
        }
        inside = _scope(scope.run, around, below.lines)
        scope.parts.setdefault(kind.name, []).append(inside)
        _place(inside, below)


def _scope(run: Run, every: dict[str, list[Line]], lines: list[Line]) -> Scope:
    for line in lines:
        every.setdefault(line.name, []).append(line)
    return Scope(run, {name: held[0] for name, held in every.items()}, every)
