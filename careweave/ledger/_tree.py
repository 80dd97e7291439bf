"""The hash tree of RFC 6962, grown leaf by leaf from its frontier."""

from dataclasses import dataclass
from hashlib import sha256

WIDTH = 32


def leaf(data: bytes) -> bytes:
    """Returns the hash of one leaf. Source: RFC 6962 section 2.1."""
    return sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Returns the hash over two subtrees. Source: RFC 6962 section 2.1."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """All of a tree that is needed to grow it: its size and the roots of its perfect subtrees.

    There is one peak for each 1 in the binary form of the size, the largest subtree first.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    @classmethod
    def read(cls, size: int, packed: bytes) -> "Frontier":
        """Returns the frontier whose peaks were packed one after the other."""
        return cls(size, split(packed))

    def grown(self, leaves: tuple[bytes, ...]) -> "Frontier":
        """Returns the frontier after these leaf hashes."""
        size, peaks = self.size, list(self.peaks)
        for hashed in leaves:
            merged, left = hashed, size
            while left & 1:
                merged = node(peaks.pop(), merged)
                left >>= 1
            peaks.append(merged)
            size += 1
        return Frontier(size, tuple(peaks))

    @property
    def root(self) -> bytes:
        """Returns the root of the whole tree."""
        if not self.peaks:
            return sha256(b"").digest()
        *rest, root = self.peaks
        for peak in reversed(rest):
            root = node(peak, root)
        return root

    @property
    def packed(self) -> bytes:
        """Returns the peaks one after the other."""
        return b"".join(self.peaks)


def split(packed: bytes) -> tuple[bytes, ...]:
    """Returns the hashes that were packed one after the other."""
    return tuple(packed[at : at + WIDTH] for at in range(0, len(packed), WIDTH))
