"""The keyed 64-bit hashes under which search values are kept."""

from functools import lru_cache
from hashlib import blake2b

_SEPARATOR = "\x1f"


class Keys:
    """Makes keys with the secret of one installation, so that no submitter can craft a collision.

    A key is BLAKE2b-64(secret, type 0x1F parameter 0x1F part ...) as a signed 64-bit integer.
    Source: `reference/store.md` 2.10. The parts that each kind of value posts:

        coding or identifier   (s, c) ("*", c) and, not driving, ("system", s); no system: ("", c)
        bound code             (s, c) of its code system, ("", c) and ("*", c)
        identifier:of-type     ("of", type-system, type-code, value)
        reference              ("ref", T, i); foreign: ("url", u)
        logical reference      ("identifier", s, v) and ("identifier", "*", v)
        uri, canonical         ("uri", u), and without its "|version"
        uri, below             idx_string under ("uri",), v is the uri as it stands
        string, exactly        ("exact", text)
        presence               ("has",)
        idx_string, idx_date, idx_qty   () : the key of the parameter itself
        unit of a quantity     unit(system, code), unit("", display or code)
        quantity in UCUM       once more in idx_qty under ("ucum",), unit("", base code)
        composite, two tokens  (s1, c1, s2, c2), each s also as "*"; a reference is ("ref", T, i)
        composite, token and ordered or string  an index row under (s1, c1) and ("*", c1);
                               a quantity in UCUM once more under (s1, c1, "ucum")

    `c`, `v` and `value` are case-folded, since R4 compares tokens without case: use `token`.
    Source: FHIR R4 4.0.1, search.html 3.1.1.4.10.
    """

    def __init__(self, secret: bytes) -> None:
        """Takes the installation's secret, 16 to 64 bytes."""

        @lru_cache(maxsize=32_768)
        def make(text: str) -> int:
            digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=secret)
            return int.from_bytes(digest.digest(), "big", signed=True)

        self._make = make

    def of(self, type_name: str, parameter: str, *parts: str) -> int:
        """Returns the key of these parts of one parameter of one type."""
        text = _SEPARATOR.join((type_name, parameter, *parts))
        if text.count(_SEPARATOR) > len(parts) + 1:
            # A value that holds the separator must not look like two values.
            text = _SEPARATOR.join(("", *(f"{len(part)} {part}" for part in parts), text))
        return self._make(text)

    def token(self, type_name: str, parameter: str, system: str | None, code: str) -> int:
        """Returns the key of a token; `system` None means whatever system, "" means none."""
        return self.of(type_name, parameter, "*" if system is None else system, code.casefold())

    def unit(self, system: str, code: str) -> int:
        """Returns the key of a unit, the same for every parameter."""
        return self._make(_SEPARATOR.join(("", "unit", system, code)))
