"""Values of a file that has been checked, with their types: short to read out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from careweave.terms import Json


@dataclass(frozen=True, slots=True)
class Node:
    """One value; what is absent or of another kind reads as nothing, never as everything."""

    value: Json

    def __getitem__(self, name: str) -> "Node":
        """Returns a member, an empty node where there is none."""
        return Node(self.table().get(name))

    def __bool__(self) -> bool:
        return self.value is not None

    def table(self) -> Mapping[str, Json]:
        """Returns the members by name."""
        return self.value if isinstance(self.value, dict) else {}

    def members(self) -> Iterator[tuple[str, "Node"]]:
        """Yields each member with its name."""
        for name, value in self.table().items():
            yield name, Node(value)

    def items(self) -> tuple["Node", ...]:
        """Returns the items of a list."""
        return tuple(Node(one) for one in self.value) if isinstance(self.value, list) else ()

    def texts(self) -> tuple[str, ...]:
        """Returns the items of a list of words."""
        return tuple(one.text() for one in self.items())

    def text(self) -> str:
        """Returns the words, "" where there are none."""
        return self.value if isinstance(self.value, str) else ""

    def whole(self, otherwise: int = 0) -> int:
        """Returns the whole number."""
        is_whole = isinstance(self.value, int) and not isinstance(self.value, bool)
        return self.value if is_whole and isinstance(self.value, int) else otherwise

    def day(self) -> date | None:
        """Returns the day."""
        return date.fromisoformat(self.text()) if self.text() else None

    def flag(self) -> bool:
        """Returns true only where true is written."""
        return self.value is True
