"""Keys by which candidates for one person are found.

The kinds, `S` the sound of a family name, `G` that of a forename, `K` the consonants of both:

| kind | parts | finds in spite of |
|---|---|---|
| 1 | a number, with its kind or system | everything |
| 2 | birth date, S | another forename |
| 3 | birth date, G | marriage |
| 4 | year, day and month in order, S; only where the day may be another month | both exchanged |
| 5 | postcode, birth date | another name |
| 6 | postcode, G | a wrong or missing birth date |
| 7 | S and G in order, year | names exchanged, a wrong day or month |
| 8 | S, G, day and month | a wrong year |
| 9 | phone, initial of a forename | marriage and a move |
| 10 | e-mail address | the same |
| 11 | K, year and month | names written by the rules of another language |
| 12 | birth date, sex, postcode district | both names wrong |
| 13 | postcode, S | another forename and a wrong or missing birth date |
| 14 | mother's number, birth date | a baby without a name |
| 15 | birth date; only without any postcode | both names wrong, no address |

Source: `reference/identity.md` section 8. The forename keys hold for any birth date (the sheet
cuts kind 6 to three digits of the year): about 22 people share a postcode, so the year saves
little and its absence finds the records without one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from careweave.identity._norm import Name, Norm
from careweave.identity._rules import rules
from careweave.identity._sounds import skeleton, sound

_LAST_MONTH = 12
_SHORTEST_PART = 3

_SEVERAL = 2

_Birth = tuple[int, int, int]
_Sounds = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class BlockKey:
    """A key of a record: a signed 64-bit hash of its kind and parts."""

    key: int
    kind: int
    is_past: bool = False


def keys(norm: Norm) -> tuple[BlockKey, ...]:
    """Returns the keys of a record, each once; those of former names and addresses are marked."""
    found: dict[str, bool] = {}
    for text, is_past in _texts(norm):
        found[text] = is_past and found.get(text, True)
    return tuple(
        BlockKey(_hash(text), int(text.partition("|")[0]), is_past)
        for text, is_past in found.items()
    )


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def _texts(norm: Norm) -> Iterator[tuple[str, bool]]:
    sounds = _sounds(norm)
    yield from _by_number(norm)
    if norm.birth is not None:
        yield from _by_birth(norm.birth, sounds)
        yield from _by_skeleton(norm, norm.birth)
        yield from _by_day_alone(norm, norm.birth)
    yield from _by_postcode(norm, sounds)
    yield from _by_contact(norm)


def _sounds(norm: Norm) -> tuple[_Sounds, ...]:
    """Returns the sounds of family and forename, of all names and of the parts of family names."""
    found: dict[tuple[str, str], bool] = {}
    for name in norm.names:
        given = sound(name.givens[0]) if name.givens else ""
        for family in _families(name):
            pair = (sound(family) if family else "", given)
            found[pair] = name.is_past and found.get(pair, True)
    return tuple((family, given, past) for (family, given), past in found.items())


def _families(name: Name) -> tuple[str, ...]:
    """Returns a family name run together, and its parts where it has several."""
    if len(name.families) < _SEVERAL:
        return (name.family,)
    particles = rules().particles
    parts = [one for one in name.families if len(one) >= _SHORTEST_PART and one not in particles]
    return (name.family, *parts)


def _by_number(norm: Norm) -> Iterator[tuple[str, bool]]:
    for kind, digits in (("nhs", norm.nhs), ("chi", norm.chi), ("hc", norm.hc)):
        if digits:
            yield f"1|{kind}|{digits}", False
    yield from ((f"1|nhs|{digits}", True) for digits in norm.past_numbers)
    yield from ((f"1|{system}|{value}", False) for system, value in norm.numbers)


def _by_birth(birth: _Birth, sounds: tuple[_Sounds, ...]) -> Iterator[tuple[str, bool]]:
    year, month, day = birth
    low, high = (day, month) if day < month else (month, day)
    for family, given, past in sounds:
        if day and family:
            yield f"2|{year}|{month}|{day}|{family}", past
            if day <= _LAST_MONTH and day != month:
                yield f"4|{year}|{low}|{high}|{family}", past
        if day and given:
            yield f"3|{year}|{month}|{day}|{given}", past
        if family and given:
            first, second = (family, given) if family < given else (given, family)
            yield f"7|{first}|{second}|{year}", past
            if day:
                yield f"8|{family}|{given}|{month}|{day}", past


def _by_skeleton(norm: Norm, birth: _Birth) -> Iterator[tuple[str, bool]]:
    year, month, _ = birth
    if not month:
        return
    for name in norm.names:
        given = name.givens[0] if name.givens else ""
        if letters := "".join(sorted(skeleton(name.family) + skeleton(given))):
            yield f"11|{letters}|{year}|{month}", name.is_past


def _by_day_alone(norm: Norm, birth: _Birth) -> Iterator[tuple[str, bool]]:
    if birth[2] and not any(home.postcode for home in norm.homes):
        yield f"15|{birth}", False


def _by_postcode(norm: Norm, sounds: tuple[_Sounds, ...]) -> Iterator[tuple[str, bool]]:
    birth = norm.birth if norm.birth is not None and norm.birth[2] else None
    for home in norm.homes:
        if home.postcode and birth is not None:
            yield f"5|{home.postcode}|{birth}", home.is_past
        if birth is not None and norm.sex and home.district:
            yield f"12|{birth}|{norm.sex}|{home.district}", home.is_past
        for family, given, past in sounds if home.postcode else ():
            if given:
                yield f"6|{home.postcode}|{given}", past or home.is_past
            if family:
                yield f"13|{home.postcode}|{family}", past or home.is_past
    if norm.mother and birth is not None:
        yield f"14|{norm.mother}|{birth}", False


def _by_contact(norm: Norm) -> Iterator[tuple[str, bool]]:
    initials = {name.given[:1] for name in norm.names if name.given}
    for phone in norm.phones:
        for initial in sorted(initials):
            yield f"9|{phone}|{initial}", phone in norm.past_contacts
    for email in norm.emails:
        yield f"10|{email}", email in norm.past_contacts
