"""The timeline of a life: every entry of the outline by setting, none of them with its body.

Source: `reference/interface.md` 14.1.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from careweave.disclosure import FeedState, Line, Row, ShownPerson, Wanted
from careweave.formats import kept_json
from careweave.terms import Heading
from careweave.views import _fhir as fhir
from careweave.views._context import When
from careweave.views._definition import ALWAYS
from careweave.views._format import day, day_of, instant_of, moment
from careweave.views._headings import NAMED
from careweave.views._making import Making
from careweave.views._plain import said
from careweave.views._timeline_context import (
    Choice,
    Timeline,
    TimelineGap,
    TimelineItem,
    TimelineRow,
)
from careweave.views._voice import spoken

SETTINGS: Mapping[str, str] = {
    "gp": "GP",
    "hospital": "Hospital",
    "emergency": "Emergency and urgent",
    "community": "Community",
    "mental": "Mental health",
    "social": "Social care",
    "third": "Third sector",
    "person": "The person",
}
_OTHER = "community"
"""Where an organisation of a kind that is not known stands."""

KINDS: Mapping[str, str] = {
    "contact": "Contact",
    "document": "Document or plan",
    "result": "Result",
    "alert": "Alert",
    "interval": "Stay or service",
}
_KIND_OF: Mapping[Heading, str] = {
    **dict.fromkeys((Heading.INV, Heading.EXM, Heading.IRQ), "result"),
    **dict.fromkeys((Heading.ALR, Heading.SAF, Heading.RSK, Heading.ALG), "alert"),
    **dict.fromkeys((Heading.DOC, Heading.CSP, Heading.CTG, Heading.ASP, Heading.EOL), "document"),
}
_INTERVALS = frozenset({Heading.ADM, Heading.SVC, Heading.LEG})
_LEFT_OUT = frozenset({Heading.DEM, Heading.GPP, None})
_CARRIERS = frozenset({"Binary", "List"})
_PLANNED = timedelta(days=92)
"""What is planned is drawn three months ahead."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of a timeline is listed: of a setting, of a kind, within a time, or only what is new."""

    setting: str = ""
    kind: str = ""
    from_s: float | None = None
    to_s: float | None = None
    is_new: bool = False

    def takes(self, one: TimelineItem) -> bool:
        """Says whether an entry is among what was chosen."""
        return (
            self.setting in {"", one.setting}
            and self.kind in {"", one.kind}
            and (one.is_new or not self.is_new)
            and self._is_within(one)
        )

    def _is_within(self, one: TimelineItem) -> bool:
        is_late = self.to_s is not None and one.start_s >= self.to_s
        end_s = one.start_s if one.kind != "interval" else one.end_s
        is_early = self.from_s is not None and end_s is not None and end_s < self.from_s
        return not (is_late or is_early)


ALL = Chosen()


def wanted_for_timeline() -> Wanted:
    """Returns what a timeline asks for: the outline of everything, and stays with their ends."""
    return Wanted(headings=ALWAYS | _INTERVALS, outline=frozenset(Heading))


def timeline(shown: ShownPerson, making: Making, chosen: Chosen = ALL) -> Timeline:
    """Returns a person's life as values for the chart, and what was chosen of it as a list."""
    found = sorted(_items(shown, making), key=lambda one: (one.start_s, one.entry))
    now = shown.as_of or making.now
    looked = shown.last_looked_at
    return Timeline(
        born_s=_born_s(shown, found),
        now_s=now.timestamp(),
        until_s=(now + _PLANNED).timestamp(),
        looked_s=None if looked is None else looked.timestamp(),
        rows=tuple(_rows(found, shown, making)),
        chosen=tuple(one for one in reversed(found) if chosen.takes(one)),
        n=len(found),
        settings=_choices(SETTINGS, [one.setting for one in found], chosen.setting, making),
        kinds=_choices(KINDS, [one.kind for one in found], chosen.kind, making),
        looked=None if looked is None else moment(looked, making),
    )


def _items(shown: ShownPerson, making: Making) -> Iterator[TimelineItem]:
    """Yields an item for each line of the outline; with both ends where the entry itself is here."""
    ends = dict(_intervals(shown, making))
    for line in shown.lines:
        if line.heading in _LEFT_OUT or line.type in _CARRIERS or line.heading is None:
            continue
        plain = _item(line, line.heading, shown, making)
        bar = ends.get((line.type, line.id))
        yield plain if bar is None else _with_ends(plain, bar)


def _item(line: Line, heading: Heading, shown: ShownPerson, making: Making) -> TimelineItem:
    of = shown.organisations.get(line.source)
    at = line.at or line.updated
    since = shown.last_looked_at
    named = NAMED[heading]
    return TimelineItem(
        kind=_kind(line, heading),
        start_s=at.timestamp(),
        title=making.say(named.title),
        when=_when(line, at, making),
        source=making.say("Source not named") if of is None else of.name,
        entry=making.handle(line.type, line.id),
        setting=making.terms.settings.get("" if of is None else of.kind, _OTHER),
        section=named.slug,
        is_new=since is not None and line.updated > since,
    )


def _kind(line: Line, heading: Heading) -> str:
    if line.type in {"DocumentReference", "Composition"}:
        return "document"
    return _KIND_OF.get(heading, "contact")


def _when(line: Line, at: datetime, making: Making) -> When:
    if line.at is None:
        said_on = moment(at, making)
        return When(making.say("received {date}", date=said_on.text), said_on.machine)
    return day(at.astimezone(making.zone).date(), making)


@dataclass(frozen=True, slots=True)
class _Bar:
    title: str
    end_s: float | None
    is_open: bool


def _intervals(shown: ShownPerson, making: Making) -> Iterator[tuple[tuple[str, str], _Bar]]:
    """Yields the ends of stays, services and legal statuses, by type and id."""
    rows: list[Row] = [row for heading in _INTERVALS for row in shown.rows.get(heading, ())]
    for one in spoken(rows):
        start, end = fhir.main_date(one.value), fhir.end_date(one.value)
        if one.row.type in {"Encounter", "EpisodeOfCare", "Consent"} and start:
            end_s = _seconds(end)
            title = said(one, making).title
            yield (one.row.type, one.row.id), _Bar(title, end_s, is_open=end_s is None)


def _seconds(text: str) -> float | None:
    exact = instant_of(text)
    if exact is not None:
        return exact.timestamp()
    on = day_of(text) if text else None
    return None if on is None else datetime.combine(on, time(12), UTC).timestamp()


def _with_ends(plain: TimelineItem, bar: _Bar) -> TimelineItem:
    return replace(plain, kind="interval", title=bar.title, end_s=bar.end_s, is_open=bar.is_open)


def _rows(
    found: Iterable[TimelineItem], shown: ShownPerson, making: Making
) -> Iterator[TimelineRow]:
    by_setting: dict[str, list[TimelineItem]] = {slug: [] for slug in SETTINGS}
    for one in found:
        by_setting[one.setting].append(one)
    gaps = _gaps(shown, making)
    for slug, items in by_setting.items():
        title = making.say(SETTINGS[slug])
        yield TimelineRow(slug, title, tuple(items), tuple(gaps.get(slug, ())))


def _gaps(shown: ShownPerson, making: Making) -> Mapping[str, list[TimelineGap]]:
    """Returns where sources have been silent until now, each source once, by setting."""
    silent = {
        line.organisation: line
        for lines in shown.feeds.values()
        for line in lines
        if line.state is FeedState.STALE and line.last_good_at is not None
    }
    found: dict[str, list[TimelineGap]] = {}
    for _, line in sorted(silent.items()):
        last = line.last_good_at or shown.at
        said_on = moment(last, making).text
        text = making.say(
            "No data from {source} since {date}", source=line.organisation, date=said_on
        )
        setting = making.terms.settings.get(line.kind, _OTHER)
        gap = TimelineGap(last.timestamp(), shown.at.timestamp(), text)
        found.setdefault(setting, []).append(gap)
    return found


def _choices(
    words: Mapping[str, str], values: Iterable[str], chosen: str, making: Making
) -> tuple[Choice, ...]:
    counted = Counter(values)
    return tuple(
        Choice(slug, making.say(title), counted[slug], is_chosen=slug == chosen)
        for slug, title in words.items()
        if counted[slug] or slug == chosen
    )


def _born_s(shown: ShownPerson, found: list[TimelineItem]) -> float:
    """Returns the birth; without a birth date the first entry, else now."""
    born = ""
    if shown.portrait is not None and shown.portrait.body:
        born = fhir.words(kept_json(shown.portrait.body).get("birthDate"))
    known = _seconds(born)
    if known is not None:
        return known
    return found[0].start_s if found else shown.at.timestamp()
