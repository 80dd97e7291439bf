"""The keyed 64-bit hashes under which search values are kept."""

from functools import lru_cache
from hashlib import blake2b

_SEPARATOR = "\x1f"


class Keys:
    """Makes keys with the secret of one installation, so that no submitter can craft a collision.

    A key is BLAKE2b-64(secret, type 0x1F parameter 0x1F part ...) as a signed 64-bit integer.
    Source: `reference/store.md` 2.10. The parts that each kind of value posts:

        coding or identifier   (s, c) ("*", c) and, not driving, ("system", s); no system: ("", c)
        identifier:of-type     ("of", type-system, type-code, value)
        reference              ("ref", T, i); logical: ("identifier", s, v); foreign: ("url", u)
        uri, canonical         ("uri", u), and without its "|version"
        string, exactly        ("exact", text)
        presence               ("has",)
        idx_string, idx_date, idx_qty   () : the key of the parameter itself
        unit of a quantity     unit(system, code), unit("", display or code)
    """

    def __init__(self, secret: bytes) -> None:
        """Takes the installation's secret, 16 to 64 bytes."""

        @lru_cache(maxsize=200_000)
        def make(text: str) -> int:
            digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=secret)
            return int.from_bytes(digest.digest(), "big", signed=True)

        self._make = make

    def of(self, type_name: str, parameter: str, *parts: str) -> int:
        """Returns the key of these parts of one parameter of one type."""
        return self._make(_SEPARATOR.join((type_name, parameter, *parts)))

    def unit(self, system: str, code: str) -> int:
        """Returns the key of a unit, the same for every parameter."""
        return self._make(_SEPARATOR.join(("", "unit", system, code)))
