"""Everything that the systems of Northmere send, in the order in which it is sent."""

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import count
from pathlib import Path

from careweave.demonstration._acute import Ward
from careweave.demonstration._background import Background
from careweave.demonstration._calendar import DAY_0, moment
from careweave.demonstration._extract import Stock, files, lines_of
from careweave.demonstration._extracts_care import care_home, charity, home_care
from careweave.demonstration._extracts_council import adults, children
from careweave.demonstration._extracts_gp import extracts as surgery
from careweave.demonstration._json_feeds import ambulance, hospice
from careweave.demonstration._model import Holding, Person, Sent
from careweave.demonstration._people import USUAL_SEED, read_people
from careweave.demonstration._records import houses, transactions
from careweave.demonstration._region import Region, read_region
from careweave.demonstration._stu3 import bundles


def _by_time(one: Sent) -> tuple[float, str]:
    # Two times of one zone are compared by the clock on the wall, which goes back and forth.
    return one.at.timestamp(), one.source


_EXTRACTS = {
    "GPC": surgery,
    "CAS": adults,
    "CCS.csv": children,
    "CHO": care_home,
    "HCP": home_care,
    "THI": charity,
}
# The surgery's system stood still on these days. Source: reference/people.md 10.
_SILENT = {"GPC": range(14, 18)}


def sent(
    region: Path,
    *,
    seed: str = USUAL_SEED,
    n_background: int = 0,
    until: int = 10,
    only: Collection[str] | None = None,
    is_marked: bool = True,
) -> Iterator[Sent]:
    """Gives what every system sends until 08:00 on a day of the scenario, oldest first.

    The night before day 0 brings what each system has known so far. `n_background` more
    inhabitants, of whom nothing is told but ordinary care, are made while they are sent.
    `only` are the keys of the named people to tell of; None means all. Unless it is marked, no
    planted string is in it.
    """
    read = read_region(region)
    people = read_people(region, read, seed, is_marked=is_marked)
    told = people if only is None else tuple(one for one in people if one.key in only)
    play = _Play(read, people, Background(read, seed, n_background), _last(until))
    named = sorted(play.messages(told), key=_by_time)
    for one in heapq.merge(named, play.background_messages(), play.files(told), key=_by_time):
        if one.at > play.last:
            return
        yield one


def _last(until: int) -> datetime:
    return moment(DAY_0 + timedelta(until), time(8))


@dataclass(frozen=True, slots=True)
class _Play:
    """Who is in it and until when."""

    region: Region
    people: tuple[Person, ...]
    background: Background
    last: datetime

    def messages(self, told: Iterable[Person]) -> Iterator[Sent]:
        """Gives the messages of named people, and of the houses that send them."""
        first = moment(DAY_0 - timedelta(1), time(5))
        for desk in self.region.desks.values():
            if desk.format == "fhir":
                yield houses(desk, first)
        several = list(told)
        for person in several:
            for holding in person.holdings:
                yield from self._of(holding)
        yield from hospice(_held(several, "HOS"), self.last)
        yield from ambulance(_held(several, "AMB"), self.last)

    def _of(self, holding: Holding) -> Iterator[Sent]:
        desk = self.region.desk(holding.desk)
        if desk.format == "fhir":
            yield from transactions(desk, holding)
        elif desk.format == "stu3":
            yield from bundles(desk, holding)
        elif desk.format == "v2":
            others = self.people
            yield from Ward(desk, holding, lambda key: local_of(others, key, desk.key)).messages()

    def background_messages(self) -> Iterator[Sent]:
        """Gives the messages of the background, in order, holding only those of a few people."""
        waiting: list[tuple[datetime, int, Sent]] = []
        turns = count()
        for index, person in enumerate(self.background):
            known_at = min((one.known_at for one in person.holdings), default=None)
            while known_at and waiting and waiting[0][0] < known_at:
                yield heapq.heappop(waiting)[2]
            for holding in person.holdings:
                for one in self._of(holding):
                    heapq.heappush(waiting, (one.at, next(turns), one))
            for one in ambulance(_held([person], "AMB"), self.last, 100_000 + index):
                heapq.heappush(waiting, (one.at, next(turns), one))
        while waiting:
            yield heapq.heappop(waiting)[2]

    def files(self, told: Iterable[Person]) -> Iterator[Sent]:
        """Gives every file, in order."""
        several, lines = list(told), self._background_lines()
        made = [
            files(extract, self._stock(several, desk, lines), self.last)
            for desk, extracts in _EXTRACTS.items()
            for extract in extracts()
        ]
        return heapq.merge(*made, key=_by_time)

    def _stock(self, people: list[Person], desk: str, lines: Mapping[str, list[str]]) -> Stock:
        kept = {source: tuple(told) for source, told in lines.items()}
        return Stock(tuple(_held(people, desk)), kept, _SILENT.get(desk, range(0)))

    def _background_lines(self) -> Mapping[str, list[str]]:
        """Returns the lines of the background in each full extract: they never change."""
        at = moment(DAY_0, time(7, 59))
        lines: dict[str, list[str]] = {}
        made = {desk: extracts() for desk, extracts in _EXTRACTS.items()}
        for person in self.background:
            for holding in person.holdings:
                for extract in made.get(holding.desk, ()):
                    if extract.clock is not None:
                        told = lines.setdefault(extract.source, [])
                        told += lines_of(extract, [holding], at)
        return lines


def _held(people: Iterable[Person], desk: str) -> list[Holding]:
    return [one for person in people for one in person.held(desk)]


def local_of(people: Iterable[Person], key: str, desk: str) -> str:
    """Returns the local number of a person at a system; a text that names nobody is a number.

    `beryl-stott#2` is the second record of the same person.
    """
    name, _, which = key.partition("#")
    for person in people:
        for holding in person.held(desk) if person.key == name else ():
            if holding.which == which:
                return holding.who.local
    return key


def named(region: Path) -> tuple[str, ...]:
    """Returns the keys of the named people, in the order of their numbers."""
    return tuple(one.key for one in read_people(region, read_region(region), USUAL_SEED))
