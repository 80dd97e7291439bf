"""What one entry says, as a voice with its source and its date."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from careweave.disclosure import Row, ShownPerson
from careweave.formats import kept_json
from careweave.terms import Heading
from careweave.views import _fhir as fhir
from careweave.views._context import Detail, Voice, When
from careweave.views._format import instant_of, recent, written, written_day
from careweave.views._making import Making

_RECENT = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Spoken:
    """An entry as it was disclosed, and what it says, read.

    `date` is its main date as it is written, "" where the source gives none.
    """

    row: Row
    value: fhir.Value
    date: str

    @property
    def order(self) -> tuple[str, str]:
        """Returns what puts entries in order of time: the main date, then when it was received."""
        found = instant_of(self.date)
        received = self.row.updated.astimezone(UTC).isoformat()
        # What has no date of its own is shown with its receipt, and stands where that is.
        day = (self.date or received) if found is None else found.astimezone(UTC).isoformat()
        return day, received


def spoken(rows: Iterable[Row]) -> tuple[Spoken, ...]:
    """Returns each row with what it says; entries without a body say nothing and are left out."""
    read = ((row, kept_json(row.body)) for row in rows if row.body)
    return tuple(Spoken(row, value, fhir.main_date(value)) for row, value in read)


def source_name(row: Row, shown: ShownPerson, making: Making) -> str:
    """Returns the name of the organisation that an entry comes from."""
    found = shown.organisations.get(row.source)
    return making.say("Source not named") if found is None else found.name


def voice(
    one: Spoken,
    shown: ShownPerson,
    making: Making,
    *,
    text: str,
    status: str = "",
    details: Sequence[Detail] = (),
) -> Voice:
    """Returns an entry as a voice: its source, its date, its handle, and what it says in a line."""
    return Voice(
        entry=making.handle(one.row.type, one.row.id),
        source=source_name(one.row, shown, making),
        when=when(one, making),
        text=text,
        status=making.terms.statuses.get(status, status),
        details=tuple(details),
        author=author(one, shown),
        is_old=is_silent(one.row, shown),
        version=one.row.version,
    )


def when(one: Spoken, making: Making) -> When:
    """Returns the main date of an entry: the time too while it is fresh, and in how it was meant.

    Without one it is when the entry was received, and says so: nothing is shown without a date.
    """
    if not one.date:
        said = recent(one.row.updated, making)
        return When(making.say("received {date}", date=said.text), said.machine)
    exact = instant_of(one.date)
    if exact is not None and abs(making.now - exact) < _RECENT:
        return recent(exact, making)
    return written_day(one.date, making)


def exact_when(one: Spoken, making: Making) -> When:
    """Returns the main date of an entry with its time, where the source gives one."""
    return written(one.date, making) if one.date else when(one, making)


def author(one: Spoken, shown: ShownPerson) -> str:
    """Returns who wrote an entry: as it says itself, else as its source names whom it refers to."""
    return fhir.author(one.value) or shown.authors.get(fhir.author_reference(one.value), "")


def is_silent(row: Row, shown: ShownPerson) -> bool:
    """Says that the source of an entry has not been heard for too long about its heading."""
    of = shown.organisations.get(row.source)
    if of is None or row.heading is None:
        return False
    return any(
        line.organisation == of.name and line.state in ("STALE", "NOT_CHECKED")
        for line in shown.feeds.get(Heading(row.heading), ())
    )
