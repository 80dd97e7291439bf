"""How large, deep and long a document may be."""

from dataclasses import dataclass

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one document; each is the largest that is still accepted.

    `size` in bytes; `depth` counts the outermost object as 1; `nodes` counts objects, arrays and
    simple values; `string` in characters, for all but base64 data; `digits` are the significant
    digits of a number, `exponent` the largest power of ten. Source: `reference/security.md` 7.
    """

    size: int = 25 * _MEBIBYTE
    depth: int = 64
    nodes: int = 200_000
    string: int = _MEBIBYTE
    digits: int = 18
    exponent: int = 308
    entries: int = 5_000


LIMITS = Limits()
"""The bounds of one resource."""

BUNDLE_LIMITS = Limits(size=50 * _MEBIBYTE, nodes=2_000_000)
"""The bounds of a bundle: of 5,000 entries each with the content of an ordinary resource."""
