"""Files that systems without messages send: full extracts by night, what is new by the hour.

Every file has its columns, its clock and its habits (delimiter, encoding, last line) as its system
has them; the rows come from the same facts as every message.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

from careweave.demonstration._calendar import DAY_0, day_of, london, moment
from careweave.demonstration._dose import read_dose
from careweave.demonstration._fhir import slug
from careweave.demonstration._model import Fact, Holding, Sent, Who
from careweave.demonstration._state import who_at

Row = Mapping[str, str]
OfPerson = Callable[[Holding, Who, datetime], Row | None]
OfFact = Callable[[Fact, Who], Row]
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Habits:
    """How a system writes files: `day` and `minute` are its forms of dates and times."""

    delimiter: str = ","
    encoding: str = "utf-8"
    day: str = "%Y-%m-%d"
    minute: str = "%Y-%m-%dT%H:%M"
    comma: bool = False
    trailer: bool = False
    blanks_in_numbers: bool = False

    def on(self, at: datetime | None) -> str:
        """Returns a date as the system writes it, empty for none."""
        return at.strftime(self.day) if at else ""

    def at(self, at: datetime | None) -> str:
        """Returns a time as the system writes it, empty for none."""
        return at.strftime(self.minute) if at else ""

    def nhs(self, who: Who) -> str:
        """Returns the NHS number as the system writes it."""
        number = who.nhs or ""
        if not number.isdigit():
            return ""
        return f"{number[:3]} {number[3:6]} {number[6:]}" if self.blanks_in_numbers else number

    def number(self, text: str) -> str:
        """Returns a decimal number as the system writes it."""
        return text.replace(".", ",") if self.comma else text


@dataclass(frozen=True, slots=True)
class Extract:
    """One kind of file: who sends it under which name, and what its rows are made of.

    Either `person` gives a row for each person, or `facts` one for each fact of these kinds.
    `clock` is the hour of a full extract; None means a file of what is new, every `every`.
    """

    source: str
    pattern: str
    columns: str
    habits: Habits
    clock: time | None = None
    every: timedelta = timedelta(days=1)
    person: OfPerson | None = None
    facts: Mapping[str, OfFact] = field(default_factory=dict)
    is_sent_empty: bool = False
    renamed: tuple[int, str, str] | None = None

    def header(self, at: datetime) -> list[str]:
        """Returns the names of the columns, which may change in the second week."""
        if self.renamed is None or day_of(at) < self.renamed[0]:
            return self.columns.split(self.habits.delimiter)
        return self.columns.replace(self.renamed[1], self.renamed[2]).split(self.habits.delimiter)


@dataclass(frozen=True, slots=True)
class Stock:
    """Whom a system knows: the named people, and the lines that never change of all others."""

    held: tuple[Holding, ...]
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    silent: range = range(0)


def files(extract: Extract, stock: Stock, until: datetime) -> Iterator[Sent]:
    """Gives the files of one kind until a time; on silent days none is sent."""
    held = stock.held
    if extract.clock is None:
        yield from _news(extract, held, until)
        return
    at = moment(DAY_0, extract.clock)
    others = stock.lines.get(extract.source, ())
    while at <= until:
        if day_of(at) not in stock.silent:
            yield _file(extract, at, [*lines_of(extract, held, at), *others], 0)
        at = moment(at.date() + extract.every, extract.clock)


def lines_of(extract: Extract, held: Iterable[Holding], at: datetime) -> Iterator[str]:
    """Gives the lines of a full extract at a time, without the header."""
    return _lines(extract, _snapshot(extract, held, at))


def _lines(extract: Extract, rows: Iterable[Row]) -> Iterator[str]:
    delimiter = extract.habits.delimiter
    own = extract.columns.split(delimiter)
    return (delimiter.join(_cell(row.get(name, ""), delimiter) for name in own) for row in rows)


def _news(extract: Extract, held: Iterable[Holding], until: datetime) -> Iterator[Sent]:
    since, number = moment(DAY_0 - timedelta(60), time(0)), 0
    # By Greenwich: the night with the missing hour has four quarters less on the wall.
    at = moment(DAY_0, time(8)).astimezone(UTC)
    told = sorted(_events(extract, held), key=lambda one: one[0])
    place = 0
    while at <= until:
        rows = []
        while place < len(told) and told[place][0] <= at:
            rows += [told[place][1]] if told[place][0] > since else []
            place += 1
        if rows or extract.is_sent_empty:
            number += 1
            yield _file(extract, at.astimezone(london()), list(_lines(extract, rows)), number)
        at += extract.every


def _events(extract: Extract, held: Iterable[Holding]) -> Iterator[tuple[datetime, Row]]:
    for holding in held:
        for fact in holding.facts:
            maker = extract.facts.get(fact.kind)
            if maker is not None:
                who = who_at(holding, fact)
                yield fact.sent_at, _identified(extract, who, maker(fact, who))


def _snapshot(extract: Extract, held: Iterable[Holding], at: datetime) -> Iterator[Row]:
    for holding in held:
        if holding.known_at > at:
            continue
        who = who_at(holding, Fact("now", "", at, at, 0))
        if extract.person is not None:
            row = extract.person(holding, who, at)
            if row is not None:
                yield _identified(extract, who, row)
            continue
        for fact in holding.facts:
            maker = extract.facts.get(fact.kind)
            if maker is not None and fact.sent_at <= at:
                yield _identified(extract, who, maker(as_of(fact, at), who))


def as_of(fact: Fact, at: datetime) -> Fact:
    """Returns a fact as it was at a time: what has not ended yet has no end."""
    if fact.ended_at is None or fact.ended_at <= at:
        return fact
    more = {name: value for name, value in fact.more.items() if name != "ended_at"}
    return replace(fact, more=more)


def _identified(extract: Extract, who: Who, row: Row) -> Row:
    number = extract.habits.nhs(who)
    return {"NHS_NUMBER": number, "NHSNumber": number, "NHS No": number, **row}


def _file(extract: Extract, at: datetime, rows: list[str], number: int) -> Sent:
    habits = extract.habits
    lines = [habits.delimiter.join(extract.header(at)), *rows]
    if habits.trailer:
        lines.append(f"TRAILER{habits.delimiter}{len(lines) - 1}")
    body = ("\r\n".join(lines) + "\r\n").encode(habits.encoding, "replace")
    name = extract.pattern.format(d=f"{at:%Y%m%d}", t=f"{at:%H%M}", n=f"{number:06d}")
    return Sent(extract.source, at, name, body)


def _cell(text: str, delimiter: str) -> str:
    if any(c in text for c in (delimiter, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text


def code(fact: Fact) -> str:
    """Returns the invented code of a fact."""
    return fact.word("code") or slug(fact.text)


def dosed(fact: Fact, habits: Habits) -> dict[str, str]:
    """Returns dose, unit and frequency in the columns that all charts have."""
    dose = read_dose(fact.word("dose"))
    amount = habits.number(str(dose.amount)) if dose else ""
    parts = {"unit": dose.unit if dose else "", "often": dose.frequency if dose else "other"}
    return {"amount": amount, **parts, "needed": "Y" if parts["often"] == "prn" else "N"}


def known(holding: Holding, kind: str, at: datetime) -> list[Fact]:
    """Returns the facts of a kind that a system knows at a time and that hold then."""
    return [
        one
        for one in holding.facts
        if one.kind == kind and one.sent_at <= at and not (one.ended_at and one.ended_at <= at)
    ]


def last(holding: Holding, kind: str, at: datetime) -> Fact | None:
    """Returns the newest of those facts."""
    found = known(holding, kind, at)
    return found[-1] if found else None


def changed_at(holding: Holding, at: datetime) -> datetime:
    """Returns when something about the person was last new to the system."""
    told = [one.sent_at for one in holding.facts if one.sent_at <= at]
    return max(told, default=holding.known_at)


def number_of(fact: Fact, who: Who, prefix: str) -> str:
    """Returns the number that a system gives to one thing of one person."""
    digits = "".join(c for c in who.local if c.isdigit())
    return f"{prefix}{digits}{fact.number:04d}"
