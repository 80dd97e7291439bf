"""The words of the pages in each language: the English text is the key of its translation.

A text that has no translation is shown in English, marked as English, and counted.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

from careweave.doors._frame._page import Say

_LOCALE = Path(__file__).resolve().parent / "locale"
_STRING = re.compile(r'^(msgid|msgstr)?\s*"(.*)"\s*$')
_ESCAPES = {r"\"": '"', r"\n": "\n", r"\\": "\\"}
ENGLISH = "en"
NAMES: Mapping[str, str] = {"en": "English", "cy": "Cymraeg"}
"""The languages that pages can be read in, each by its own name."""
UNCHECKED = frozenset({"cy"})
"""Languages that no translator has checked yet: their pages say so."""
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


def direction(language: str) -> str:
    """Returns the direction of a language's text: ltr or rtl."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def read_catalogue(text: str) -> Mapping[str, str]:
    """Returns the translations of a .po file: only what is translated."""
    found: dict[str, str] = {}
    key, value, at = "", "", ""
    for line in [*text.splitlines(), 'msgid ""']:
        matched = _STRING.match(line)
        if matched is None:
            continue
        word, part = matched.group(1), _plain(matched.group(2))
        if word == "msgid":
            if key and value:
                found[key] = value
            key, value, at = part, "", "id"
        elif word == "msgstr":
            value, at = part, "str"
        elif at == "id":
            key += part
        else:
            value += part
    return found


def _plain(text: str) -> str:
    return re.sub(r"\\.", lambda found: _ESCAPES.get(found.group(0), found.group(0)), text)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Returns the translations into a language; empty for English itself."""
    path = _LOCALE / f"{language}.po"
    if language == ENGLISH or language not in NAMES or not path.exists():
        return {}
    return read_catalogue(path.read_text(encoding="utf-8"))


def say_of(language: str) -> Say:
    """Returns what says a text in a language, filling in what it names in braces."""
    known = catalogue(language)

    def say(text: str, /, **values: object) -> str:
        return known.get(text, text).format(**values) if values else known.get(text, text)

    return say


@dataclass(frozen=True, slots=True)
class Words:
    """The filters of the templates, and how often a translation was missing."""

    missing: Counter[tuple[str, str]] = field(default_factory=Counter)

    def marked(self, language: str, text: str, values: Mapping[str, object]) -> Markup:
        """Returns the text for a page; English, where it stands in for another language."""
        known = catalogue(language)
        if language == ENGLISH or text in known:
            return _filled(known.get(text, text), values)
        self.missing[language, text] += 1
        return Markup('<span lang="en">{}</span>').format(_filled(text, values))


def _filled(text: str, values: Mapping[str, object]) -> Markup:
    return escape(text).format(**values) if values else escape(text)


def preferred(accepted: str, chosen: str = "") -> str:
    """Returns the language of a page: the one chosen, else the first accepted, else English."""
    wanted = (chosen, *_accepted(accepted))
    return next((one for one in wanted if one in NAMES), ENGLISH)


def _accepted(header: str) -> Iterator[str]:
    ranked = []
    for at, part in enumerate(header.split(",")):
        name, _, quality = part.strip().partition(";q=")
        weight = float(quality) if re.fullmatch(r"[01](\.\d{1,3})?", quality) else 1.0
        ranked.append((-weight, at, name.split("-")[0].lower()))
    return (name for _, _, name in sorted(ranked))
