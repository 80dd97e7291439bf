"""The place of an element in FHIR JSON: one member, or an item of its list, and its `_` sibling."""

from dataclasses import dataclass

from careweave.formats._shape import Member
from careweave.terms import Json, Unprocessable


@dataclass(frozen=True, slots=True)
class Fresh:
    """What is put: a value, and for a primitive its id and extensions."""

    value: Json
    extra: Json = None


class Slot:
    """One member of one object, read and changed as a list of items whatever its cardinality."""

    def __init__(self, holder: dict[str, Json], member: Member) -> None:
        self._holder = holder
        self.member = member

    def __len__(self) -> int:
        return len(self._items())

    def insert(self, at: int, fresh: Fresh) -> None:
        """Puts an item before the one at `at`, or at the end."""
        items = self._items()
        self._must(at, len(items))
        items.insert(at, fresh)
        self._keep(items)

    def set(self, at: int, fresh: Fresh) -> None:
        """Puts an item in the place of the one at `at`."""
        items = self._items()
        self._must(at, len(items) - 1)
        items[at] = fresh
        self._keep(items)

    def remove(self, at: int) -> None:
        """Takes out the item at `at`."""
        items = self._items()
        self._must(at, len(items) - 1)
        del items[at]
        self._keep(items)

    def move(self, source: int, destination: int) -> None:
        """Takes out the item at `source`, then puts it before the one at `destination`."""
        items = self._items()
        self._must(source, len(items) - 1)
        self._must(destination, len(items) - 1)
        items.insert(destination, items.pop(source))
        self._keep(items)

    def _must(self, at: int, most: int) -> None:
        if not 0 <= at <= most:
            message = "The index lies outside of the list."
            raise Unprocessable(message)

    def _items(self) -> list[Fresh]:
        value = self._holder.get(self.member.key)
        extra = self._holder.get(f"_{self.member.key}")
        if not self.member.many:
            return [] if value is None and extra is None else [Fresh(value, extra)]
        values = value if isinstance(value, list) else []
        extras = extra if isinstance(extra, list) else []
        size = max(len(values), len(extras))
        pad: list[Json] = [None] * size
        pairs = zip((values + pad)[:size], (extras + pad)[:size], strict=True)
        return [Fresh(one, beside) for one, beside in pairs]

    def _keep(self, items: list[Fresh]) -> None:
        values: list[Json] = [item.value for item in items]
        extras: list[Json] = [item.extra for item in items]
        self._write(self.member.key, values)
        self._write(f"_{self.member.key}", extras)

    def _write(self, key: str, parts: list[Json]) -> None:
        if all(part is None for part in parts):
            self._holder.pop(key, None)
        else:
            self._holder[key] = parts if self.member.many else parts[0]


def pruned(value: Json) -> Json:
    """Returns `value` without what is empty: FHIR has no empty objects and no empty lists."""
    if isinstance(value, list):
        return [part for part in map(pruned, value) if part != {}]
    if not isinstance(value, dict):
        return value
    pairs = ((name, _aligned(part) if name[:1] == "_" else part) for name, part in value.items())
    kept = ((name, pruned(part)) for name, part in pairs)
    return {name: part for name, part in kept if part not in ({}, [], None)}


def _aligned(extras: Json) -> Json:
    # Items beside a list of primitives keep their place: what is empty there is null.
    if not isinstance(extras, list):
        return extras
    parts: list[Json] = [pruned(part) or None for part in extras]
    return parts if any(parts) else []
