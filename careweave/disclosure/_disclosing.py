"""A person's record as a page shows it: entries by heading, and what is to be said of the others.

Source: `reference/agreements.md` 5 (8) and 6.3.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from careweave import record
from careweave.db import Session
from careweave.disclosure._accounts import account_for, account_of
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._leaving import Leaving, leaving
from careweave.disclosure._narrowed import narrowed
from careweave.disclosure._prospects import Expected, expected
from careweave.disclosure._refusing import refuse
from careweave.disclosure._sight import View, view
from careweave.disclosure._whose import Person, people_seen, whose
from careweave.ledger import Outcome
from careweave.record import Line, Row
from careweave.terms import Action, Branch, Heading, Issue, NotFound, PersonId, Role, Sight

_ACTION, _WHAT = "open", "Person"
_OF_PERSONS = frozenset({Role.CI, Role.PX})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a person is asked for: entries under these headings, or an outline without bodies."""

    headings: frozenset[Heading] = frozenset(Heading)
    count: int = 500
    is_outline: bool = False


@dataclass(frozen=True, slots=True)
class Indicator:
    """That an organisation holds something under a heading, and whom to call; nothing else."""

    heading: Heading
    organisation: str
    telephone: str


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """What may leave of a person; its account is durable.

    `withheld` are headings where something is not displayed. `expected` says of the headings
    without an entry why, alike whatever is held. `coverage` is one word for each heading: HELD,
    WITHHELD, INDICATED, NONE_RECEIVED or NOT_SHARED. `is_whole` says that nothing was left for
    another page.
    """

    person: PersonId
    rows: Mapping[Heading, tuple[Row, ...]]
    lines: tuple[Line, ...]
    withheld: frozenset[Heading]
    indicators: tuple[Indicator, ...]
    expected: Mapping[Heading, Expected]
    coverage: Mapping[Heading, str]
    issues: tuple[Issue, ...]
    is_whole: bool


def disclose(way: Way, asking: Asking, person: PersonId, wanted: Wanted) -> ShownPerson:
    """Returns what of a person is wanted and may be seen, and what is told of the rest.

    For the page of a person whom the reader has found. Raises NotFound for an id that is nobody's,
    and for staff who look at themselves, accounted for as a refusal.
    """
    opening = replace(asking, action=Action.OPEN)
    _check_other(way, opening, person)
    with way.reading_pages() as session:
        seen = view(session, opening.actor, opening.purpose, Action.OPEN, at=opening.at)
        found = people_seen(session, opening, [person], seen.sight).get(person)
        made = None if found is None else _Page(session, opening, seen, found, wanted).shown()
    if found is None or made is None:
        account_for(way, opening, _ACTION, _WHAT, None)
        raise NotFound
    shown, left = made
    _account(way, opening, found, shown, left)
    return shown


def _check_other(way: Way, asking: Asking, person: PersonId) -> None:
    actor = asking.actor
    if actor.person == person and actor.role not in _OF_PERSONS:
        refuse(way, asking, _ACTION, _WHAT, "own-record")
        raise NotFound


def may(way: Way, asking: Asking, person: PersonId, action: Action) -> bool:
    """Says whether the reader would be shown anything of a person for an action, were it held.

    It tells nothing of what is held, and is not accounted for: nothing is shown.
    """
    return any(one.is_open for one in explain(way, asking, person, action))


def explain(
    way: Way,
    asking: Asking,
    person: PersonId,
    action: Action = Action.OPEN,
    headings: Iterable[Heading] = Heading,
) -> tuple[Expected, ...]:
    """Returns what the reader may expect of a person under each heading, and why, in a sentence.

    It depends on who asks, on ties and on choices, and never on an entry. Somebody at work who
    asks about themselves is told of nothing.
    """
    with way.reading_pages() as session:
        seen = view(session, asking.actor, asking.purpose, action, at=asking.at)
        found = people_seen(session, asking, [person], seen.sight).get(person)
        is_own = asking.actor.person == person and asking.actor.role not in _OF_PERSONS
        if found is None or is_own:
            return ()
        return expected(session, seen, person, found.subjects, headings)


class _Page:
    """Gathers one page of one person, in one snapshot."""

    def __init__(
        self, session: Session, asking: Asking, seen: View, person: Person, wanted: Wanted
    ) -> None:
        self._session = session
        self._asking = asking
        self._seen = seen
        self._person = person
        self._wanted = wanted
        self._sight = _only(session, seen.sight, wanted.headings)

    def shown(self) -> tuple[ShownPerson, Leaving]:
        """Returns the page, and what leaves with it."""
        left, lines, is_whole = self._entries()
        rows = _by_heading(left.rows)
        headings = frozenset(rows) | {line.heading for line in lines if line.heading is not None}
        withheld, indicators = self._beyond()
        told = self._expected(self._wanted.headings - headings)
        shown = ShownPerson(
            person=self._person.id,
            rows={} if self._wanted.is_outline else rows,
            lines=lines,
            withheld=withheld,
            indicators=indicators,
            expected=told,
            coverage=dict(self._coverage(headings, withheld, indicators, told)),
            issues=self._person.issues,
            is_whole=is_whole,
        )
        return shown, left

    def _entries(self) -> tuple[Leaving, tuple[Line, ...], bool]:
        subjects, most = self._person.subjects, self._wanted.count
        if self._wanted.is_outline:
            lines = record.outline(self._session, subjects, sight=self._sight, most=most)
            left = Leaving(self._sight, tuple(map(_as_row, lines)))
            return left, lines, len(lines) < most
        found = record.entries_of(self._session, subjects, sight=self._sight, count=most)
        left = leaving(self._session, self._asking, self._sight, found.rows)
        return left, (), found.next is None

    def _beyond(self) -> tuple[frozenset[Heading], tuple[Indicator, ...]]:
        """Returns what is withheld, and what is only indicated, under the wanted headings."""
        indicated, hidden = self._seen.indicated.branches, self._seen.withheld.branches
        if not indicated and not hidden:
            return frozenset(), ()
        found = record.kinds(
            self._session,
            self._person.subjects,
            sight=self._seen.sight,
            beyond=(*indicated, *hidden),
        )
        wanted = [one for one in found if one.heading in self._wanted.headings]
        known = record.dictionaries(self._session).sources
        held = {
            (one.heading, known[one.source].organisation)
            for one in wanted
            if one.via < len(indicated) and one.heading is not None
        }
        withheld = (one.heading for one in wanted if one.via >= len(indicated))
        return (
            frozenset(one for one in withheld if one is not None),
            tuple(self._indicator(*one) for one in sorted(held)),
        )

    def _indicator(self, heading: Heading, organisation: str) -> Indicator:
        of = self._seen.world.organisations.get(organisation)
        if of is None:
            return Indicator(heading, organisation, "")
        return Indicator(heading, of.name, of.telephone)

    def _expected(self, headings: Iterable[Heading]) -> Mapping[Heading, Expected]:
        if self._asking.actor.role is Role.SYSTEM:
            return {}
        subjects = self._person.subjects
        found = expected(self._session, self._seen, self._person.id, subjects, headings)
        return {one.heading: one for one in found}

    def _coverage(
        self,
        held: frozenset[Heading],
        withheld: frozenset[Heading],
        indicators: Iterable[Indicator],
        told: Mapping[Heading, Expected],
    ) -> Iterator[tuple[Heading, str]]:
        indicated = {one.heading for one in indicators}
        for heading in sorted(self._wanted.headings):
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


def _only(session: Session, sight: Sight, headings: frozenset[Heading]) -> Sight:
    """Returns the sight of the wanted headings: what is not wanted is not fetched."""
    if headings == frozenset(Heading):
        return sight

    def narrow(branches: Iterable[Branch]) -> Iterator[Branch]:
        for branch in branches:
            if kept := branch.headings & headings:
                yield replace(branch, headings=kept)

    return narrowed(session, sight, "only " + " ".join(sorted(headings)), narrow)


def _by_heading(rows: Iterable[Row]) -> dict[Heading, tuple[Row, ...]]:
    found: dict[Heading, list[Row]] = {}
    for row in rows:
        if row.heading is not None:
            found.setdefault(row.heading, []).append(row)
    return {heading: tuple(its) for heading, its in sorted(found.items())}


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


def _account(way: Way, asking: Asking, found: Person, shown: ShownPerson, left: Leaving) -> None:
    what = _WHAT + ("/outline" if shown.lines else "")
    if left.rows:
        account_for(way, asking, _ACTION, what, left, whose((found,), left.rows))
        return
    shared = replace(
        account_of(asking, _ACTION, what, found.subjects, 0),
        person=found.id,
        config_version=left.sight.version,
    )
    if shown.withheld or shown.indicators:
        way.account((replace(shared, outcome=Outcome.WITHHELD, reason="gate"),))
        return
    reason = next((one.reason for one in shown.expected.values() if one.reason), None)
    is_open = any(one.is_open for one in shown.expected.values())
    if reason is not None and not is_open:
        shared = replace(shared, outcome=Outcome.REFUSED, reason=str(reason))
    way.account((shared,))
