"""How far a sight reaches: of how many people it shows how much."""

from collections.abc import Collection, Mapping

from careweave.db import Queries, Session
from careweave.record._dictionaries import heading_of, number_of
from careweave.record._policy import seen
from careweave.terms import Heading, Sight

_QUERIES = Queries("careweave.record")

Counts = Mapping[str, int]
"""How many entries there are of each person; a subject of no person stands for itself."""


def breadth(
    session: Session, sight: Sight, headings: Collection[Heading]
) -> Mapping[Heading, Counts]:
    """Returns how many current entries a sight shows under each heading, person by person.

    It reads all of the record: it is for saying what a change of the agreements does, not for
    answers. Nothing of it may leave but numbers.
    """
    found: dict[Heading, dict[str, int]] = {heading: {} for heading in headings}
    if not headings or not sight.branches:
        return found
    values = {"headings": sorted(map(number_of, headings))}
    for number, whose, n, _ in seen(session, sight, _QUERIES["people_by_heading"], values):
        heading = heading_of(number)
        if heading is not None:
            found[heading][whose] = n
    return found
