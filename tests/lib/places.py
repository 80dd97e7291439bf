"""Where the pages are, and who reads them: the table of `tests/journeys/pages.yaml`, resolved."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from careweave.terms import Role
from tests.lib.pages import BY_ROLE, Visitor, World, break_glass
from tests.lib.seen import Seen

FOLDER = Path(__file__).parents[1] / "journeys"
TURN = int(os.environ.get("JOURNEY_TURN", "0"))
"""Which of several readers, widths or languages is this run's; a night has every turn."""

ALL = bool(os.environ.get("JOURNEY_ALL"))
"""Whether every reader of every page is tried, as by night and for pictures."""

PEOPLE: Mapping[str, str] = {
    "ED": "edna-hartley",
    "GP": "edna-hartley",
    "CN": "edna-hartley",
    "HC": "edna-hartley",
    "SW": "edna-hartley",
    "MH": "dilwyn-prys-morgan",
    "PA": "chidi-okonkwo",
    "CH": "winifred-achterberg",
    "PH": "edna-hartley",
    "MH-crisis": "dilwyn-prys-morgan",
}
"""Whom each role has before it."""

_MORE = {"nobody": "", "MH-crisis": "u-mh-crisis", "officer": "u-privacy"}


@dataclass(frozen=True)
class Place:
    """One route: what it is, how it is reached, who reads it."""

    name: str
    id: str
    roles: tuple[str, ...]
    path: str = ""
    first: str = ""
    via: str = ""
    links: tuple[str, ...] = ()


@cache
def table() -> Mapping[str, Mapping[str, object]]:
    """Returns the table as it is written."""
    found: Mapping[str, Mapping[str, object]] = yaml.safe_load(
        (FOLDER / "pages.yaml").read_text(encoding="utf-8")
    )
    return found


@cache
def places() -> Mapping[str, Place]:
    """Returns every page by the name of its route."""
    every = tuple(str(role) for role in BY_ROLE)
    found = {}
    for name, told in table().items():
        if "absent" not in told:
            roles = every if told["roles"] == "all" else tuple(map(str, told["roles"]))  # type: ignore[arg-type]
            links = tuple(told.get("links", ()))  # type: ignore[arg-type]
            found[name] = Place(name, **{**told, "roles": roles, "links": links})  # type: ignore[arg-type]
    return found


def chosen() -> Iterator[tuple[str, str]]:
    """Yields a page and a role: one of its roles by rotation, the overview for every role."""
    for n, place in enumerate(places().values()):
        every = ALL or place.name == "record"
        roles = place.roles if every else (place.roles[(n + TURN) % len(place.roles)],)
        yield from ((place.name, role) for role in roles)


def user_of(role: str) -> str:
    """Returns who reads as this role; empty for nobody."""
    return _MORE[role] if role in _MORE else BY_ROLE[Role(role)]


@dataclass
class Reader:
    """Somebody who goes to pages: finds each by its place in the table."""

    world: World
    role: str
    visitor: Visitor | None = None
    _found: dict[str, str] = field(default_factory=dict)

    @property
    def token(self) -> str:
        """The id of the session; empty for nobody."""
        return "" if self.visitor is None else self.visitor.token

    def path(self, name: str) -> str:
        """The address of a page in this session."""
        if name not in self._found:
            self._found[name] = self._path(places()[name])
        return self._found[name]

    def _path(self, place: Place) -> str:
        if place.path:
            return self._filled(place.path)
        assert self.visitor is not None
        if place.first:
            self.visitor.get(self._filled(place.first))
            # What was read at the very moment of the question is not yet in the span asked about.
            self.world.later(seconds=1)
        where = self._filled(place.via)
        for link in place.links:
            page = Seen(self.visitor.get(where).text).one("main")
            found = [one for one in page.links if link in one]
            assert found, f"{place.name}: no link with {link}"
            where = found[0]
        return where

    def _filled(self, path: str) -> str:
        if "{r}" not in path:
            return path
        assert self.visitor is not None
        record = self.visitor.record(self.world.person(PEOPLE[self.role]))
        return path.replace("{r}", record)


def reader(world: World, role: str) -> Reader:
    """Returns somebody of a role, with a tie to whom they read about."""
    user = user_of(role)
    if not user:
        return Reader(world, role)
    if role in PEOPLE:
        plain = Role(role.partition("-")[0])
        if plain in {Role.ED, Role.HC, Role.PA}:
            world.tie(world.person(PEOPLE[role]), plain)
    if role == "officer":
        # Somebody of the hospital has opened a record that is none of theirs.
        break_glass(world.signed_in("u-ed"), world.person("hugh-carrington-bass"))
    return Reader(world, role, world.signed_in(user))
