"""Two versions of one record as one: what only the older says is a former value."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import TypeVar

from careweave.identity._bounds import bounded
from careweave.identity._norm import Home, Name, Norm
from careweave.identity._rules import rules

_Value = TypeVar("_Value", Name, Home)

_KINDS = ("nhs", "chi", "hc")


def compose(newest: Norm, older: Norm) -> Norm:
    """Returns what is known of a record in all periods together, the newest first.

    Names, addresses and contacts that only `older` has become former ones; of all else the newest
    version wins and the older fills its gaps.
    """
    contacts = {*newest.phones, *newest.emails}
    gone = {*older.phones, *older.emails} - contacts
    flags = newest.flags | (older.flags & {"no_fixed_abode"})
    whole = replace(
        _with_numbers(newest, older),
        names=_joined(newest.names, older.names, _name_key),
        birth=newest.birth or older.birth,
        precision=newest.precision if newest.birth else older.precision,
        sex=newest.sex or older.sex,
        homes=_joined(newest.homes, older.homes, _home_key),
        phones=_together(newest.phones, older.phones),
        emails=_together(newest.emails, older.emails),
        past_contacts=newest.past_contacts | gone,
        mother=newest.mother or older.mother,
        birth_order=newest.birth_order or older.birth_order,
        practice=newest.practice or older.practice,
        died=newest.died or older.died,
        extra={**older.extra, **newest.extra},
        flags=flags if newest.birth else flags | (older.flags & {"jan1"}),
    )
    return bounded(whole, rules())


def _with_numbers(newest: Norm, older: Norm) -> Norm:
    """Returns the newest version with the older one's numbers: those it has changed are past."""
    now = {kind: str(getattr(newest, kind) or getattr(older, kind)) for kind in _KINDS}
    # A number that was never verified and is another now was a mistake, none of this person.
    before = [str(getattr(older, kind)) for kind in _KINDS if kind in older.verified]
    past = [*newest.past_numbers, *before, *older.past_numbers]
    kept = {kind for kind in older.verified if now[kind] == getattr(older, kind)}
    return replace(
        newest,
        nhs=now["nhs"],
        chi=now["chi"],
        hc=now["hc"],
        verified=newest.verified | kept,
        past_numbers=tuple(dict.fromkeys(one for one in past if one and one not in now.values())),
        numbers=tuple(dict.fromkeys((*newest.numbers, *older.numbers))),
    )


def _together(newest: tuple[str, ...], older: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*newest, *older)))


def _joined(
    newest: Iterable[_Value], older: Iterable[_Value], key: Callable[[_Value], Hashable]
) -> tuple[_Value, ...]:
    found = {key(one): one for one in newest}
    for one in older:
        found.setdefault(key(one), one if one.is_past else replace(one, is_past=True))
    return tuple(found.values())


def _name_key(one: Name) -> Hashable:
    return one.family, one.given


def _home_key(one: Home) -> Hashable:
    return one.postcode or one.district, one.house, one.street, one.city
