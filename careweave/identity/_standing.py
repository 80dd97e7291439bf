"""How patient records stand now: whose they are, and whether they may be shown together."""

from collections.abc import Collection
from dataclasses import dataclass

from careweave.db import Queries, Row, Session
from careweave.identity._pack import unpack
from careweave.terms import PersonId, SubjectId

_QUERIES = Queries("careweave.identity")

_SHOWN = frozenset({"live", "frozen"})
_SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class Standing:
    """One patient record as it stands: `state` is live, frozen, retired or sealed.

    `decision` is the one by which it belongs to the person. `is_restricted`: its source says that nobody may be told where the person is.
    """

    subject: SubjectId
    person: PersonId
    decision: int
    state: str
    is_provisional: bool
    is_restricted: bool

    @property
    def is_shown(self) -> bool:
        """Says that the record counts when the person is shown: not retired, not sealed."""
        return self.state in _SHOWN

    @property
    def is_found(self) -> bool:
        """Says that the record leads to its person: a retired one does, a sealed one never."""
        return self.state != _SEALED


def standings(session: Session, subjects: Collection[SubjectId]) -> dict[SubjectId, Standing]:
    """Returns how these records stand; what was never resolved or belongs to nobody is left out.

    One statement, whether there are any or none, so that the time tells nothing.
    """
    rows = session.rows(_QUERIES["standings"], subjects=sorted(subjects))
    found = (_standing(row) for row in rows)
    return {one.subject: one for one in found}


def together(
    session: Session, persons: Collection[PersonId]
) -> dict[PersonId, tuple[Standing, ...]]:
    """Returns the records that are linked to each of these persons now, by the id asked for.

    An id that was given up answers as the person that took its place. Persons without any record
    are left out. One statement, whether there are any or none.
    """
    rows = session.rows(_QUERIES["together"], persons=sorted(persons))
    found: dict[PersonId, tuple[Standing, ...]] = {}
    for asked, *rest in rows:
        found[asked] = (*found.get(asked, ()), _standing(tuple(rest)))
    return found


def _standing(row: Row) -> Standing:
    subject, person, decision, state, is_provisional, norm = row
    return Standing(
        SubjectId(subject),
        PersonId(person),
        decision,
        state,
        is_provisional,
        unpack(norm).is_restricted,
    )
