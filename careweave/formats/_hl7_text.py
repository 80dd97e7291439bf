"""The separators of an HL7 v2 message, its escapes, and what two double quotes mean."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

_ABSENT = "\x00"
"""Stands for a separator that the header does not name: reading leaves no such character."""

_MOST_BREAKS = 50
_MOST_BYTES = 2048


class Null(Enum):
    """The value `""`: delete what is held. Source: HL7 v2.5.1, 2.5.3."""

    NULL = '""'


NULL: Final = Null.NULL
QUOTES: Final = '""'


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The characters that divide a message, as its header names them.

    Source: HL7 v2.5.1, 2.5.4; `truncation` since v2.7, empty where there is none.
    """

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    sub: str = "&"
    truncation: str = ""

    @property
    def encoding(self) -> str:
        """Returns the text of MSH-2."""
        named = (self.component, self.repetition, self.escape, self.sub, self.truncation)
        return "".join(named).replace(_ABSENT, "")


DELIMITERS: Final = Delimiters()


@lru_cache(maxsize=64)
def delimiters_of(field: str, named: str) -> Delimiters:
    """Returns the separators of MSH-1 and MSH-2; what is not named does not occur.

    An escape character written twice, as source code shows it, counts once.
    """
    if len(named) > 4 and named[2] == named[3]:
        named = named[:3] + named[4:]
    padded = named[:5] + _ABSENT * (4 - len(named))
    return Delimiters(field, padded[0], padded[1], padded[2], padded[3], padded[4:])


def unescape(text: str, delimiters: Delimiters = DELIMITERS) -> str:
    r"""Returns the text with its escapes resolved once; control characters become blanks.

    What is no escape stays as it is, and so do those of other character sets (`\C..\`, `\M..\`) and
    of sites (`\Z..\`). Source: HL7 v2.5.1, 2.7; `reference/interop.md` 2.2.
    """
    if delimiters.escape not in text:
        return text
    return _escapes(delimiters.escape).sub(lambda found: _meaning(found, delimiters), text)


def hl7_escape(text: str, delimiters: Delimiters = DELIMITERS) -> str:
    r"""Returns the text so that it stays inside one field: separators escaped, breaks as `\.br\`."""
    return text.replace("\r\n", "\n").translate(_written(delimiters))


@lru_cache(maxsize=64)
def _escapes(mark: str) -> re.Pattern[str]:
    sign = re.escape(mark)
    layout = r"\.(?:br|sp|in|ti|fi|nf|ce|sk) ?[+-]?[0-9]{0,4}"
    bytes_ = f"X(?:[0-9A-Fa-f]{{2}}){{1,{_MOST_BYTES}}}"
    return re.compile(f"{sign}([FSTREHNP]|{bytes_}|{layout}){sign}")


def _meaning(found: re.Match[str], delimiters: Delimiters) -> str:
    code = found[1]
    if code[0] == "X":
        return _bytes(code[1:])
    if code[0] == ".":
        return _layout(code)
    plain = {
        "F": delimiters.field,
        "S": delimiters.component,
        "T": delimiters.sub,
        "R": delimiters.repetition,
        "E": delimiters.escape,
        "P": delimiters.truncation or found[0],
    }
    return plain.get(code, "").replace(_ABSENT, "")


def _bytes(digits: str) -> str:
    data = bytes.fromhex(digits)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    # A carriage return made here would be a new segment to whoever writes the text out again.
    return text.replace("\r\n", "\n").translate(_CONTROLS)


def _layout(code: str) -> str:
    word, number = code[1:3], code[3:].strip()
    if word == "br":
        return "\n"
    if word == "sp":
        times = int(number) if number.isdigit() else 1
        return "\n" * min(max(times, 1), _MOST_BREAKS)
    return " " if word in {"ce", "sk"} else ""


_CONTROLS = {code: " " for code in (*range(32), *range(127, 160)) if code != 10}


@lru_cache(maxsize=64)
def _written(delimiters: Delimiters) -> dict[int, str]:
    mark = delimiters.escape
    table = dict.fromkeys([*range(32), 127], " ")
    table |= {10: f"{mark}.br{mark}", 13: f"{mark}.br{mark}"}
    for letter, sign in zip("FSRET", _signs(delimiters), strict=True):
        if sign != _ABSENT:
            table[ord(sign)] = f"{mark}{letter}{mark}"
    return table


def _signs(delimiters: Delimiters) -> tuple[str, ...]:
    named = (delimiters.field, delimiters.component, delimiters.repetition)
    return (*named, delimiters.escape, delimiters.sub)
