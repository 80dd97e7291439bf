"""No record says more of somebody than can be compared with others in time.

Each pair of names, addresses and contacts of two records is compared: a record with thousands of
them, broken or hostile, would hold up all who come after it.
"""

from collections.abc import Iterable
from dataclasses import replace

from careweave.identity._norm import Home, Name, Norm
from careweave.identity._rules import Rules

FLAG = "too_much"
"""Remark that something was left out, because there was more of it than anybody has."""


def bounded(norm: Norm, known: Rules) -> Norm:
    """Returns a record with the first of its names, addresses, contacts and numbers only.

    The current and newest ones stand first. Words are cut where no name goes on.
    """
    if not _is_beyond(norm, known):
        return norm
    phones, emails = norm.phones[: known.most_contacts], _emails(norm, known)
    return replace(
        norm,
        names=tuple(_name(one, known.longest) for one in norm.names[: known.most_names]),
        homes=tuple(_home(one, known.longest) for one in norm.homes[: known.most_homes]),
        phones=phones,
        emails=emails,
        past_contacts=norm.past_contacts & {*phones, *emails},
        numbers=norm.numbers[: known.most_numbers],
        past_numbers=norm.past_numbers[: known.most_numbers],
        flags=norm.flags | {FLAG},
    )


def _is_beyond(norm: Norm, known: Rules) -> bool:
    return (
        len(norm.names) > known.most_names
        or len(norm.homes) > known.most_homes
        or max(len(norm.phones), len(norm.emails)) > known.most_contacts
        or max(len(norm.numbers), len(norm.past_numbers)) > known.most_numbers
        or any(len(text) > known.longest for text in _texts(norm))
    )


def _texts(norm: Norm) -> Iterable[str]:
    for name in norm.names:
        yield name.family
        yield name.given
    for home in norm.homes:
        yield home.house
        yield home.street
        yield home.city
    yield from norm.emails


def _name(one: Name, longest: int) -> Name:
    if max(len(one.family), len(one.given)) <= longest:
        return one
    families, givens = _words(one.families, longest), _words(one.givens, longest)
    return Name("".join(families), "".join(givens), families, givens, one.is_past)


def _words(words: Iterable[str], longest: int) -> tuple[str, ...]:
    """Returns the words that have room, the last one cut."""
    kept: list[str] = []
    left = longest
    for word in words:
        if left:
            kept.append(word[:left])
            left -= len(kept[-1])
    return tuple(kept)


def _home(one: Home, longest: int) -> Home:
    house, street, city = one.house[:longest], one.street[:longest], one.city[:longest]
    return replace(one, house=house, street=street, city=city)


def _emails(norm: Norm, known: Rules) -> tuple[str, ...]:
    """Returns the e-mail addresses that can be some: cut, they would be others'."""
    kept = (one for one in norm.emails if len(one) <= known.longest)
    return tuple(kept)[: known.most_contacts]
