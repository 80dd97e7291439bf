"""Choices that look random and are the same in every run with the same seed."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of choices made from a seed by BLAKE2b. Not for secrets."""

    def __init__(self, *seed: object) -> None:
        """Takes what the choices depend on."""
        text = "/".join(map(str, seed)).encode()
        self._key = blake2b(text, digest_size=32).digest()
        self._turn = 0

    def below(self, most: int) -> int:
        """Returns a whole number from 0 to most - 1."""
        self._turn += 1
        turn = self._turn.to_bytes(8)
        return int.from_bytes(blake2b(turn, digest_size=8, key=self._key).digest()) % most

    def between(self, low: int, high: int) -> int:
        """Returns a whole number from low to high, both included."""
        return low + self.below(high - low + 1)

    def one(self, items: Sequence[T]) -> T:
        """Returns one of the items."""
        return items[self.below(len(items))]

    def some(self, items: Sequence[T], most: int) -> list[T]:
        """Returns up to `most` different items, in their order."""
        wanted = self.below(most + 1)
        chosen: set[int] = set()
        while len(chosen) < min(wanted, len(items)):
            chosen.add(self.below(len(items)))
        return [items[at] for at in sorted(chosen)]

    def chance(self, share: float) -> bool:
        """Returns True in this share of all turns."""
        return self.below(1_000_000) < share * 1_000_000
