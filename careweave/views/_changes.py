"""What is new to a reader: since they last looked, and since the person was last in hospital.

Source: `reference/stories.md` U3 and U8.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from careweave.disclosure import ShownPerson
from careweave.terms import Heading
from careweave.views import _fhir as fhir
from careweave.views._context import Fact, Group, Section, State
from careweave.views._format import instant_of, moment
from careweave.views._headings import NAMED
from careweave.views._making import Making
from careweave.views._voice import spoken

_FIRST_LOOK = timedelta(days=14)
"""What counts as new to a reader who has not opened the person before."""

_CARRIERS = frozenset({"Binary", "List"})


def since(shown: ShownPerson) -> datetime:
    """Returns from when on something is new to this reader."""
    return shown.last_looked_at or shown.at - _FIRST_LOOK


def delta(sections: Iterable[Section], shown: ShownPerson, making: Making) -> Iterator[Section]:
    """Yields each section with what came since the reader last looked, and how many entries did.

    The count is over all that may be seen, by the outline: what is hidden now is not in it.
    """
    from_then = since(shown)
    new = {
        making.handle(row.type, row.id)
        for rows in shown.rows.values()
        for row in rows
        if row.updated > from_then
    }
    for one in sections:
        n = _arrived(one.slug, shown, from_then)
        groups = tuple(_only(group, new) for group in one.groups)
        yield replace(
            one,
            groups=tuple(group for group in groups if group.facts),
            n=n,
            text=_since_text(n, shown, making),
        )


def _arrived(slug: str, shown: ShownPerson, from_then: datetime) -> int:
    return sum(
        line.updated > from_then
        and line.type not in _CARRIERS
        and line.heading is not None
        and NAMED[line.heading].slug == slug
        for line in shown.lines
    )


def _only(group: Group, handles: set[str]) -> Group:
    facts = tuple(
        replace(fact, is_new=True)
        for fact in group.facts
        if any(one.entry in handles for one in fact.voices)
    )
    return replace(group, facts=facts, n_more=0)


def _since_text(n: int, shown: ShownPerson, making: Making) -> str:
    date = moment(since(shown), making).text
    if n:
        return making.say("{n} since {date}", n=n, date=date)
    return making.say("Nothing new since {date}", date=date)


def changed(sections: Iterable[Section], shown: ShownPerson, making: Making) -> Iterator[Section]:
    """Yields each section with what was said since the last stay in hospital began.

    Without a stay that is shown, it says so, and shows nothing as changed.
    """
    stay = last_stay(shown)
    for one in sections:
        if stay is None:
            text = making.say("No stay in hospital is shown here")
            yield replace(one, groups=(), n=0, state=State.NONE_RECEIVED, text=text)
            continue
        groups = tuple(_dated(group, stay) for group in one.groups)
        groups = tuple(group for group in groups if group.facts)
        date = moment(stay, making).text
        n = sum(len(group.facts) for group in groups)
        text = (
            making.say("Since the hospital stay that began {date}", date=date)
            if n
            else making.say("Nothing changed since the hospital stay that began {date}", date=date)
        )
        yield replace(one, groups=groups, n=n, text=text)


def last_stay(shown: ShownPerson) -> datetime | None:
    """Returns when the last stay in hospital began, None where none is shown."""
    begun = (
        instant_of(fhir.words(fhir.at(one.value, "period", "start")))
        for heading in (Heading.ADM, Heading.DIS)
        for one in spoken(row for row in shown.rows.get(heading, ()) if row.type == "Encounter")
    )
    return max((one for one in begun if one is not None), default=None)


def _dated(group: Group, stay: datetime) -> Group:
    first = stay.astimezone(UTC).date().isoformat()
    facts = tuple(fact for fact in group.facts if _is_after(fact, first))
    return replace(group, facts=facts, n_more=0)


def _is_after(fact: Fact, first: str) -> bool:
    return any(one.when.machine[:10] >= first for one in fact.voices)
