"""Whom a system knows at a moment: moves, new names, numbers and deaths folded into one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from careweave.demonstration._model import Fact, Holding, Home, Name, Who


def _moved(who: Who, fact: Fact) -> Who:
    line, town, postcode, *uprn = (part.strip() for part in fact.text.split(";"))
    return replace(who, home=Home(line, town, postcode, uprn[0] if uprn else ""))


def _renamed(who: Who, fact: Fact) -> Who:
    family, comma, given = fact.text.partition(",")
    name = Name(family.strip(), tuple(given.split()) if comma else who.name.given)
    return replace(who, name=name, others=(who.name, *who.others))


def _died(who: Who, fact: Fact) -> Who:
    return replace(who, died_at=fact.at)


def _revived(who: Who, fact: Fact) -> Who:
    del fact
    return replace(who, died_at=None)


def _numbered(who: Who, fact: Fact) -> Who:
    return replace(who, nhs=fact.text)


def _sealed(who: Who, fact: Fact) -> Who:
    return replace(who, sealed=_SEALS[fact.text])


def _phoned(who: Who, fact: Fact) -> Who:
    return replace(who, phones=(fact.text,))


_CHANGES: dict[str, Callable[[Who, Fact], Who]] = {
    "moved": _moved,
    "renamed": _renamed,
    "died": _died,
    "revived": _revived,
    "numbered": _numbered,
    "phoned": _phoned,
    "sealed": _sealed,
}
# Which label closes an identity: an adoption, or a gender recognition certificate.
_SEALS = {"adoption": "S8", "recognition": "S4"}


def is_of_person(fact: Fact) -> bool:
    """Says whether a fact changes who the person is to the system, and nothing else."""
    return fact.kind in _CHANGES


def who_at(holding: Holding, until: Fact) -> Who:
    """Returns the person as the system knew them when it told a fact."""
    who = holding.who
    horizon = until.sent_at + timedelta(seconds=1)
    for fact in holding.facts:
        if fact.kind in _CHANGES and fact.sent_at < horizon:
            who = _CHANGES[fact.kind](who, fact)
    return who
