"""How the systems of each organisation stand for a heading: heard, silent, absent, not checked.

An organisation all of whose entries for the person are hidden is neither counted nor named, nor is a
service of one: its name alone would tell. Source: `reference/record.md` 3.2, (c), (d) and (i).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from careweave import record
from careweave.agreements import World
from careweave.db import Session
from careweave.disclosure._clauses import clauses
from careweave.disclosure._prospects import Expected
from careweave.disclosure._shown import FeedLine, FeedState
from careweave.disclosure._sight import View
from careweave.record import Dictionaries, Line
from careweave.sources import Hearing, LiveCheck, LiveOutcome, hearings, live_checks
from careweave.terms import Heading, Sight, SourceId, SubjectId

_LATELY = timedelta(minutes=10)
"""How long it counts that a live source gave no answer."""

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is needed to say how feeds stand, of one reader and one person."""

    at: datetime
    world: World
    known: Dictionaries
    reach: Mapping[Heading, frozenset[SourceId]]
    brought: Mapping[Heading, frozenset[SourceId]]
    met: frozenset[SourceId]
    heard: Mapping[Key, Hearing]
    unchecked: frozenset[tuple[str, Heading]]

    def sources(self, slug: str, heading: Heading) -> tuple[SourceId, ...]:
        """Returns the sources of an organisation that bring a heading and may be known of."""
        bring = self.brought.get(heading, frozenset()) & self.reach.get(heading, frozenset())
        return tuple(
            number
            for number in sorted(bring)
            if self.known.sources[number].organisation == slug and self._is_open(slug, number)
        )

    def _is_open(self, slug: str, number: SourceId) -> bool:
        """Says whether a source is of the whole organisation, or of a service that is shown."""
        of = self.world.organisations.get(slug)
        return (
            of is None
            or not of.services.get(self.known.sources[number].system)
            or (number in self.met)
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
    named = sorted({of.known.sources[number].organisation for number in of.met})
    due = _due(session, seen, expected)
    return {
        heading: tuple(_line(of, slug, heading) for slug in named if slug in due[heading])
        for heading in expected
    }


def _known(
    session: Session, seen: View, subjects: Collection[SubjectId], lines: Sequence[Line]
) -> _Known:
    at, known = seen.context.at, record.dictionaries(session)
    checks = live_checks(session, sorted(subjects), since=at - _LATELY)
    return _Known(
        at=at,
        world=seen.world,
        known=known,
        reach=_reach(session, seen.sight),
        brought=_brought(session, known),
        met=frozenset(line.source for line in lines if line.source in known.sources),
        heard={(one.organisation, one.system, one.feed): one for one in hearings(session)},
        unchecked=frozenset(_unanswered(checks)),
    )


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
    its = [of.known.sources[number] for number in of.sources(slug, heading)]
    heard = [
        one for its_ in its if (one := of.heard.get((slug, its_.system, its_.feed))) is not None
    ]
    state = _state(of, heading, heard) if its else FeedState.NO_FEED
    last = min((one.heard_at for one in heard if one.heard_at is not None), default=None)
    return FeedLine(slug, name, state, last, telephone, kind)


def _state(of: _Known, heading: Heading, heard: Iterable[Hearing]) -> FeedState:
    listed = list(heard)
    if any((one.name, heading) in of.unchecked for one in listed):
        return FeedState.NOT_CHECKED
    return FeedState.STALE if any(one.is_silent(of.at) for one in listed) else FeedState.OK


class _Reached:
    """Which sources a sight reaches under each heading, by the identity of its branches."""

    def __init__(self) -> None:
        self.made: dict[int, tuple[object, Mapping[Heading, frozenset[SourceId]]]] = {}


_MOST = 512


def _reach(session: Session, sight: Sight) -> Mapping[Heading, frozenset[SourceId]]:
    kept = session.memo(_Reached, lambda _: _Reached())
    found = kept.made.get(id(sight.branches))
    if found is not None and found[0] is sight.branches:
        return found[1]
    reach = {
        heading: frozenset[SourceId]().union(
            *(one.sources for one in sight.branches if heading in one.headings)
        )
        for heading in Heading
    }
    if len(kept.made) >= _MOST:
        kept.made.clear()
    kept.made[id(sight.branches)] = sight.branches, reach
    return reach


class _Brought:
    """Which sources have ever brought a heading, by the dictionaries that say so."""

    def __init__(self, known: Dictionaries) -> None:
        self.known = known
        found: dict[Heading, set[SourceId]] = {}
        for source, heading in known.brought:
            found.setdefault(heading, set()).add(source)
        self.by_heading = {heading: frozenset(its) for heading, its in found.items()}


def _brought(session: Session, known: Dictionaries) -> Mapping[Heading, frozenset[SourceId]]:
    made = session.memo(_Brought, lambda _: _Brought(known))
    if made.known is not known:
        session.forget(_Brought)
        made = session.memo(_Brought, lambda _: _Brought(known))
    return made.by_heading
