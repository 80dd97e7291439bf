"""One heading as a page shows it: its facts by status, its state, its sources, what is left out."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from careweave.disclosure import Indicator, Row, ShownPerson
from careweave.terms import Heading
from careweave.views import _allergies as allergies
from careweave.views import _demographics as demographics
from careweave.views import _medicines as medicines
from careweave.views import _plain as plain
from careweave.views import _plans_eol as plans_eol
from careweave.views import _results as results
from careweave.views._cautions import caution_lines
from careweave.views._conflicts import joined
from careweave.views._context import Fact, Group, Section, SourceLine, State
from careweave.views._format import moment
from careweave.views._headings import NAMED, Named, heading_of
from careweave.views._making import Making
from careweave.views._stated import is_none_known, stated
from careweave.views._states import Held, standing
from careweave.views._voice import spoken

Counts = Counter[Heading | None]
Facts = Callable[[Iterable[Row], ShownPerson, Making], tuple[Group, ...]]

_FACTS: Mapping[Heading, Facts] = {
    Heading.ALG: allergies.facts,
    Heading.DEM: demographics.facts,
    Heading.EOL: plans_eol.facts,
    Heading.EXM: results.facts,
    Heading.INV: results.facts,
    Heading.MED: medicines.facts,
}
"""Headings whose facts have rules of their own; every other is plain."""

_CARRIERS = frozenset({"Binary", "List"})
_MAY_STATE_NONE = frozenset({"List", "AllergyIntolerance"})


def section(slug: str, shown: ShownPerson, making: Making) -> Section:
    """Returns the whole section of a name in addresses; raises NotFound for another word."""
    return section_of(heading_of(slug), shown, making)


def section_of(
    heading: Heading, shown: ShownPerson, making: Making, counts: Counts | None = None
) -> Section:
    """Returns what is held and told of one heading; `counts` are those of `counted`, once a page."""
    rows = shown.rows.get(heading, ())
    groups = _FACTS.get(heading, _told)(rows, shown, making)
    held = _held(rows, shown, making)
    if not groups:
        # What only carries other entries is nothing to show: the heading says so in words.
        held = replace(held, slugs=frozenset())
    known = standing(heading, held, shown, making)
    named = NAMED[heading]
    return Section(
        slug=named.slug,
        title=making.say(named.title),
        state=known.state,
        text=known.text,
        groups=tuple(_marked(group, shown, rows, making) for group in groups),
        n=_number(heading, groups, shown, counts or counted(shown)),
        as_of=moment(shown.at, making),
        sources=known.lines,
        withheld=_withheld(heading, known.state, shown, making),
        indicators=_indicators(heading, shown, making),
        left_out=_left_out(heading, shown),
        coverage=known.coverage,
        warnings=caution_lines(shown, making) if heading is Heading.MED else (),
        word=_word(named, known.state, making),
    )


def _word(named: Named, state: State, making: Making) -> str:
    return making.say(named.nothing_word) if state is State.NONE_RECEIVED else ""


def _told(rows: Iterable[Row], shown: ShownPerson, making: Making) -> tuple[Group, ...]:
    """Returns entries as facts, those that speak of the same thing in one row."""
    singles = [(one, plain.single(one, shown, making)) for one in plain.speaking(rows)]
    heading = singles[0][0].row.heading if singles else None
    if heading is None:
        return ()
    known = plain.phases(singles, making)
    return plain.grouped(joined(heading, singles, shown, making), making, known)


def count(groups: Iterable[Group]) -> int:
    """Returns how many facts there are."""
    return sum(len(group.facts) for group in groups)


def _number(heading: Heading, groups: Iterable[Group], shown: ShownPerson, counts: Counts) -> int:
    """Returns how many facts there are to see: those made here, and each entry not fetched yet."""
    fetched = sum(row.type not in _CARRIERS for row in shown.rows.get(heading, ()))
    return count(groups) + max(0, counts[heading] - fetched)


def counted(
    shown: ShownPerson, *, since: datetime | None = None, happened: datetime | None = None
) -> Counts:
    """Returns how many entries the outline has by heading, but for what carries others.

    With `since`, those that came after it; with `happened`, those whose own date is after it.
    """
    return Counter(
        line.heading
        for line in shown.lines
        if line.type not in _CARRIERS
        and (since is None or line.updated > since)
        and (happened is None or (line.at is not None and line.at >= happened))
    )


def _held(rows: Iterable[Row], shown: ShownPerson, making: Making) -> Held:
    """Returns which organisations say that something is so, and which that there is nothing."""
    plain_rows: list[Row] = []
    others: list[Row] = []
    for row in rows:
        (others if row.type in _MAY_STATE_NONE else plain_rows).append(row)
    read = spoken(others)
    telling = (one.row for one in read if one.row.type != "List" and not is_none_known(one, making))
    sources = [row for row in plain_rows if row.type not in _CARRIERS and row.body]
    return Held(_slugs([*sources, *telling], shown), stated(read, shown, making))


def _slugs(rows: Iterable[Row], shown: ShownPerson) -> frozenset[str]:
    found = (shown.organisations.get(row.source) for row in rows)
    return frozenset("" if of is None else of.slug for of in found)


def _marked(group: Group, shown: ShownPerson, rows: Iterable[Row], making: Making) -> Group:
    """Returns a group whose facts say whether they changed since the reader last looked."""
    since = shown.last_looked_at
    if since is None:
        return group
    new = {making.handle(row.type, row.id) for row in rows if row.updated > since}
    return replace(group, facts=tuple(_as_new(fact, new) for fact in group.facts))


def _as_new(fact: Fact, new: set[str]) -> Fact:
    return replace(fact, is_new=True) if any(one.entry in new for one in fact.voices) else fact


def _withheld(heading: Heading, state: State, shown: ShownPerson, making: Making) -> str:
    if heading not in shown.withheld or state is State.WITHHELD:
        return ""
    return making.say("Something is withheld here by a sharing rule")


def _indicators(heading: Heading, shown: ShownPerson, making: Making) -> tuple[str, ...]:
    return tuple(_indicated(one, making) for one in shown.indicators if one.heading is heading)


def _indicated(one: Indicator, making: Making) -> str:
    noun = making.say(NAMED[one.heading].noun)
    if not one.telephone:
        return making.say("{name} holds {noun}", name=one.organisation, noun=noun)
    text = "{name} holds {noun}. Call {phone}"
    return making.say(text, name=one.organisation, noun=noun, phone=one.telephone)


def _left_out(heading: Heading, shown: ShownPerson) -> str:
    told = shown.expected.get(heading)
    return told.sentence if told is not None and told.is_open else ""


def cut(section: Section, making: Making, most: int | None, *, past: bool) -> Section:
    """Returns a section with its first facts only, and how many more there are.

    Without `past`, what is over or refuted is counted and not shown. Medicines and allergies are
    never cut, whatever is asked for. Source: `reference/interface.md` 4 (HZ18).
    """
    section = replace(section, sources=_heeded(section.sources), left_out="")
    section = replace(section, is_quiet=_is_quiet(section))
    if section.slug in _WHOLE:
        return section
    groups = [one for one in section.groups if past or one.kind not in {"ended", "refuted"}]
    kept, left = [], most
    for group in groups:
        facts = group.facts if left is None else group.facts[:left]
        left = None if left is None else left - len(facts)
        kept.append(replace(group, facts=facts, n_more=len(group.facts) - len(facts)))
    made = tuple(one for one in kept if one.facts)
    text = section.text
    if section.groups and not made:
        text = making.say("Nothing now; {n} past, in the full section", n=count(section.groups))
    return replace(section, groups=made, text=text)


def _is_quiet(one: Section) -> bool:
    told = (one.groups, one.sources, one.indicators, one.withheld, one.warnings)
    return one.state in _QUIET and not any(told)


def _heeded(lines: tuple[SourceLine, ...]) -> tuple[SourceLine, ...]:
    """Returns the lines that a first screen needs: of the silent, and of those that state none.

    The others stand in the full section; how many are heard is said in any case.
    """
    plain_ones = {State.HELD, State.NONE_RECEIVED, State.NO_FEED}
    return tuple(one for one in lines if one.state not in plain_ones)


_QUIET = frozenset({State.NONE_RECEIVED, State.NO_FEED, State.NOT_SHARED})
_WHOLE = frozenset({NAMED[Heading.MED].slug, NAMED[Heading.ALG].slug})
