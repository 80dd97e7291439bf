"""What is new to a reader: since they last looked, and since the person was last in hospital.

Source: `reference/stories.md` U3 and U8.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from careweave.disclosure import Line, ShownPerson
from careweave.terms import Heading
from careweave.views import _fhir as fhir
from careweave.views._context import Fact, Group, Section
from careweave.views._format import instant_of, moment
from careweave.views._headings import heading_of
from careweave.views._making import Making
from careweave.views._sections import counted, cut
from careweave.views._voice import spoken

FIRST_LOOK = timedelta(days=14)
"""How far back a reader is told what happened who opens somebody for the first time."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a block of changes says first, and the sections in which something changed."""

    text: str
    sections: tuple[Section, ...]


def delta(sections: Iterable[Section], shown: ShownPerson, making: Making, most: int) -> Told:
    """Returns what came since the reader last looked, by section, with how many entries did.

    The count is over all that may be seen, by the outline: what is hidden now is not in it. Who
    looks for the first time is told what happened in the last fourteen days.
    """
    looked = shown.last_looked_at
    since = looked or shown.at - FIRST_LOOK
    is_new = _with(shown, making, _came(since) if looked else _happened(since))
    counts = counted(shown, since=looked) if looked else counted(shown, happened=since)
    found = [
        cut(_only(one, making, is_new, n=counts[heading_of(one.slug)]), making, most, past=True)
        for one in sections
        if counts[heading_of(one.slug)]
    ]
    return Told(_since_text(shown, bool(found), making), tuple(found))


def _since_text(shown: ShownPerson, is_any: bool, making: Making) -> str:  # noqa: FBT001  a fact
    if shown.last_looked_at is None:
        days = FIRST_LOOK.days
        if is_any:
            text = "You have not opened this record before. In the last {n} days:"
        else:
            text = "You have not opened this record before. Nothing in the last {n} days"
        return making.say(text, n=days)
    date = moment(shown.last_looked_at, making).text
    text = (
        "Since you last looked, {date}:" if is_any else "Nothing new since you last looked, {date}"
    )
    return making.say(text, date=date)


def _with(
    shown: ShownPerson, making: Making, is_meant: Callable[[Line], bool]
) -> Callable[[Fact], bool]:
    """Returns what says of a fact that one of its entries is meant, by the outline."""
    meant = _meant(shown, making, is_meant)
    return lambda fact: _is_of(fact, meant)


def _meant(shown: ShownPerson, making: Making, is_meant: Callable[[Line], bool]) -> frozenset[str]:
    return frozenset(making.handle(one.type, one.id) for one in shown.lines if is_meant(one))


def _is_of(fact: Fact, meant: frozenset[str]) -> bool:
    return any(one.entry in meant for one in fact.voices)


def _with_before(group: Group, meant: frozenset[str], making: Making) -> Group:
    return replace(group, facts=tuple(_was(one, meant, making) for one in group.facts))


def _was(fact: Fact, meant: frozenset[str], making: Making) -> Fact:
    """Returns a medicine whose newest voice says what was taken before, where that differs."""
    first = fact.voices[0]
    taken = {making.say(standing) for standing in ("active", "dispensed")}
    older = [one for one in fact.voices if one.entry and one.entry not in meant]
    before = next((one.text for one in older if one.status in taken), "")
    if first.entry not in meant or first.status not in taken or before in {"", first.text}:
        return fact
    text = making.say("{now} (was {before})", now=first.text, before=before)
    return replace(fact, voices=(replace(first, text=text), *fact.voices[1:]))


def _came(since: datetime) -> Callable[[Line], bool]:
    return lambda line: line.updated > since


def _happened(since: datetime) -> Callable[[Line], bool]:
    """Returns what says of an entry that its own date is a moment or later; without one it is not."""
    return lambda line: line.at is not None and line.at >= since


def _happened_or_came(since: datetime) -> Callable[[Line], bool]:
    """Returns the same, where an entry without a date of its own counts from its receipt."""
    return lambda line: (line.at or line.updated) >= since


def _only(section: Section, making: Making, is_new: Callable[[Fact], bool], *, n: int) -> Section:
    groups = tuple(one for group in section.groups if (one := _kept(group, is_new)).facts)
    n_rows = sum(len(one.facts) for one in groups)
    several = "{n} entries, in one row" if n_rows == 1 else "{n} entries, in {rows} rows"
    text = "" if n in {0, n_rows} else making.say(several, n=n, rows=n_rows)
    if not groups:
        text = making.say("{n} new, in the full section", n=n)
    return replace(section, groups=groups, n=n, text=text)


def _kept(group: Group, is_new: Callable[[Fact], bool]) -> Group:
    facts = tuple(replace(one, is_new=True) for one in group.facts if is_new(one))
    return replace(group, facts=facts, n_more=0)


def changed(sections: Iterable[Section], shown: ShownPerson, making: Making, most: int) -> Told:
    """Returns what was said since the last stay in hospital began, section by section.

    Without a stay that is shown it says so, and calls nothing changed.
    """
    stay = last_stay(shown)
    if stay is None:
        return Told(making.say("No stay in hospital is shown here"), ())
    meant = _meant(shown, making, _happened_or_came(stay))
    found = []
    for one in sections:
        kept = _only(one, making, lambda fact: _is_of(fact, meant), n=0)
        if heading_of(one.slug) is Heading.MED:
            kept = replace(kept, groups=tuple(_with_before(g, meant, making) for g in kept.groups))
        n = sum(len(group.facts) for group in kept.groups)
        if n:
            found.append(cut(replace(kept, n=n), making, most, past=True))
    date = moment(stay, making).text
    text = (
        "Since the hospital stay that began {date}:"
        if found
        else "Nothing changed since the hospital stay that began {date}"
    )
    return Told(making.say(text, date=date), tuple(found))


def last_stay(shown: ShownPerson) -> datetime | None:
    """Returns when the last stay in hospital began, None where none is shown."""
    return max(_stays(shown), default=None)


def _stays(shown: ShownPerson) -> Iterator[datetime]:
    for heading in (Heading.ADM, Heading.DIS):
        rows = (row for row in shown.rows.get(heading, ()) if row.type == "Encounter")
        for one in spoken(rows):
            begun = instant_of(fhir.words(fhir.at(one.value, "period", "start")))
            if begun is not None:
                yield begun
