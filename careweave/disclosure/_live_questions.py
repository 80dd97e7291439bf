"""Whom a live source may be asked about, for which headings, on behalf of somebody who looks.

Asking tells a source that somebody looks: nothing is asked that the reader would not be shown.
Source: `reference/interop.md` 9.1.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._page import only
from careweave.disclosure._prospects import expected
from careweave.disclosure._sight import view
from careweave.disclosure._whose import people_seen
from careweave.terms import Action, Heading, PersonId, Role, Sight, SubjectId

_OF_PERSONS = frozenset({Role.CI, Role.PX})


@dataclass(frozen=True, slots=True)
class LiveQuestions:
    """What `intake.refresh` takes: of whom, for what, under which sight."""

    subjects: tuple[SubjectId, ...]
    headings: frozenset[Heading]
    sight: Sight


def live_questions(
    way: Way, asking: Asking, person: PersonId, headings: Collection[Heading]
) -> LiveQuestions:
    """Returns which headings of a person live sources may be asked for, for this reader.

    Only those of which the reader may expect to be shown something; of nobody where there is none.
    It shows nothing, and is not accounted for: the page that follows is.
    """
    opening = replace(asking, action=Action.OPEN)
    actor = asking.actor
    with way.reading_pages() as session:
        seen = view(session, actor, asking.purpose, Action.OPEN, at=asking.at)
        found = people_seen(session, opening, [person], seen.sight).get(person)
        is_own = actor.person is not None and actor.role not in _OF_PERSONS
        if found is None or (is_own and actor.person in (person, found.id)):
            return LiveQuestions((), frozenset(), only(session, seen.sight, frozenset()))
        told = expected(session, seen, found.id, found.subjects, headings)
        wanted = frozenset(one.heading for one in told if one.is_open)
        # A Patient says who somebody is to the source; it is asked for by the same sight.
        sight = only(session, seen.sight, wanted | {Heading.DEM})
        return LiveQuestions(found.subjects if wanted else (), wanted, sight)
