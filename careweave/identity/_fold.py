"""Text made comparable: no marks, no case, no punctuation."""

import re
import unicodedata

_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ð": "d", "đ": "d", "þ": "th", "ł": "l", "ħ": "h"}
    | {"\u0131": "i", "ŋ": "ng"}
)
_APOSTROPHES = re.compile("['\u2018\u2019\u201b\u02bb\u02bc\u0060\u00b4\u05f3]")
_BREAKS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Returns words of letters and digits with single blanks: `O'Brien-Łoś` is `obrien los`.

    Apostrophes join, hyphens and all else part. Letters of other scripts stay.
    """
    if not text.isascii():
        text = _APOSTROPHES.sub("", text)
        plain = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
        text = "".join(letter for letter in plain if not unicodedata.combining(letter))
        return _BREAKS.sub(" ", text).strip()
    text = text.lower().replace("'", "").replace("`", "")
    if text.isalnum():
        return text
    return _BREAKS.sub(" ", text).strip()
