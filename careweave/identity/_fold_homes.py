"""Addresses, phones and e-mail addresses made comparable."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from careweave.identity._demographics import WrittenAddress, WrittenContact
from careweave.identity._fold import fold
from careweave.identity._norm import Home
from careweave.identity._rules import Rules

# Source: BS 7666-2, Appendix C; the inward code leaves out C I K M O V.
_POSTCODE = re.compile(r"([A-Z]{1,2})(\d[A-Z\d]?)(?:(\d)([ABD-HJLNP-UW-Z]{2}))?")
_SHORTEST_PHONE = 7
_NATIONAL = 9
_NOWHERE = ("", "", "", "")
_HOUSE = re.compile(r"\d+[a-z]?")


@dataclass(frozen=True, slots=True)
class FoldedHomes:
    """The folded addresses of a record and the remarks on them."""

    homes: tuple[Home, ...]
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class FoldedContacts:
    """The folded phones and e-mail addresses of a record, and which of them are former ones."""

    phones: tuple[str, ...]
    emails: tuple[str, ...]
    past: frozenset[str]


def fold_homes(written: Iterable[WrittenAddress], known: Rules) -> FoldedHomes:
    """Returns the addresses of a record, the current ones first, each once."""
    flags: set[str] = set()
    found: dict[tuple[str, str, str, str], Home] = {}
    for one in sorted(written, key=_is_past):
        home = _home(one, known, flags)
        key = (home.postcode or home.district, home.house, home.street, home.city)
        if any(key):
            found.setdefault(key, home)
    return FoldedHomes(tuple(found.values()), frozenset(flags))


def _is_past(one: WrittenAddress | WrittenContact) -> bool:
    return one.is_past


def _home(one: WrittenAddress, known: Rules, flags: set[str]) -> Home:
    postcode, sector, district, area = _postcode(one.postcode, known, flags)
    lines = [line for line in map(fold, one.lines) if line]
    text = " ".join(lines)
    if text in known.no_fixed_abode_words or fold(one.city) in known.no_fixed_abode_words:
        flags.add("no_fixed_abode")
        return Home(postcode, sector, district, area, is_past=one.is_past)
    house, street = _house_and_street(lines, known)
    return Home(
        postcode,
        sector,
        district,
        area,
        house,
        street,
        fold(one.city),
        one.is_past,
        _is_communal(text, (postcode, house, street), known),
    )


def _is_communal(text: str, place: tuple[str, str, str], known: Rules) -> bool:
    if place in known.communal:
        return True
    padded = f" {text} "
    return bool(text) and any(f" {words} " in padded for words in known.communal_words)


def _postcode(written: str, known: Rules, flags: set[str]) -> tuple[str, str, str, str]:
    """Returns postcode, sector, district and area, '' for what is not known.

    Source: `reference/identity.md` section 4: pseudo postcodes are no evidence.
    """
    code = "".join(letter for letter in written.upper() if letter.isalnum())
    if not code:
        return _NOWHERE
    if known.postcode_scheme != "uk":
        return code, code[:-1], code[:-2], code[:-3]
    if any(code.startswith(pseudo) for pseudo in known.postcodes):
        flags |= {"no_fixed_abode"} if code in known.no_fixed_abode else set[str]()
        return _NOWHERE
    return _british(code, flags)


def _british(code: str, flags: set[str]) -> tuple[str, str, str, str]:
    found = _POSTCODE.fullmatch(code)
    if found is None:
        flags.add("bad_postcode")
        return _NOWHERE
    area, rest, inward, unit = found.groups("")
    district = f"{area}{rest}"
    if not unit:
        return "", "", district, area
    return f"{district} {inward}{unit}", f"{district} {inward}", district, area


def _house_and_street(lines: Sequence[str], known: Rules) -> tuple[str, str]:
    """Returns the number (flat and house) or name of a house, and its street, words written out."""
    numbers: list[str] = []
    for line in lines:
        words = [word for word in line.split() if word not in known.flat_words]
        numbers += [word for word in words if _HOUSE.fullmatch(word)]
        street = [word for word in words if not _HOUSE.fullmatch(word)]
        if street and (numbers or len(lines) == 1):
            return "/".join(numbers), _written_out(street, known)
    if len(lines) > 1:
        return lines[0], _written_out(lines[1].split(), known)
    return "/".join(numbers), ""


def _written_out(street: Sequence[str], known: Rules) -> str:
    """Returns a street without abbreviations; the first word is left: St James Street."""
    first, *others = street
    return " ".join((first, *(known.street_words.get(word, word) for word in others)))


def fold_contacts(written: Iterable[WrittenContact], known: Rules) -> FoldedContacts:
    """Returns phones and e-mail addresses, the current ones first, without those of many people."""
    found: dict[str, dict[str, bool]] = {"phone": {}, "email": {}}
    for one in sorted(written, key=_is_past):
        value = _phone(one.value, known) if one.kind == "phone" else _email(one.value, known)
        if value and value not in known.shared_contacts:
            found["phone" if one.kind == "phone" else "email"].setdefault(value, one.is_past)
    both = {**found["phone"], **found["email"]}
    past = frozenset(value for value, is_past in both.items() if is_past)
    return FoldedContacts(tuple(found["phone"]), tuple(found["email"]), past)


def _phone(written: str, known: Rules) -> str:
    """Returns the last nine digits of a number, in whatever form it was written."""
    digits = "".join(letter for letter in written if letter.isdecimal() and letter.isascii())
    if len(digits) < _SHORTEST_PHONE or len(set(digits)) == 1:
        return ""
    last = digits[-_NATIONAL:]
    return "" if last in known.phones else last


def _email(written: str, known: Rules) -> str:
    local, at, domain = "".join(written.casefold().split()).rpartition("@")
    value = f"{local}@{domain}"
    if not (at and local and domain) or value in known.emails or local in known.role_emails:
        return ""
    return value
