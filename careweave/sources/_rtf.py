"""The text of a Rich Text document: nothing of it is run, loaded or followed."""

import re

_LARGEST = 4 * 1024 * 1024
_DEEPEST = 200
_TOKEN = re.compile(
    r"\\([a-z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\(.)|([{}])|[\r\n]+|([^\\{}\r\n]+)",
    re.DOTALL,
)
_SKIPPED = frozenset(
    {"fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "themedata", "header"}
    | {"footer", "headerl", "headerr", "footerl", "footerr", "fldinst", "listtable", "xmlnstbl"}
    | {"listoverridetable", "revtbl", "rsidtbl", "generator", "latentstyles", "datastore"}
)
_SIGNS = {
    "par": "\n",
    "line": "\n",
    "sect": "\n",
    "page": "\n",
    "row": "\n",
    "tab": "\t",
    "cell": "\t",
    "emdash": "\N{EM DASH}",
    "endash": "\N{EN DASH}",
    "bullet": "\N{BULLET}",
    "lquote": "\N{LEFT SINGLE QUOTATION MARK}",
    "rquote": "\N{RIGHT SINGLE QUOTATION MARK}",
    "ldblquote": "\N{LEFT DOUBLE QUOTATION MARK}",
    "rdblquote": "\N{RIGHT DOUBLE QUOTATION MARK}",
    "emspace": " ",
    "enspace": " ",
}


def rtf_text(text: str) -> str | None:
    r"""Returns the plain text of RTF, None where it is none, or too large or deep.

    Source: Microsoft, Rich Text Format Specification 1.9.1: groups, control words, `\'hh`, `\u`.
    """
    if not text.lstrip().startswith("{\\rtf") or len(text) > _LARGEST:
        return None
    reader = _Reader()
    for found in _TOKEN.finditer(text):
        if not reader.take(found):
            return None
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in "".join(reader.made).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader:
    """Keeps for each open group whether its text counts, and how many signs stand for one."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self._groups: list[tuple[bool, int]] = [(True, 1)]
        self._to_skip = 0

    def take(self, found: re.Match[str]) -> bool:
        """Takes one token, and says whether to go on."""
        word, number, code, sign, brace, text = found.groups()
        if brace:
            return self._brace(brace)
        if word:
            self._word(word, number)
        elif code:
            self._add(bytes.fromhex(code).decode("cp1252", "replace"))
        elif sign:
            self._sign(sign)
        elif text:
            self._add(text)
        return True

    def _brace(self, brace: str) -> bool:
        if brace == "{":
            self._groups.append(self._groups[-1])
        elif len(self._groups) > 1:
            self._groups.pop()
        self._to_skip = 0
        return len(self._groups) < _DEEPEST

    def _word(self, word: str, number: str | None) -> None:
        is_told, n_signs = self._groups[-1]
        if word in _SKIPPED:
            self._groups[-1] = (False, n_signs)
        elif word == "uc":
            self._groups[-1] = (is_told, min(abs(int(number or 1)), 10))
        elif word == "u" and number:
            self._add(chr(int(number) % 65536))
            self._to_skip = n_signs
        else:
            self._add(_SIGNS.get(word, ""))

    def _sign(self, sign: str) -> None:
        if sign == "*":
            self._groups[-1] = (False, self._groups[-1][1])
        else:
            self._add({"~": " ", "_": "-", "-": "", "\n": "\n", "\r": "\n"}.get(sign, sign))

    def _add(self, text: str) -> None:
        if self._to_skip and text:
            text, self._to_skip = text[self._to_skip :], max(self._to_skip - len(text), 0)
        if self._groups[-1][0]:
            self.made.append(text)
