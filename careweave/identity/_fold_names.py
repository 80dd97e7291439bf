"""Names of people made comparable, with what stands for no name taken away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from careweave.identity._demographics import WrittenName
from careweave.identity._fold import fold
from careweave.identity._norm import Name
from careweave.identity._rules import Rules

_ORDERS = {
    word: order
    for order, words in enumerate(
        ("1 one i a", "2 two ii b", "3 three iii c", "4 four iv d", "5 five", "6 six"), 1
    )
    for word in words.split()
}

_Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoldedNames:
    """The folded names of a record, the remarks on them, and the order of birth that they tell."""

    names: tuple[Name, ...]
    flags: frozenset[str]
    birth_order: int


@dataclass(frozen=True, slots=True)
class _Part:
    """The words of a name, or of a family or given name alone, that are names."""

    family: _Words
    given: _Words
    is_past: bool
    is_placeholder: bool = False
    is_unnamed: bool = False
    birth_order: int = 0


def fold_names(written: Iterable[WrittenName], known: Rules) -> FoldedNames:
    """Returns the names of a record, the current ones first, each once."""
    parts = [_part(one, known) for one in written]
    names = _whole_names(parts, known)
    flags = {"placeholder_name"} if any(one.is_placeholder for one in parts) else set[str]()
    if any(name.family == name.given for name in names):
        flags.add("single_name")
    return FoldedNames(names, frozenset(flags), max((one.birth_order for one in parts), default=0))


def _part(written: WrittenName, known: Rules) -> _Part:
    family_words = fold(written.family).split()
    given_words = fold(" ".join(written.given)).split()
    is_of_another = _names_another(given_words, known)
    if known.name_words.isdisjoint((*family_words, *given_words)) and not is_of_another:
        family, given = _plain(family_words, known), _plain(given_words, known)
        if _is_nobody(family, given, known):
            return _Part((), (), written.is_past, is_placeholder=True)
        return _Part(family, given, written.is_past)
    return _Part(
        _kept(family_words, known),
        () if is_of_another else _kept(given_words, known),
        written.is_past,
        is_placeholder=True,
        is_unnamed=is_of_another or not known.birth_words.isdisjoint(given_words),
        birth_order=_order(given_words, known) or _order(family_words, known),
    )


def _is_nobody(family: _Words, given: _Words, known: Rules) -> bool:
    return bool(family and given) and f"{given[0]} {family[-1]}" in known.whole_names


def _names_another(given: Sequence[str], known: Rules) -> bool:
    """Says whether a given name is that of a mother: `baby of Anna`."""
    return len(given) > 1 and (
        given[0] in known.given_of_another or _two(given) in known.given_of_another
    )


def _two(words: Sequence[str]) -> str:
    return f"{words[0]} {words[1]}"


def _kept(words: Sequence[str], known: Rules) -> _Words:
    """Returns the words beside placeholders that are names."""
    if known.name_words.isdisjoint(words):
        return _plain(words, known)
    dropped = known.name_words | known.companion_words
    return _plain([word for word in words if word not in dropped and len(word) > 1], known)


def _order(words: Sequence[str], known: Rules) -> int:
    found = pairwise(words)
    return next((_ORDERS[b] for a, b in found if a in known.birth_words and b in _ORDERS), 0)


def _plain(words: Sequence[str], known: Rules) -> _Words:
    """Returns words without numbers, leading titles and trailing suffixes, but one at least."""
    kept = [word for word in words if not word.isdigit()]
    while len(kept) > 1 and kept[0] in known.titles:
        kept = kept[1:]
    while len(kept) > 1 and kept[-1] in known.suffixes:
        kept = kept[:-1]
    return tuple(kept)


def _whole_names(parts: Sequence[_Part], known: Rules) -> tuple[Name, ...]:
    """Returns the names; a nickname alone has the family name of the first whole name."""
    whole = next((one for one in parts if one.family and one.given), None)
    found: dict[tuple[str, str], Name] = {}
    for part in sorted(parts, key=_is_past):
        family, given = part.family, part.given
        if whole is not None and (family or given):
            family, given = family or whole.family, given or whole.given
        elif known.has_single_names and not part.is_unnamed:
            family, given = family or given, given or family
        name = Name("".join(family), "".join(given), family, given, part.is_past)
        if family or given:
            found.setdefault((name.family, name.given), name)
    return tuple(found.values())


def _is_past(part: _Part) -> bool:
    return part.is_past
