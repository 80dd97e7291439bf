"""Whether two persons share a family name or a home: for those who watch over who looks at whom."""

from enum import StrEnum
from itertools import product

from careweave.db import Queries, Session
from careweave.identity._norm import Home, Norm
from careweave.identity._pack import unpack
from careweave.terms import PersonId

_QUERIES = Queries("careweave.identity")

_SEALED = "sealed"


class Alike(StrEnum):
    """What two persons share."""

    SURNAME = "surname"
    ADDRESS = "address"


def alike(session: Session, one: PersonId, other: PersonId) -> frozenset[Alike]:
    """Returns what two persons share by any of their records, former names and homes included.

    A home is shared where postcode and house, or postcode and street, are the same; a communal home
    and a postcode alone are not one, and a sealed record counts for nobody. Nothing is told of what
    it is. One statement.
    Source: `reference/security.md` section 4, alerts.
    """
    norms: dict[PersonId, list[Norm]] = {one: [], other: []}
    for row in session.rows(_QUERIES["together"], persons=sorted({one, other})):
        if row[4] != _SEALED:
            norms[PersonId(row[0])].append(unpack(row[6]))
    found = set()
    for mine, theirs in product(norms[one], norms[other]):
        if _families(mine) & _families(theirs):
            found.add(Alike.SURNAME)
        if _homes(mine) & _homes(theirs):
            found.add(Alike.ADDRESS)
    return frozenset(found)


def is_namesake(session: Session, person: PersonId, of: Norm) -> bool:
    """Says whether a person has, or had, one of these family names; sealed records count for none.

    One statement, whatever is held. Source: `reference/security.md` section 4, alerts.
    """
    rows = session.rows(_QUERIES["together"], persons=[person])
    own = [unpack(row[6]) for row in rows if row[4] != _SEALED]
    return any(_families(one) & _families(of) for one in own)


def _families(norm: Norm) -> set[str]:
    return {part for name in norm.names for part in (name.family, *name.families) if part}


def _homes(norm: Norm) -> set[tuple[str, str]]:
    return {place for home in norm.homes for place in _places(home)}


def _places(home: Home) -> list[tuple[str, str]]:
    if not home.postcode or home.is_communal:
        return []
    return [(home.postcode, place) for place in (home.house, home.street) if place]
