"""Everything that the systems of Northmere send, in the order in which it is sent."""

import heapq
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from operator import attrgetter
from pathlib import Path

from careweave.demonstration._acute import Ward
from careweave.demonstration._calendar import DAY_0, moment
from careweave.demonstration._extract import files
from careweave.demonstration._extracts_care import care_home, charity, home_care
from careweave.demonstration._extracts_council import adults, children
from careweave.demonstration._extracts_gp import extracts as surgery
from careweave.demonstration._json_feeds import ambulance, hospice
from careweave.demonstration._model import Holding, Person, Sent
from careweave.demonstration._reading import USUAL_SEED, read_people
from careweave.demonstration._records import houses, transactions
from careweave.demonstration._region import Region, read_region
from careweave.demonstration._stu3 import bundles

_BY_TIME = attrgetter("at", "source")


def sent(
    region: Path, *, seed: str = USUAL_SEED, n_background: int = 0, until: int = 10
) -> Iterator[Sent]:
    """Gives what every system sends until 08:00 on a day of the scenario, oldest first.

    The night before day 0 brings what each system has known so far. `n_background` more
    inhabitants, of whom nothing is told but ordinary care, are made while they are sent.
    """
    read = read_region(region)
    people = read_people(region, read, seed)
    last = moment(DAY_0 + timedelta(until), time(8))
    named = sorted(_named(read, people, last), key=_BY_TIME)
    yield from (one for one in heapq.merge(named, key=_BY_TIME) if one.at <= last)


def _named(region: Region, people: tuple[Person, ...], last: datetime) -> Iterator[Sent]:
    first = moment(DAY_0 - timedelta(1), time(5))
    for desk in region.desks.values():
        if desk.format == "fhir":
            yield houses(desk, first)
    for person in people:
        for holding in person.holdings:
            yield from _messages(region, people, holding)
    yield from _files(people, last)


def _messages(region: Region, people: tuple[Person, ...], holding: Holding) -> Iterator[Sent]:
    desk = region.desk(holding.desk)
    if desk.format == "fhir":
        yield from transactions(desk, holding)
    elif desk.format == "stu3":
        yield from bundles(desk, holding)
    elif desk.format == "v2":
        yield from Ward(desk, holding, lambda key: local_of(people, key, holding.desk)).messages()


def _files(people: tuple[Person, ...], last: datetime) -> Iterator[Sent]:
    for desk, extracts in _EXTRACTS.items():
        holdings = [one for person in people for one in person.held(desk)]
        # The surgery's system stood still on days 14 to 17.
        silent = range(14, 18) if desk == "GPC" else range(0)
        for extract in extracts():
            yield from files(extract, holdings, last, silent)
    for desk, documents in _DOCUMENTS.items():
        yield from documents([one for person in people for one in person.held(desk)], last)


_EXTRACTS = {
    "GPC": surgery,
    "CAS": adults,
    "CCS.csv": children,
    "CHO": care_home,
    "HCP": home_care,
    "THI": charity,
}
_DOCUMENTS = {"HOS": hospice, "AMB": ambulance}


def local_of(people: tuple[Person, ...], key: str, desk: str) -> str:
    """Returns the local number of a person at a system; a text that names nobody is a number.

    `beryl-stott#2` is the second record of the same person.
    """
    name, _, which = key.partition("#")
    for person in people:
        for holding in person.held(desk) if person.key == name else ():
            if holding.which == which:
                return holding.who.local
    return key
