"""One page of one person, gathered in one snapshot: what is shown, and what is told of the rest.

As many statements whatever is held: an outline, the entries picked from it, and what goes with them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from careweave import ledger, record
from careweave.db import Session
from careweave.disclosure._asking import Asking
from careweave.disclosure._beside import beside, names_in
from careweave.disclosure._feeds import feeds
from careweave.disclosure._interactions import Checked, checked
from careweave.disclosure._leaving import Leaving, masked
from careweave.disclosure._narrowed import narrowed
from careweave.disclosure._page_person import (
    Subject,
    episode_of,
    marks_of,
    portrait_of,
    subject_of,
)
from careweave.disclosure._prospects import Expected, expected_of
from careweave.disclosure._shown import (
    DOCUMENTS,
    Indicator,
    OrganisationShown,
    ShownPerson,
    Wanted,
)
from careweave.disclosure._sight import View
from careweave.disclosure._whose import Person
from careweave.record import Line, Row
from careweave.terms import Branch, Heading, Role, Sight, SourceId

MOST_LINES = 20_000
"""How many lines of a person an outline has at most."""

_MOST_JOINED = 512

_WHOLE = frozenset({Heading.ALG, Heading.DEM, Heading.MED})
"""Never cut: what is taken, what harms, and who it is. Source: `reference/security.md` 11.3, HZ18."""

_CHECKED = frozenset({Heading.ALG, Heading.MED})


@dataclass(frozen=True, slots=True)
class Held:
    """What is found of a person: rows as they may be shown, and lines of all that is asked for."""

    left: Leaving
    lines: tuple[Line, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """The lines of what may be seen, the rows picked of them; and whether the count cut none."""

    lines: tuple[Line, ...]
    rows: tuple[Row, ...]
    is_whole: bool


class Gathering:
    """Gathers one page of one person."""

    def __init__(
        self, session: Session, asking: Asking, seen: View, person: Person, wanted: Wanted
    ) -> None:
        """Takes the session of the answer, whose statements see one snapshot."""
        self._session = session
        self._asking = asking
        self._seen = seen
        self._person = person
        self._wanted = wanted
        self._headings = (
            frozenset(Heading) if wanted.documents else wanted.headings | wanted.outline
        )
        self._sight = only(session, seen.sight, self._headings)
        self._beyond = self._branches_beyond()
        whole = record.both(session, self._sight, self._beyond)
        self._known = record.know(session, person.subjects, whole)

    def shown(self) -> tuple[ShownPerson, Held]:
        """Returns the page, and what of it leaves."""
        found = self._found()
        met = {row.subject for row in found.rows}
        of = subject_of(self._session, self._asking, self._seen, self._person, met)
        left = masked(self._asking, self._sight, found.rows, of.hidden)
        held = Held(left, found.lines, found.is_whole)
        shown = self._told(of, held)
        return (self._furnished(shown, of, held) if held.lines else shown), held

    def _found(self) -> _Found:
        if self._wanted.as_of is not None:
            return self._found_then()
        subjects, wanted = self._person.subjects, self._wanted
        most = wanted.count if wanted.is_outline else MOST_LINES
        sight, known = self._sight, self._known
        lines = record.outline(self._session, subjects, sight=sight, most=most, known=known)
        picked, is_whole = ((), True) if wanted.is_outline else picks(lines, wanted)
        refs = [(line.type, line.id) for line in picked]
        rows = record.located(self._session, refs, sight=sight, known=known)
        return _Found(lines, _in_order(rows, picked), is_whole and len(lines) < most)

    def _found_then(self) -> _Found:
        """Returns what was known at a moment, under the rights and labels of now."""
        subjects, at = self._person.subjects, self._wanted.as_of or self._asking.at
        sight, known = self._sight, self._known
        dated = record.as_of_dated(self._session, subjects, at, sight=sight, known=known)
        lines = tuple(sorted((_line(row, when) for row, when in dated), key=_newest_first))
        if self._wanted.is_outline:
            return _Found(lines[: self._wanted.count], (), len(lines) <= self._wanted.count)
        picked, is_whole = picks(lines, self._wanted)
        return _Found(lines, _in_order((row for row, _ in dated), picked), is_whole)

    def _told(self, of: Subject, held: Held) -> ShownPerson:
        headings = frozenset(one.heading for one in held.lines if one.heading is not None)
        withheld, indicators = self._told_beyond()
        told = self._expected(of)
        return ShownPerson(
            person=self._person.id,
            rows=_by_heading(held.left.rows),
            lines=held.lines,
            withheld=withheld,
            indicators=indicators,
            expected=told,
            coverage=dict(self._coverage(headings, withheld, indicators, told)),
            issues=self._person.issues,
            is_whole=held.is_whole,
            at=self._asking.at,
            as_of=self._wanted.as_of,
            episode=episode_of(self._seen, self._person),
            config_version=self._sight.version,
        )

    def _furnished(self, shown: ShownPerson, of: Subject, held: Held) -> ShownPerson:
        """Returns the page with what goes with something that is shown, and only then."""
        portrait = portrait_of(self._asking, of, self._person, held.left.rows)
        named = beside(self._session, self._seen.sight, held.left.rows)
        subjects, lines = self._person.subjects, held.lines
        is_now = self._wanted.as_of is None
        return replace(
            shown,
            portrait=portrait,
            beside=named,
            authors=names_in(named),
            feeds=feeds(self._session, self._seen, subjects, lines, shown.expected)
            if is_now
            else {},
            organisations=self._organisations(lines),
            clauses=_clauses(self._sight, lines),
            marks=marks_of(of, self._person, portrait),
            last_looked_at=self._last_looked_at(),
            interactions=self._interactions(held.left) if is_now else Checked(),
        )

    def _interactions(self, left: Leaving) -> Checked:
        """Returns what does not go together, where medicines or allergies are on the page."""
        refs = {(row.type, row.id) for row in left.rows if row.heading in _CHECKED}
        subjects, sight = self._person.subjects, self._seen.sight
        return checked(self._session, self._asking, subjects, sight, refs)

    def _last_looked_at(self) -> datetime | None:
        actor = self._asking.actor
        if not actor.user:
            return None
        return ledger.last_look(
            self._session,
            {self._person.id},
            organisation=actor.organisation,
            user=actor.user,
            before=self._asking.at,
        )

    def _organisations(self, lines: Iterable[Line]) -> Mapping[SourceId, OrganisationShown]:
        known = record.dictionaries(self._session).sources
        met = {line.source for line in lines if line.source in known}
        return {number: self._organisation(known[number].organisation) for number in sorted(met)}

    def _organisation(self, slug: str) -> OrganisationShown:
        of = self._seen.world.organisations.get(slug)
        if of is None:
            return OrganisationShown(slug, slug, "")
        return OrganisationShown(slug, of.name, of.telephone, of.kind)

    def _branches_beyond(self) -> tuple[Branch, ...]:
        """Returns the branches that only indicate, then those that withhold."""
        parts = (self._seen.indicated, self._seen.withheld)
        indicated, hidden = (only(self._session, one, self._headings).branches for one in parts)
        self._n_indicated = len(indicated)
        return _joined(self._session, indicated, hidden)

    def _told_beyond(self) -> tuple[frozenset[Heading], tuple[Indicator, ...]]:
        """Returns what is withheld, and what is only indicated, under the wanted headings."""
        if not self._beyond:
            return frozenset(), ()
        found = record.kinds(
            self._session,
            self._person.subjects,
            sight=self._sight,
            beyond=self._beyond,
            known=self._known,
        )
        known = record.dictionaries(self._session).sources
        held = {
            (one.heading, known[one.source].organisation)
            for one in found
            if one.via < self._n_indicated and one.heading is not None
        }
        withheld = (one.heading for one in found if one.via >= self._n_indicated)
        return (
            frozenset(one for one in withheld if one is not None),
            tuple(self._indicator(*one) for one in sorted(held)),
        )

    def _indicator(self, heading: Heading, slug: str) -> Indicator:
        of = self._organisation(slug)
        return Indicator(heading, of.name, of.telephone)

    def _expected(self, of: Subject) -> Mapping[Heading, Expected]:
        if self._asking.actor.role is Role.SYSTEM:
            return {}
        found = expected_of(self._seen, of.about, self._headings)
        return {one.heading: one for one in found}

    def _coverage(
        self,
        held: frozenset[Heading],
        withheld: frozenset[Heading],
        indicators: Iterable[Indicator],
        told: Mapping[Heading, Expected],
    ) -> Iterator[tuple[Heading, str]]:
        indicated = {one.heading for one in indicators}
        for heading in sorted(self._headings):
            if heading in held:
                yield heading, "HELD"
            elif heading in withheld:
                yield heading, "WITHHELD"
            elif heading in indicated:
                yield heading, "INDICATED"
            elif heading in told and not told[heading].is_open:
                yield heading, "NOT_SHARED"
            else:
                yield heading, "NONE_RECEIVED"


def only(session: Session, sight: Sight, headings: frozenset[Heading]) -> Sight:
    """Returns the sight of the wanted headings: what is not wanted is not fetched."""
    if headings == frozenset(Heading):
        return sight

    def narrow(branches: Iterable[Branch]) -> Iterator[Branch]:
        for branch in branches:
            if kept := branch.headings & headings:
                yield replace(branch, headings=kept)

    return narrowed(session, sight, "only " + " ".join(sorted(headings)), narrow)


class _Joined:
    """Pairs of tuples of branches that were joined lately, so that equal ones are one object."""

    def __init__(self) -> None:
        self.made: dict[tuple[int, int], tuple[tuple[Branch, ...], ...]] = {}


def _joined(
    session: Session, first: tuple[Branch, ...], then: tuple[Branch, ...]
) -> tuple[Branch, ...]:
    kept = session.memo(_Joined, lambda _: _Joined()).made
    key = id(first), id(then)
    found = kept.get(key)
    if found is None:
        if len(kept) >= _MOST_JOINED:
            kept.clear()
        # Both are kept beside their numbers, so that no others can take the numbers.
        found = kept[key] = first, then, (*first, *then)
    return found[2]


def picks(lines: Sequence[Line], wanted: Wanted) -> tuple[tuple[Line, ...], bool]:
    """Returns the lines whose entries are fetched, newest first; and whether the count cut none.

    Medicines, allergies and who it is are never cut, whatever is asked.
    """
    newest, n_of = wanted.newest or {}, Counter[Heading]()
    kept: list[Line] = []
    n_cut = 0
    n_left = wanted.count - sum(line.heading in _WHOLE & wanted.headings for line in lines)
    papers = _papers(lines, wanted)
    for line in lines:
        if line.heading is None or line.heading not in wanted.headings:
            kept += [line] if (line.type, line.id) in papers else []
            continue
        n_of[line.heading] += 1
        if line.heading in _WHOLE:
            kept.append(line)
        elif n_of[line.heading] <= newest.get(line.heading, wanted.count):
            n_left -= 1
            n_cut += n_left < 0
            kept += [line] if n_left >= 0 else []
    return tuple(kept), not n_cut


def _papers(lines: Sequence[Line], wanted: Wanted) -> frozenset[tuple[str, str]]:
    """Returns the newest documents of headings of which nothing else is asked for."""
    found = (
        (line.type, line.id)
        for line in lines
        if line.heading not in wanted.headings and line.heading and line.type in DOCUMENTS
    )
    return frozenset(islice(found, wanted.documents))


def counted_rows(held: Held) -> tuple[Row, ...]:
    """Returns what an account counts: entries, and lines where nothing else is shown.

    Of a record of which lines alone are shown, its newest line stands for them all: what was shown
    because of a wrong link can then be listed.
    """
    met = {row.subject for row in held.left.rows}
    if not met:
        return tuple(map(_as_row, held.lines))
    alone = {line.subject: line for line in reversed(held.lines) if line.subject not in met}
    return (*held.left.rows, *(_as_row(alone[subject]) for subject in sorted(alone)))


def _as_row(line: Line) -> Row:
    """Returns a line of an outline as what it shows: an entry without its body."""
    return Row(
        line.type,
        line.id,
        0,
        line.updated,
        line.subject,
        line.source,
        line.heading,
        gone=False,
        body=None,
        cut=(),
        meta=b"",
        op="U",
        via=line.via,
    )


def _line(row: Row, at: datetime | None) -> Line:
    return Line(row.type, row.id, row.subject, row.source, row.heading, at, row.updated, row.via)


def _newest_first(line: Line) -> float:
    # Those of one moment stay in the order in which they are kept, as in an outline.
    return -(line.at or line.updated).timestamp()


def _in_order(rows: Iterable[Row], picked: Sequence[Line]) -> tuple[Row, ...]:
    found = {(row.type, row.id): row for row in rows}
    named = ((line.type, line.id) for line in picked)
    return tuple(found[name] for name in named if name in found)


def _by_heading(rows: Iterable[Row]) -> dict[Heading, tuple[Row, ...]]:
    found: dict[Heading, list[Row]] = {}
    for row in rows:
        if row.heading is not None:
            found.setdefault(row.heading, []).append(row)
    return {heading: tuple(its) for heading, its in sorted(found.items())}


def _clauses(sight: Sight, lines: Iterable[Line]) -> Mapping[int, str]:
    met = {line.via for line in lines if 0 <= line.via < len(sight.branches)}
    return {via: sight.branches[via].clause for via in sorted(met)}
