"""Taking "delete this" out of a resource, and remembering where it stood."""

from typing import Any

from careweave.formats import NULL


def without_nulls(value: dict[str, Any]) -> tuple[str, ...]:
    """Takes every NULL out of a resource and returns the paths of elements that are to go.

    A list is replaced as a whole (HL7 v2 rule), so that only a list of nothing else is named.
    """
    paths: list[str] = []
    _strip(value, "", paths)
    return tuple(paths)


def _strip(value: dict[str, Any], before: str, paths: list[str] | None) -> None:
    for name in list(value):
        held = value[name]
        where = before + name
        if held is NULL:
            del value[name]
            _note(paths, where)
        elif isinstance(held, dict):
            _strip(held, f"{where}.", paths)
            if not held:
                del value[name]
        elif isinstance(held, list):
            kept = _items(held)
            value[name] = kept
            if not kept:
                del value[name]
                _note(paths, where)


def _items(items: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for item in items:
        if isinstance(item, dict):
            _strip(item, "", None)
        if item is not NULL and item not in ({}, []):
            kept.append(item)
    return kept


def _note(paths: list[str] | None, where: str) -> None:
    if paths is not None:
        paths.append(where)
