"""What goes on after the load: a region that is awake, for as long as somebody listens."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from operator import attrgetter
from pathlib import Path

from careweave.demonstration._acute import Ward
from careweave.demonstration._background import Background
from careweave.demonstration._dice import Dice
from careweave.demonstration._fhir import Chart, patient
from careweave.demonstration._json_feeds import ambulance
from careweave.demonstration._model import Fact, Holding, Person, Sent
from careweave.demonstration._people import USUAL_SEED, read_people
from careweave.demonstration._records import resource_of, transaction
from careweave.demonstration._region import Desk, Region, read_region
from careweave.terms import Json

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_CLOSED = frozenset({"S12"})


@dataclass(frozen=True, slots=True)
class _Event:
    """Something that happens: `value` and `minutes` are bounds that are drawn from."""

    kind: str
    text: str
    more: Mapping[str, str] = field(default_factory=dict)
    value: tuple[int, int] | None = None
    minutes: tuple[int, int] | None = None


def _ward(name: str) -> dict[str, str]:
    return {"ward": name}


def _unit(name: str) -> dict[str, str]:
    return {"unit": name}


_EVENTS = {
    "gp": (
        _Event("visit", "Consultation"),
        _Event("sign", "Systolic blood pressure", _unit("mm[Hg]"), (108, 168)),
        _Event("result", "Sodium", _unit("mmol/L"), (131, 147)),
        _Event("medicine", "Amoxicillin", {"dose": "500 mg tds"}),
    ),
    "acute": (
        _Event("stay", "Chest pain", _ward("Ward 6 / Bay 2"), minutes=(20, 90)),
        _Event("emergency", "Injury", _ward("Emergency department"), minutes=(10, 60)),
        _Event("result", "Haemoglobin", _unit("g/L"), (92, 168)),
        _Event("result", "Creatinine", _unit("umol/L"), (52, 190)),
        _Event("result", "C-reactive protein", _unit("mg/L"), (1, 140)),
        _Event("sign", "Oxygen saturation", _unit("%"), (88, 99)),
        _Event("appointment", "Follow-up", _ward("Outpatients 4")),
        _Event("document", "Clinic letter"),
        _Event("medicine", "Enoxaparin", {"dose": "40 mg od"}),
    ),
    "community": (
        _Event("visit", "Visit at home"),
        _Event("sign", "Body weight", _unit("kg"), (48, 98)),
    ),
    "mental-health": (_Event("visit", "Visit of the team"),),
    "pharmacy": (_Event("dispensed", "Amlodipine", {"dose": "5 mg od"}),),
    "ambulance": (_Event("incident", "Fall"),),
}


@dataclass(slots=True)
class _Alive:
    """The region while it goes on: what is still to come waits in a heap by time."""

    region: Region
    people: list[Person]
    background: Background
    dice: Dice
    first: int
    waiting: list[tuple[datetime, int, Sent]] = field(default_factory=list)
    turns: "count[int]" = field(default_factory=count)

    def at(self, now: datetime) -> Iterator[Sent]:
        """Gives what is sent at a moment."""
        for one in self._happens(now):
            heapq.heappush(self.waiting, (one.at, next(self.turns), one))
        while self.waiting and self.waiting[0][0] <= now:
            yield heapq.heappop(self.waiting)[2]

    def _happens(self, now: datetime) -> Iterator[Sent]:
        person = self._someone()
        known = [one for one in person.holdings if self._kind(one) in _EVENTS and not one.which]
        if not known:
            return
        holding = self.dice.one(known)
        fact = self._fact(self.dice.one(_EVENTS[self._kind(holding)]), now)
        for one in self._messages(holding, fact):
            yield from self._posted(one)

    def _someone(self) -> Person:
        if self.background.count and self.dice.chance(0.8):
            return self.background.person(self.dice.below(self.background.count))
        return self.dice.one(self.people)

    def _kind(self, holding: Holding) -> str:
        desk = self.region.desk(holding.desk)
        return desk.organisation.kind if desk.format in {"fhir", "v2", "json"} else ""

    def _fact(self, event: _Event, now: datetime) -> Fact:
        more: dict[str, Json] = {**event.more, "is_late": True}
        if event.value:
            more["value"] = str(self.dice.between(*event.value))
        if event.minutes:
            ended_at = now + timedelta(minutes=self.dice.between(*event.minutes))
            more["ended_at"] = ended_at.isoformat()
        # An appointment to come is told now, like everything else.
        at = now + timedelta(days=14) if event.kind == "appointment" else now
        return Fact(event.kind, event.text, at, now, self.first + next(self.turns), more)

    def _messages(self, holding: Holding, fact: Fact) -> Iterator[Sent]:
        desk = self.region.desk(holding.desk)
        if desk.format == "v2":
            yield from Ward(desk, holding, lambda key: key).told(fact)
        elif desk.format == "fhir":
            yield self._transaction(desk, holding, fact)
        else:
            alone = replace(holding, facts=(fact,))
            yield from ambulance([alone], fact.sent_at, self.first + next(self.turns))

    def _transaction(self, desk: Desk, holding: Holding, fact: Fact) -> Sent:
        chart = Chart(desk, holding.who)
        body = transaction([patient(chart), resource_of(chart, fact)])
        return Sent(desk.sources["fhir"], fact.sent_at, None, body)

    def _posted(self, one: Sent) -> Iterator[Sent]:
        """Gives a message as it comes: mostly at once, some late, some twice."""
        if self.dice.chance(0.05):
            one = replace(one, at=one.at + timedelta(seconds=self.dice.between(20, 240)))
        yield one
        if one.name is None and self.dice.chance(0.02):
            yield replace(one, at=one.at + timedelta(seconds=self.dice.between(1, 30)))


def trickle(
    region: Path, *, seed: str = USUAL_SEED, population: int, start: datetime
) -> Iterator[Sent]:
    """Gives, without end, what the systems send from `start` on: between one and two a second.

    Some come late, some out of order, some twice. Two starts never use the same numbers.
    """
    read = read_region(region)
    people = [
        one
        for one in read_people(region, read, seed)
        if not one.subject & _CLOSED and one.who.died_at is None and one.key in _NAMED_STAGE
    ]
    first = int((start - _EPOCH).total_seconds()) * 4
    alive = _Alive(read, people, Background(read, seed, population), Dice(seed, first), first)
    now = start
    while True:
        now += timedelta(milliseconds=alive.dice.between(350, 900))
        yield from sorted(alive.at(now), key=attrgetter("at"))


# Named people who may be seen to live on without touching what a test says of them.
_NAMED_STAGE = frozenset(
    {"samina-akhtar", "bilal-akhtar", "hana-akhtar", "ivor-candidate", "ada-candidate"}
)
