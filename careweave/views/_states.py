"""What is known of a heading when it is silent: nine texts, none of them blank.

Source: `reference/record.md` 3.2, rules (a) to (i); `reference/interface.md` 6.4 and 6.5.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from careweave.disclosure import FeedLine, FeedState, ShownPerson
from careweave.terms import Heading, months_before
from careweave.views._context import SourceLine, State
from careweave.views._format import clock_time, day_of, instant_of, moment
from careweave.views._headings import NAMED
from careweave.views._making import Making
from careweave.views._stated import Stated

_ORDER = tuple(State)
_SILENT: Mapping[str, State] = {
    FeedState.NOT_CHECKED: State.NOT_CHECKED,
    FeedState.STALE: State.STALE,
}
_QUIET = frozenset({State.NONE_RECEIVED, State.NO_FEED})
_OLD_MONTHS = 12
"""From when on a statement of none says how old it is. Source: `reference/record.md` 3.2 (h)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a heading: in a word, in a sentence, and source by source."""

    state: State
    text: str
    lines: tuple[SourceLine, ...]
    coverage: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """What a heading holds: the slugs of organisations with entries, and what some state of none."""

    slugs: frozenset[str]
    stated: tuple[Stated, ...] = ()


def standing(heading: Heading, held: Held, shown: ShownPerson, making: Making) -> Standing:
    """Returns the state of a heading: the first that any source is in, and each source's line."""
    words = _Words(heading, shown, making)
    found = sorted(_lines(held, shown, words), key=_place)
    lines = tuple(line for line, _ in found)
    coverage = _coverage(heading, shown, making)
    if held.slugs:
        return Standing(State.HELD, "", lines, coverage)
    if found:
        first, headline = found[0]
        is_told = any(one.heading is heading for one in shown.indicators)
        if is_told and first.state in _QUIET:
            return Standing(State.INDICATED, "", (), coverage)
        return Standing(first.state, headline, _adding(lines, headline), coverage)
    return _without_sources(heading, shown, words)


def _place(one: tuple[SourceLine, str]) -> tuple[int, str]:
    return _ORDER.index(one[0].state), one[0].source


def _adding(lines: tuple[SourceLine, ...], headline: str) -> tuple[SourceLine, ...]:
    """Returns the lines that add to a headline: none where every source is alike without news."""
    if {one.state for one in lines} <= _QUIET:
        return ()
    return tuple(one for one in lines if one.text != headline)


def _coverage(heading: Heading, shown: ShownPerson, making: Making) -> str:
    """Returns how many of the expected sources are heard, and how old the oldest news is.

    Counted over sources that the reader may know of. Source: `reference/record.md` 3.2 (d).
    """
    due = [one for one in shown.feeds.get(heading, ()) if one.state is not FeedState.NO_FEED]
    heard = [one.last_good_at for one in due if one.state is FeedState.OK]
    times = [one for one in heard if one is not None]
    if not due:
        return ""
    told = making.say("{n} of {all} sources heard", n=len(heard), all=len(due))
    if not times:
        return told
    oldest = making.say("oldest news {date}", date=moment(min(times), making).text)
    return f"{told}; {oldest}"


def _without_sources(heading: Heading, shown: ShownPerson, words: "_Words") -> Standing:
    told = shown.expected.get(heading)
    if any(one.heading is heading for one in shown.indicators):
        return Standing(State.INDICATED, "", ())
    if heading in shown.withheld:
        return Standing(State.WITHHELD, words.withheld(), ())
    if told is not None and not told.is_open:
        return Standing(State.NOT_SHARED, told.sentence, ())
    return Standing(State.NO_FEED, words.no_feed(), ())


def _lines(held: Held, shown: ShownPerson, words: "_Words") -> Iterator[tuple[SourceLine, str]]:
    """Yields the line of each source, and the headline that it would make."""
    spoke = {_slug(one, shown): one for one in reversed(held.stated)}
    feeds = shown.feeds.get(words.heading, ())
    for line in feeds:
        state = _state(line, held, spoke)
        told = words.line(state, line, spoke.get(line.slug))
        yield SourceLine(line.organisation, state, told), words.headline(state, told)
    known = {line.slug for line in feeds}
    for slug, one in spoke.items():
        if slug not in known:
            told = words.stated(one)
            yield SourceLine(one.voice.source, one.state, told), told


def _slug(one: Stated, shown: ShownPerson) -> str:
    found = shown.organisations.get(one.one.row.source)
    return "" if found is None else found.slug


def _state(line: FeedLine, held: Held, spoke: Mapping[str, Stated]) -> State:
    if line.state in _SILENT:
        return _SILENT[line.state]
    if line.slug in held.slugs:
        return State.HELD
    if line.slug in spoke:
        return spoke[line.slug].state
    return State.NO_FEED if line.state is FeedState.NO_FEED else State.NONE_RECEIVED


@dataclass(frozen=True, slots=True)
class _Words:
    """The sentences of one heading."""

    heading: Heading
    shown: ShownPerson
    making: Making

    def line(self, state: State, line: FeedLine, said: Stated | None) -> str:
        """Returns the state of one source in a sentence."""
        if said is not None and state in {State.NONE_STATED, State.NOT_ASKED}:
            return self.stated(said)
        told: Mapping[State, Callable[[FeedLine], str]] = {
            State.HELD: self._held,
            State.NOT_CHECKED: self._not_checked,
            State.STALE: self._stale,
        }
        if state in told:
            return told[state](line)
        if state is State.NO_FEED:
            noun = self.making.say(NAMED[self.heading].noun)
            text = "{source} does not send {noun}"
            return self.making.say(text, source=line.organisation, noun=noun)
        text = "Nothing shared with this view by {source}"
        return self.making.say(text, source=line.organisation)

    def headline(self, state: State, told: str) -> str:
        """Returns the state of the heading where this source's is the first of all."""
        if state is State.NO_FEED:
            return self.no_feed()
        return self._nothing() if state is State.NONE_RECEIVED else told

    def _held(self, line: FeedLine) -> str:
        if line.last_good_at is None:
            return self.making.say("Entries from {source}", source=line.organisation)
        at = moment(line.last_good_at, self.making).text
        return self.making.say("{source} last sent {date}", source=line.organisation, date=at)

    def _not_checked(self, line: FeedLine) -> str:
        said = self.making.say(
            "{title} could not be checked: {source} did not answer ({last})",
            title=self.making.say(sentence(NAMED[self.heading].noun)),
            source=line.organisation,
            last=self._last(line),
        )
        phone = line.telephone
        return f"{said}. {self.making.say('Telephone {phone}', phone=phone)}" if phone else said

    def _last(self, line: FeedLine) -> str:
        if line.last_good_at is None:
            return self.making.say("it has never answered")
        at = moment(line.last_good_at, self.making).text
        return self.making.say("last good {date}", date=at)

    def _stale(self, line: FeedLine) -> str:
        named = NAMED[self.heading]
        data = self.making.say(named.data) if named.data else self._data(named.noun)
        if line.last_good_at is None:
            text = "No {data} has come from {source} yet"
            return self.making.say(text, data=data, source=line.organisation)
        at = moment(line.last_good_at, self.making).text
        text = "No {data} from {source} since {date}"
        return self.making.say(text, data=data, source=line.organisation, date=at)

    def _data(self, noun: str) -> str:
        return self.making.say("data on {noun}", noun=self.making.say(noun))

    def stated(self, one: Stated) -> str:
        """Returns a source's statement of having nothing, with its date; an old one says so."""
        who = ", ".join(part for part in (one.voice.author, one.voice.source) if part)
        date = one.voice.when.text
        if one.state is State.NOT_ASKED:
            text = "{title} not asked ({source}, {date})"
            title = self.making.say(sentence(NAMED[self.heading].noun))
            return self.making.say(text, title=title, source=one.voice.source, date=date)
        text = STATED_NONE.get(self.heading, "None stated ({date}, {who})")
        said = self.making.say(text, date=date, who=who)
        old = self.making.say("More than 12 months ago.")
        return f"{said}. {old}" if self._is_old(one) else said

    def _is_old(self, one: Stated) -> bool:
        exact = instant_of(one.one.date)
        on = day_of(one.one.date) if exact is None else exact.date()
        return on is not None and on < months_before(self.making.now, _OLD_MONTHS).date()

    def _nothing(self) -> str:
        time = clock_time(self.shown.at, self.making)
        text = (
            NAMED[self.heading].nothing or "Nothing shared with this view. Feeds healthy at {time}"
        )
        return self.making.say(text, time=time)

    def no_feed(self) -> str:
        """Returns that nobody sends this heading."""
        noun = self.making.say(NAMED[self.heading].noun)
        return self.making.say("No source sends {noun} for this person", noun=noun)

    def withheld(self) -> str:
        """Returns that something is withheld, where a rule lets it be said."""
        return self.making.say("Something is withheld here by a sharing rule")


STATED_NONE: Mapping[Heading, str] = {
    Heading.ALG: "No known allergies (confirmed {date}, {who})",
    Heading.MED: "None stated: no medicines at present ({date}, {who})",
}


def sentence(noun: str) -> str:
    """Returns a noun as the first word of a sentence."""
    return noun[0].upper() + noun[1:]


def silent(lines: Iterable[SourceLine]) -> tuple[SourceLine, ...]:
    """Returns the lines of sources that did not answer or have fallen silent, each source once."""
    found = {line.source: line for line in lines if line.state in _SILENT.values()}
    return tuple(line for _, line in sorted(found.items()))
