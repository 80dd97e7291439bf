"""Entries of several sources that speak of one fact, as one row: what they are, what differs.

One rule for each heading; duplicates become one row too. Source: `reference/record.md` 3.1.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from careweave.disclosure import ShownPerson
from careweave.terms import Heading
from careweave.views._context import Fact
from careweave.views._making import Making
from careweave.views._same_care import BESIDE, contact, goal, legal, package, pregnancy
from careweave.views._same_events import document, once_a_day
from careweave.views._same_problems import problem, problems_clash
from careweave.views._statements import against_record
from careweave.views._voice import Spoken
from careweave.views._voices import Clash, Saying, fact, newest_of_each, together

Single = tuple[Spoken, Fact]
"""An entry, and the fact of one voice that it is by itself."""

Reading = Callable[[Spoken, Fact, ShownPerson, Making], Iterable[Saying]]

_READ: Mapping[Heading, Reading] = {
    Heading.PRB: problem,
    Heading.LEG: legal,
    Heading.PER: contact,
    Heading.PRG: pregnancy,
    Heading.SVC: package,
    Heading.CSP: goal,
    Heading.VAC: once_a_day,
    Heading.PRC: once_a_day,
    Heading.DOC: document,
    Heading.DIS: document,
}
_CLASH: Mapping[Heading, Clash] = {Heading.PRB: problems_clash}
_ONE_AT_A_TIME = frozenset({Heading.PRG, Heading.PER, Heading.SVC})
"""Headings under which the newest of an organisation stands for what it said before."""

_RECEIVED = frozenset({Heading.VAC, Heading.PRC, Heading.DOC, Heading.DIS})
"""Headings of what happens once: what is the same was received by several routes."""


def joined(
    heading: Heading, singles: Sequence[Single], shown: ShownPerson, making: Making
) -> tuple[Single, ...]:
    """Returns the facts with all their voices, each with the entry that stands for it.

    In the order in which they come; what a heading has no rule for stays as it is.
    """
    if heading is Heading.ABM:
        return tuple(against_record(singles, shown, making))
    read = _READ.get(heading)
    if read is None:
        return tuple(singles)
    facts = {id(one): alone for one, alone in singles}
    sayings = [said for one, alone in singles for said in read(one, alone, shown, making)]
    return tuple(
        _row(heading, its, facts[id(its[0].spoken)], making)
        for its in together(sayings)
        if any(one.standing != BESIDE for one in its)
    )


def _row(heading: Heading, sayings: Sequence[Saying], alone: Fact, making: Making) -> Single:
    if len(sayings) == 1:
        return sayings[0].spoken, replace(alone, title=sayings[0].title, key=_key(sayings))
    if heading in _RECEIVED:
        return sayings[0].spoken, _received(sayings, making)
    told = newest_of_each(sayings) if heading in _ONE_AT_A_TIME else tuple(sayings)
    made = fact(told, making, title=told[0].title, clash=_CLASH.get(heading))
    leading = next((one for one in told if not one.is_settled), told[0])
    return leading.spoken, made


def _key(sayings: Sequence[Saying]) -> str:
    return "|".join(sorted(sayings[0].keys))


def _received(sayings: Sequence[Saying], making: Making) -> Fact:
    """Returns one thing that came by several routes, as one row with a voice for each source."""
    by_source: dict[str, list[Saying]] = {}
    for one in sayings:
        by_source.setdefault(one.slug, []).append(one)
    made = fact([its[0] for its in by_source.values()], making, title=sayings[0].title)
    first = replace(made.voices[0], routes=len(sayings))
    return replace(made, voices=(first, *made.voices[1:]))
