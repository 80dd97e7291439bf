"""What two rows of a table may share although each has its errors: the features of a record.

A feature is a value, or what is left of it when one letter or digit is taken away, or how it
sounds. Two records of one person share some; how rare these are says how telling it is.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, combinations

from careweave.identity._norm import Home, Name, Norm
from careweave.identity._sounds import sound

Feature = tuple[str, str]
"""The fact that a feature is about, and the feature. Of one fact only the rarest counts."""

_SHORTEST = 4
_LONGEST = 12
_STEM = 3


def features(norm: Norm) -> frozenset[Feature]:
    """Returns the features of a record."""
    return frozenset(
        chain(
            chain.from_iterable(map(_of_name, norm.names)),
            _of_birth(norm.birth) if norm.birth else (),
            chain.from_iterable(map(_of_home, norm.homes)),
            (("phone", text) for phone in norm.phones for text in _without_one(phone)),
            (("email", text) for email in norm.emails for text in _of_email(email)),
            _of_numbers(norm),
            *(_of_text(f"extra:{name}", text) for name, text in norm.extra.items()),
        )
    )


def _of_name(name: Name) -> Iterator[Feature]:
    words = {name.family, name.given, *name.families, *name.givens} - {""}
    for word in words:
        yield "name", f"={word}"
        yield "name", f"~{sound(word)}"
        for text in _without_letter(word):
            yield "name", text
    if name.family and name.given:
        for given in {name.given, *name.givens}:
            both = (name.family, given)
            yield "name", "~" + "|".join(sorted(map(sound, both)))
            yield "name", "<" + "|".join(sorted(word[:_STEM] for word in both))
            for one, other in (both, both[::-1]):
                yield "name", f"+{sound(one)}|{other[:1]}"


def _of_birth(birth: tuple[int, int, int]) -> Iterator[Feature]:
    year, month, day = birth
    if not day:
        yield "birth", f"{year:04}{month:02}"
        return
    text = f"{year:04}{month:02}{day:02}"
    low, high = sorted((month, day))
    yield "birth", text
    yield "birth", f"{year:04}~{low:02}{high:02}"
    yield "birth", f"{year:04}{month:02}"
    yield "birth", f"~{month:02}{day:02}"
    for masked in _masked(text):
        yield "birth", masked


def _of_home(home: Home) -> Iterator[Feature]:
    if home.postcode:
        yield "postcode", home.postcode
        for masked in _masked(home.postcode):
            yield "postcode", masked
    yield from _of_text("street", home.street)
    yield from _of_text("city", home.city)
    if home.house and home.street:
        yield "street", f"{home.house}|{sound(home.street)}"


def _of_email(email: str) -> Iterator[str]:
    local = email.partition("@")[0]
    yield email
    yield f"{local}@"
    for text in _without_letter(local):
        yield f"{text}@"


def _of_numbers(norm: Norm) -> Iterator[Feature]:
    national = (("nhs", norm.nhs), ("chi", norm.chi), ("hc", norm.hc))
    for kind, value in (*national, *norm.numbers):
        for text in _without_one(value):
            yield f"number:{kind}", text


def _of_text(fact: str, text: str) -> Iterator[Feature]:
    if not text:
        return
    yield fact, f"={text}"
    yield fact, f"~{sound(text)}"
    for left in _without_letter(text):
        yield fact, left
    words = [word for word in text.split() if len(word) >= _SHORTEST]
    if len(words) > 1:
        for one, other in combinations(sorted(words), 2):
            yield fact, f"&{one}|{other}"


def _without_one(code: str) -> Iterable[str]:
    """Returns a code, and it with each of its digits left open."""
    return (code, *_masked(code)) if code else ()


def _masked(code: str) -> Iterator[str]:
    return (f"{code[:at]}_{code[at + 1 :]}" for at in range(len(code)))


def _without_letter(word: str) -> Iterable[str]:
    """Returns a word, and it without each of its letters: two words one letter apart share one."""
    if not _SHORTEST <= len(word) <= _LONGEST:
        return (word,)
    return (word, *(word[:at] + word[at + 1 :] for at in range(len(word))))
