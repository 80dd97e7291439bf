"""Values that so many share that they identify nobody, and those that stand for nothing.

Source: reference/identity.md section 4: phone, e-mail, address, placeholders.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from careweave.db import Queries, Session
from careweave.identity._rules import Rules

_QUERIES = Queries("careweave.identity")
_PART = "\x1e"


@dataclass(frozen=True, slots=True)
class SharedValues:
    """Phones, e-mail addresses and homes of too many, as this process remembers them."""

    contacts: frozenset[str]
    homes: frozenset[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class LikelyPlaceholder:
    """A value that one source has far more often than all others: `share` there and `elsewhere`.

    `field` is `family`, `given`, `birth`, `phone` or `email`; the value is normalised.
    """

    source: str
    field: str
    value: str
    n: int
    share: float
    elsewhere: float


def count_shared_values(session: Session, known: Rules, *, at: datetime) -> None:
    """Counts anew which contacts and homes too many persons share: a nightly job."""
    session.run(_QUERIES["shared_values_clear"])
    session.run(
        _QUERIES["shared_values_count"],
        at=at,
        contact=known.most_sharing,
        home=known.most_at_home,
    )
    session.forget(SharedValues)


def with_shared(session: Session, known: Rules) -> Rules:
    """Returns rules that know what too many persons of the region share."""
    shared = session.memo(SharedValues, _read)
    if not shared.contacts and not shared.homes:
        return known
    return replace(
        known,
        shared_contacts=known.shared_contacts | shared.contacts,
        communal=known.communal | shared.homes,
    )


def _read(session: Session) -> SharedValues:
    rows = session.rows(_QUERIES["shared_values"])
    homes = (value.split(_PART) for field, value in rows if field == "home")
    return SharedValues(
        frozenset(value for field, value in rows if field == "contact"),
        frozenset((postcode, house, street) for postcode, house, street in homes),
    )


def likely_placeholders(session: Session, known: Rules) -> tuple[LikelyPlaceholder, ...]:
    """Returns what an officer for data quality may add to the placeholders of the region."""
    rows = session.rows(
        _QUERIES["placeholders_likely"], least=known.least_often, times=known.times_as_often
    )
    return tuple(LikelyPlaceholder(*row) for row in rows)
