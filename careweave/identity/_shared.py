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


def with_shared(session: Session, known: Rules) -> Rules:
    """Returns rules that know what too many persons of the region share."""
    rows = session.rows(_QUERIES["shared_values"])
    if not rows:
        return known
    homes = (value.split(_PART) for field, value in rows if field == "home")
    return replace(
        known,
        shared_contacts=known.shared_contacts | {v for field, v in rows if field == "contact"},
        communal=known.communal | {(code, house, street) for code, house, street in homes},
    )


def likely_placeholders(session: Session, known: Rules) -> tuple[LikelyPlaceholder, ...]:
    """Returns what an officer for data quality may add to the placeholders of the region."""
    rows = session.rows(
        _QUERIES["placeholders_likely"], least=known.least_often, times=known.times_as_often
    )
    return tuple(LikelyPlaceholder(*row) for row in rows)
