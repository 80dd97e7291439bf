"""How names sound: by English rules, and by their consonants alone for names of elsewhere."""

import re

from jellyfish import metaphone

# One letter for consonants that languages and systems of romanisation write in several ways.
_DIGRAPHS = re.compile(
    "tsch|sch|tch|sh|ch|hs|zh|cz|sz|rz|dz|dj|ts|ph|ck|th|kh|gh|ng|qu|x|c(?=[eiy])"
)
_ONE_LETTER = {
    written: letter
    for letter, all_written in (
        ("j", "tsch sch tch sh ch hs zh cz sz rz dz dj ts x c"),
        ("k", "ck kh gh qu"),
        ("n", "ng"),
        ("t", "th"),
        ("v", "ph"),
    )
    for written in all_written.split()
}
_CLASSES = str.maketrans("bcdfgqswxz", "pktvkkjvjj")
_NO_CONSONANT = re.compile("[^pkmnjlrtv]")
_TWICE = re.compile(r"(.)\1+")


def sound(name: str) -> str:
    """Returns how a folded name sounds in English; the name itself where it has no such sound.

    Source: Metaphone (L. Philips, 1990).
    """
    return metaphone(name) or name


def skeleton(name: str) -> str:
    """Returns the consonants of a folded name in classes that hold across spellings.

    `alhaddad` and `elhadad` have one skeleton, and so do `chin hsiaoling` and `jin xiaoling`.
    """
    found = _DIGRAPHS.sub(_letter, name)
    return _TWICE.sub(r"\1", _NO_CONSONANT.sub("", found.translate(_CLASSES)))


def _letter(found: "re.Match[str]") -> str:
    return _ONE_LETTER[found[0]]
