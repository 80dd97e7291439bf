"""Every way in which the record is asked, each held against what deciding says."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from careweave import record
from careweave.agreements import Answer, Filter, Thing, Verdict, ranked
from careweave.record import Found, Row, parse, search
from tests.lib.held_permits import ZONE, HeldWorld
from tests.lib.permits import Scenario

TYPE = "Observation"


@dataclass(frozen=True, slots=True)
class Expected:
    """What deciding says of every entry, and which of them may be shown."""

    said: dict[str, Verdict]
    shown: tuple[Thing, ...]
    following: dict[str, Thing]

    @property
    def ids(self) -> list[str]:
        """The ids that may be shown, in order."""
        return sorted(thing.id for thing in self.shown)

    def where(self, code: str) -> set[str]:
        """The ids of what may be shown with this code."""
        return {thing.id for thing in self.shown if thing.code == code}


def expected(scenario: Scenario) -> Expected:
    """What deciding says of a world."""
    asked = scenario.asked()
    verdicts = ranked(scenario.world, scenario.context, asked)
    said = {thing.id: verdict for (_, thing), verdict in zip(asked, verdicts, strict=True)}
    shown = tuple(thing for _, thing in asked if _is_shown(said[thing.id]))
    things = scenario.things
    following = {one.id: things[(n + 1) % len(things)] for n, one in enumerate(things)}
    return Expected(said, shown, following)


def _is_shown(verdict: Verdict) -> bool:
    return verdict.answer is Answer.PERMIT and Filter.INDICATOR not in verdict.filters


def _search(held: HeldWorld, scenario: Scenario, text: str, count: int = 50) -> Found:
    now = scenario.context.at
    pairs = [tuple(one.split("=", 1)) for one in text.split("&") if one]
    asked = parse(TYPE, pairs, keys=record.keys(held.session), zone=ZONE, now=now)
    asked = replace(asked, count=count)
    return search(held.session, asked, sight=held.shown, caller="t", now=now)


def _ids(rows: Iterable[Row]) -> list[str]:
    return sorted(f"{row.type}/{row.id}" for row in rows)


def by_search(held: HeldWorld, scenario: Scenario, due: Expected) -> None:
    """Plain, by condition, and what stands beside it: I1."""
    found = _search(held, scenario, "")
    assert _ids(found.rows) == due.ids
    via = {f"{row.type}/{row.id}": held.shown.branches[row.via].clause for row in found.rows}
    assert via == {name: due.said[name].clause for name in due.ids}
    for code in "ab":
        assert set(_ids(_search(held, scenario, f"code={code}").rows)) == due.where(code)
    for thing in scenario.things[:2]:
        # A patient is named as in each system that holds one.
        local = str(thing.person)
        of = {one.id for one in due.shown if one.person == thing.person and not one.is_frozen}
        assert set(_ids(_search(held, scenario, f"patient=Patient/{local}").rows)) == of


def by_hops(held: HeldWorld, scenario: Scenario, due: Expected) -> None:
    """A chain, a reverse chain and both includes: each hop shows no more than asking for it."""
    ids = set(due.ids)
    for code in "ab":
        chained = {name for name in ids if due.following[name].id in due.where(code)}
        found = _search(held, scenario, f"derived-from:Observation.code={code}")
        assert set(_ids(found.rows)) == chained
        reverse = {due.following[name].id for name in due.where(code)} & ids
        found = _search(held, scenario, f"_has:Observation:derived-from:code={code}")
        assert set(_ids(found.rows)) == reverse
        found = _search(held, scenario, f"code={code}&_include=Observation:derived-from")
        beside = {due.following[name].id for name in due.where(code)} & ids - due.where(code)
        assert set(_ids(found.included)) == beside
        assert _clauses(held, found.included) == {name: due.said[name].clause for name in beside}
        found = _search(held, scenario, f"code={code}&_revinclude=Observation:derived-from")
        behind = {name for name in ids if due.following[name].id in due.where(code)}
        assert set(_ids(found.included)) == behind - due.where(code)


def _clauses(held: HeldWorld, rows: Iterable[Row]) -> dict[str, str]:
    return {f"{row.type}/{row.id}": held.shown.branches[row.via].clause for row in rows}


def by_pages(held: HeldWorld, scenario: Scenario, due: Expected) -> None:
    """Counts are of what is seen, pages are full until the last, in order: I3."""
    n = len(due.ids)
    assert _search(held, scenario, "_summary=count").total == n
    assert _search(held, scenario, "_total=accurate").total == n
    newest = [one.id for one in sorted(due.shown, key=lambda one: (one.at, one.id), reverse=True)]
    for size in (1, 2):
        pages = _pages(held, scenario, size)
        assert [len(page) for page in pages] == [size] * (n // size) + [n % size] * bool(n % size)
        told = [name for page in pages for name in page]
        at = {one.id: one.at for one in due.shown}
        assert sorted(told) == due.ids
        assert [at[name] for name in told] == [at[name] for name in newest]


def _pages(held: HeldWorld, scenario: Scenario, size: int) -> list[list[str]]:
    now = scenario.context.at
    asked = parse(TYPE, [("_sort", "-date")], keys=record.keys(held.session), zone=ZONE, now=now)
    asked = replace(asked, count=size)
    pages = []
    while True:
        found = search(held.session, asked, sight=held.shown, caller="t", now=now)
        pages += [[f"{row.type}/{row.id}" for row in found.rows]] if found.rows else []
        if found.next is None:
            return pages
        asked = replace(asked, cursor=found.next)


def by_reading(held: HeldWorld, scenario: Scenario, due: Expected) -> None:
    """One entry, its versions, its history, and the record of people."""
    session, sight = held.session, held.shown
    names = [thing.id.partition("/")[2] for thing in scenario.things]
    for version in (None, 1):
        read = [record.read(session, TYPE, name, sight=sight, version=version) for name in names]
        assert _ids(row for row in read if row is not None) == due.ids
    assert _ids(record.located(session, [(TYPE, one) for one in names], sight=sight)) == due.ids
    assert _ids(record.history(session, TYPE, None, sight=sight).rows) == due.ids
    each = [record.history(session, TYPE, name, sight=sight).rows for name in names]
    assert _ids(row for rows in each for row in rows) == due.ids
    people = held.subjects
    assert _ids(record.entries_of(session, people, sight=sight).rows) == due.ids
    assert _ids(record.timeline(session, people, sight=sight).rows) == due.ids
    assert _ids(record.as_of(session, people, scenario.context.at, sight=sight)) == due.ids
    lines = record.outline(session, people, sight=sight)
    assert sorted(f"{line.type}/{line.id}" for line in lines) == due.ids


def by_knowing(held: HeldWorld, scenario: Scenario, due: Expected) -> None:
    """What is asked once of a person, not of each entry, shows the same, by the same clauses."""
    session, sight, people = held.session, held.shown, held.subjects
    names = [(TYPE, thing.id.partition("/")[2]) for thing in scenario.things]
    clauses = {name: due.said[name].clause for name in due.ids}
    # Of all, of the first half, of nobody: the others are asked as ever.
    for some in (people, people[: len(people) // 2], people[:1]):
        known = record.know(session, some, sight)
        assert _clauses(held, record.located(session, names, sight=sight, known=known)) == clauses
        lines = record.outline(session, people, sight=sight, known=known)
        assert {f"{x.type}/{x.id}": sight.branches[x.via].clause for x in lines} == clauses
        then = record.as_of_dated(session, people, scenario.context.at, sight=sight, known=known)
        assert _clauses(held, [row for row, _ in then]) == clauses
    beyond = (*held.indicated.branches, *held.withheld.branches)
    known = record.know(session, people, record.both(session, sight, beyond))
    plain = record.kinds(session, people, sight=sight, beyond=beyond)
    assert record.kinds(session, people, sight=sight, beyond=beyond, known=known) == plain
    lines = record.outline(session, people, sight=sight, known=known)
    assert {f"{x.type}/{x.id}": sight.branches[x.via].clause for x in lines} == clauses


def by_yes_or_no(held: HeldWorld, scenario: Scenario, due: Expected) -> None:
    """Under which headings something is withheld or only known to be there."""
    asked = {thing.id: thing for thing in scenario.things}
    for sight, says in ((held.withheld, _is_withheld), (held.indicated, _is_indicated)):
        kept = record.kinds(held.session, held.subjects, sight=sight)
        expected = {asked[name].heading for name, one in due.said.items() if says(one)}
        assert expected <= {one.heading for one in kept}


def _is_withheld(verdict: Verdict) -> bool:
    return verdict.answer is Answer.WITHHELD


def _is_indicated(verdict: Verdict) -> bool:
    return verdict.answer is Answer.PERMIT and Filter.INDICATOR in verdict.filters


WAYS = (by_search, by_hops, by_pages, by_reading, by_knowing, by_yes_or_no)
