"""Where a value goes in an R4 resource: a path, a list that grows, or no room at all."""

from collections.abc import Mapping, Sequence
from typing import Any

from careweave.formats._stu3_pieces import Piece
from careweave.formats._table import Member, has_shape, members


def target_of(shape: str, path: str) -> Member | None:
    """Returns the R4 element that a path leads to from a shape; None where there is none."""
    found: Member | None = None
    for step in path.split("."):
        if not shape or not has_shape(shape):
            return None
        found = members(shape).get(step)
        if found is None:
            return None
        shape = found.shape
    return found


def place(
    out: dict[str, Any], shape: str, path: str, pieces: Sequence[Piece], beside: Mapping[str, Any]
) -> list[Piece]:
    """Puts the pieces at the path and returns those that found no room."""
    *steps, name = path.split(".")
    for step in steps:
        member = members(shape)[step]
        out = _below(out, member, name if step == steps[-1] else "", beside)
        shape = member.shape
    return _put(out, members(shape)[name], list(pieces))


def _below(
    out: dict[str, Any], member: Member, name: str, beside: Mapping[str, Any]
) -> dict[str, Any]:
    if not member.element.is_many:
        inner: dict[str, Any] = out.setdefault(member.name, {})
        return inner
    items: list[dict[str, Any]] = out.setdefault(member.name, [])
    free = [item for item in items if name not in item]
    if free and not beside:
        return free[0]
    items.append(dict(beside))
    return items[-1]


def _put(out: dict[str, Any], member: Member, pieces: list[Piece]) -> list[Piece]:
    if member.element.is_many:
        _extend(out, member, pieces)
        return []
    if member.name in out or f"_{member.name}" in out:
        return pieces
    first, *rest = pieces
    if first.value is not None:
        out[member.name] = first.value
    if first.beside is not None:
        out[f"_{member.name}"] = first.beside
    return rest


def _extend(out: dict[str, Any], member: Member, pieces: list[Piece]) -> None:
    values = out.setdefault(member.name, [])
    if member.is_primitive:
        known = out.pop(f"_{member.name}", [None] * len(values))
        extras = [*known, *(piece.beside for piece in pieces)]
        if any(extra is not None for extra in extras):
            out[f"_{member.name}"] = extras
    values.extend(piece.value for piece in pieces)
    if all(value is None for value in values):
        del out[member.name]
