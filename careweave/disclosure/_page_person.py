"""Who the page is about: what is told on every page of somebody of whom something is shown."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from careweave import record
from careweave.agreements import About
from careweave.db import Session
from careweave.disclosure._asking import Asking
from careweave.disclosure._leaving import untold
from careweave.disclosure._portrait import portrait
from careweave.disclosure._prospects import known_about
from careweave.disclosure._shown import Mark, OpenEpisode
from careweave.disclosure._sight import View
from careweave.disclosure._whose import Person
from careweave.formats import read_json
from careweave.record import Fact, Row
from careweave.terms import Heading, SubjectId

_LIVE = "live"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of a person besides entries: `hidden` are subjects nobody is told where."""

    about: About
    hidden: frozenset[SubjectId]
    is_restricted: bool
    is_watched: bool


def subject_of(
    session: Session, asking: Asking, seen: View, person: Person, met: Collection[SubjectId]
) -> Subject:
    """Returns what is known of a person; `met` are the subjects of the entries to be shown."""
    own = {one.subject for one in person.standings} | set(person.subjects)
    subjects = own | set(met)
    said = frozenset(one.subject for one in person.standings if one.is_restricted)
    protected = said | record.with_fact(session, Fact.PROTECTED_ADDRESS, subjects, at=asking.at)
    watched = record.with_fact(session, Fact.WATCHED, own, at=asking.at)
    known = record.bearing(session, person.subjects)
    stated = protected - said
    return Subject(
        about=known_about(
            seen.world,
            person.id,
            known,
            is_protected=not stated.isdisjoint(person.subjects),
            is_watched=not watched.isdisjoint(person.subjects),
        ),
        hidden=untold(session, asking, seen.sight, protected),
        is_restricted=not protected.isdisjoint(own),
        is_watched=bool(watched),
    )


def portrait_of(asking: Asking, of: Subject, person: Person, rows: Iterable[Row]) -> Row | None:
    """Returns the Patient made of the rows that are shown; None where nothing of it is.

    A record that its source has given up or that is frozen is not in it, and where any record says
    that the whereabouts are protected, seen or not, it tells none, but to a reader with a tie.
    """
    live = {one.subject for one in person.standings if one.state == _LIVE}
    patients = [
        row
        for row in rows
        if row.type == "Patient" and row.heading is Heading.DEM and row.subject in live
    ]
    if not patients:
        return None
    own = {one.subject for one in person.standings}
    is_restricted = not of.hidden.isdisjoint(own)
    return portrait(person.id, patients, is_restricted=is_restricted, today=asking.at.date())


def marks_of(of: Subject, person: Person, portrait: Row | None) -> frozenset[Mark]:
    """Returns what is to be said of the person; who sees no demographics is told of none."""
    marks = {Mark.UNDER_REVIEW} if person.held_back else set()
    if portrait is None:
        return frozenset(marks)
    said = {
        Mark.PROTECTED: of.is_restricted,
        Mark.WATCHED: of.is_watched,
        Mark.DECEASED: _is_deceased(portrait),
    }
    return frozenset(marks | {mark for mark, is_so in said.items() if is_so})


def _is_deceased(portrait: Row) -> bool:
    value = read_json(portrait.body or b"{}").value
    return bool(value.get("deceasedDateTime")) or value.get("deceasedBoolean") is True


def episode_of(seen: View, person: Person) -> OpenEpisode | None:
    """Returns what the reader has open for the person: an emergency first, then the last to end."""
    mine = [one for one in seen.context.episodes if one.person == person.id]
    if not mine:
        return None
    one = max(mine, key=lambda episode: (episode.is_emergency, episode.expires_at))
    return OpenEpisode(
        one.id, one.is_emergency, one.opened_at, one.expires_at, one.heading, one.label
    )
