"""Stepping through a resource by the names of its elements."""

from collections.abc import Iterator

from careweave.terms import Json


def at(value: Json, path: str) -> Iterator[Json]:
    """Yields the values at a dotted path, lists opened on the way."""
    name, _, rest = path.partition(".")
    child = value.get(name) if isinstance(value, dict) else None
    if child is None:
        return
    for item in child if isinstance(child, list) else (child,):
        if rest:
            yield from at(item, rest)
        else:
            yield item


def first_text(value: Json, *paths: str) -> str | None:
    """Returns the first text at one of the paths, tried in order."""
    if not isinstance(value, dict):
        return None
    for path in paths:
        # Most paths begin with an element that is not there: the walk is not begun for them.
        if path.partition(".")[0] in value:
            for found in at(value, path):
                if isinstance(found, str) and found:
                    return found
    return None
