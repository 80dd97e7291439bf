"""How the systems of each organisation stand for a heading: heard, silent, absent, not checked.

An organisation all of whose entries for the person are hidden is neither counted nor named, nor is a
service of one: its name alone would tell. Nothing here depends on an entry that is not shown: what an
organisation is to send comes from the clauses, what a system can send from its mapping.
Source: `reference/record.md` 3.2, (c), (d) and (i).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from careweave import record
from careweave.agreements import World
from careweave.db import Session
from careweave.disclosure._carriers import CARRIERS
from careweave.disclosure._clauses import clauses
from careweave.disclosure._prospects import Expected
from careweave.disclosure._shown import FeedLine, FeedState
from careweave.disclosure._sight import View
from careweave.record import Dictionaries, Line
from careweave.sources import Hearing, LiveCheck, LiveOutcome, hearings, live_checks
from careweave.terms import Heading, SourceId, SubjectId

_LATELY = timedelta(minutes=10)
"""How long it counts that a live source gave no answer."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is needed to say how feeds stand, of one reader and one person."""

    at: datetime
    world: World
    known: Dictionaries
    met: frozenset[SourceId]
    heard: Mapping[str, tuple[Hearing, ...]]  # of systems that may be known of
    unchecked: frozenset[tuple[str, Heading]]

    @property
    def named(self) -> frozenset[str]:
        """Returns the organisations that may be named."""
        return frozenset(self.known.sources[number].organisation for number in self.met)

    def senders(self, slug: str, heading: Heading) -> tuple[Hearing, ...]:
        """Returns the systems of an organisation that can send a heading and may be known of."""
        carriers = CARRIERS[heading]
        return tuple(
            one for one in self.heard.get(slug, ()) if not one.types or one.types & carriers
        )


def feeds(
    session: Session,
    seen: View,
    subjects: Collection[SubjectId],
    lines: Sequence[Line],
    expected: Mapping[Heading, Expected],
) -> Mapping[Heading, tuple[FeedLine, ...]]:
    """Returns a line for each organisation that is to send a heading and may be named."""
    of = _known(session, seen, subjects, lines)
    due = _due(session, seen, expected)
    return {
        heading: tuple(_line(of, slug, heading) for slug in sorted(of.named & due[heading]))
        for heading in expected
    }


def _known(
    session: Session, seen: View, subjects: Collection[SubjectId], lines: Sequence[Line]
) -> _Known:
    at, known = seen.context.at, record.dictionaries(session)
    checks = live_checks(session, sorted(subjects), since=at - _LATELY)
    met = frozenset(line.source for line in lines if line.source in known.sources)
    shown = {(one.organisation, one.system) for one in map(known.sources.__getitem__, met)}
    heard = (one for one in hearings(session) if _is_open(seen.world, one, shown))
    return _Known(
        at=at,
        world=seen.world,
        known=known,
        met=met,
        heard=_by_organisation(heard),
        unchecked=frozenset(_unanswered(checks)),
    )


def _is_open(world: World, one: Hearing, shown: Collection[tuple[str, str]]) -> bool:
    """Says whether a system is of the whole organisation, or of a service that is shown."""
    of = world.organisations.get(one.organisation)
    is_whole = of is None or not of.services.get(one.system)
    return is_whole or (one.organisation, one.system) in shown


def _unanswered(checks: Iterable[LiveCheck]) -> Iterator[tuple[str, Heading]]:
    for one in checks:
        if one.outcome is not LiveOutcome.ANSWERED:
            yield one.source, one.heading


def _due(
    session: Session, seen: View, expected: Mapping[Heading, Expected]
) -> Mapping[Heading, frozenset[str]]:
    """Returns which organisations are to show each heading to this reader, by clause or as own."""
    known = clauses(session, seen.context.at)
    own = seen.context.organisation
    found: dict[Heading, frozenset[str]] = {}
    for heading, one in expected.items():
        names = [known[name].providers for name in one.clauses if name in known]
        mine = {own} if one.own_reason is None else set[str]()
        found[heading] = frozenset(mine).union(*names)
    return found


def _line(of: _Known, slug: str, heading: Heading) -> FeedLine:
    organisation = of.world.organisations.get(slug)
    name = organisation.name if organisation else slug
    telephone = organisation.telephone if organisation else ""
    kind = organisation.kind if organisation else ""
    heard = of.senders(slug, heading)
    state = _state(of, heading, heard) if heard else FeedState.NO_FEED
    last = min((one.heard_at for one in heard if one.heard_at is not None), default=None)
    return FeedLine(slug, name, state, last, telephone, kind)


def _state(of: _Known, heading: Heading, heard: Sequence[Hearing]) -> FeedState:
    if any((one.name, heading) in of.unchecked for one in heard):
        return FeedState.NOT_CHECKED
    return FeedState.STALE if any(one.is_silent(of.at) for one in heard) else FeedState.OK


def _by_organisation(heard: Iterable[Hearing]) -> Mapping[str, tuple[Hearing, ...]]:
    found: dict[str, tuple[Hearing, ...]] = {}
    for one in heard:
        found[one.organisation] = (*found.get(one.organisation, ()), one)
    return found
