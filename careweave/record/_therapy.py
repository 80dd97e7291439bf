"""What somebody takes and does not tolerate, whoever may see it: for the check of interactions."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from careweave.db import Queries, Session
from careweave.record._dictionaries import heading_of, labels_of, number_of
from careweave.record._types import rt_of, type_of
from careweave.terms import Heading, Label, SubjectId

_QUERIES = Queries("careweave.record")
_HANDED = ("MedicationAdministration", "MedicationDispense")
"""Types of what was handed out: each is an event, and old ones say nothing of today."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One entry under MED or ALG. It is never shown: only the check of interactions reads it."""

    type: str
    id: str
    heading: Heading | None
    labels: frozenset[Label]
    body: bytes | None


def therapy(
    session: Session, subjects: Collection[SubjectId], *, since: datetime
) -> tuple[Taken, ...]:
    """Returns every current entry about medicines and allergies of these subjects, unseen by sight.

    What was handed out before `since` is left out. The answer must not leave the way out: it may
    only be said of it that something in it does not go with something shown.
    Source: `reference/record.md` 6.3.
    """
    if not subjects:
        return ()
    values: dict[str, object] = {
        "subjects": sorted(subjects),
        "headings": sorted(map(number_of, (Heading.ALG, Heading.MED))),
        "handed": sorted(map(rt_of, _HANDED)),
        "since": since,
    }
    return tuple(
        Taken(type_of(rt), id_, heading_of(heading), labels_of(bits), body)
        for rt, id_, heading, bits, body in session.rows_of(_QUERIES["therapy"], values)
    )
