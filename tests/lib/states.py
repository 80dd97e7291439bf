"""How each state of a page comes about, and by what it is known. Source: interface.md 12."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import yaml

from careweave.terms import PersonId, Role
from tests.lib.pages import BY_ROLE, Visitor, World, break_glass
from tests.lib.seen import Seen

TABLE = Path(__file__).parents[1] / "journeys" / "states.yaml"
PAGES: Mapping[str, str] = {
    "record": "",
    "card": "card",
    "timeline": "timeline",
    "section": "s/medicines",
    "parts": "s",
    "plan": "plan",
    "print": "print",
    "reconcile": "reconcile",
    "add": "add",
    "write": "add/note",
    "emergency": "emergency",
    "why": "why",
    "reason": "reason/formulation",
    "entry": "s/medicines > /e/",
    "report": "s/medicines > /e/ > /report/",
    "document": "s/discharges > /e/ > /documents/",
    "trend": "s/results > /s/results/",
}
"""Pages about a person, by their part of the address; `>` goes on by the first such link."""

DESKS: Mapping[str, str] = {
    "find": "/workspace/find",
    "day": "/workspace/",
    "people": "/workspace/people/recent",
    "accesses": "/workspace/accesses",
    "visits": "/workspace/visits",
    "role": "/workspace/role",
    "keys": "/workspace/keys",
    "prove": "/workspace/prove",
    "commands": "/workspace/go",
    "queue": "/console/",
    "problems": "/console/problems",
}
"""Pages about nobody, each with its address."""

DESK_SIGNS: Mapping[tuple[str, str], str] = {
    ("find", "full"): "data-listed",
    ("find", "empty"): "You have opened nobody",
    ("day", "full"): "data-listed",
    ("day", "empty"): "You have opened nobody",
    ("people", "full"): "data-listed",
    ("people", "empty"): "You have opened nobody",
    ("accesses", "full"): "/workspace/shown/",
    ("accesses", "empty"): "Nothing in this time",
    ("visits", "full"): "data-visit",
    ("queue", "full"): "data-review",
    ("queue", "empty"): "Nothing waits to be looked into",
}
"""By what a page about nobody is known when it is full or empty; else by its heading."""

SIGNS: Mapping[tuple[str, str], str] = {
    ("emergency", "full"): "cw-h1",
    ("reason", "full"): 'id="break-glass"',
}
"""By what a page is known that shows no banner in a state."""

_READERS: Mapping[str, str] = {"queue": "u-privacy", "problems": "u-privacy", "visits": "u-cn"}


@dataclass(frozen=True)
class State:
    """One state: who reads whom, what happens first, and what the answer has then."""

    sign: str
    person: str = "edna-hartley"
    role: Role = Role.GP
    code: int = 200
    query: str = ""
    section: str = PAGES["section"]
    earlier: Callable[[World], object] | None = None
    before: Callable[[World, Visitor], object] | None = None
    is_tied: bool = True
    is_open_after: bool = False


def _silent(world: World) -> None:
    world.later(hours=30)
    world.hear(but=["nm-ashgrove-gp"])


def _broken(world: World, _: Visitor) -> None:
    _alter(world, "ALTER TABLE record.resource RENAME TO resource_away")


def _read_only(world: World, _: Visitor) -> None:
    name = world.rows("SELECT current_database()")[0][0]
    _alter(world, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    _alter(
        world,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


def _alter(world: World, statement: str) -> None:
    with psycopg.connect(world.database.url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def _late(world: World, _: Visitor) -> None:
    world.later(minutes=31)


def _untied(world: World, _: Visitor) -> None:
    """Takes away what `tie` gave, as if it had never been: what has ended may linger by a rule."""
    _alter(world, "DELETE FROM record.tie WHERE from_rid < 0")


def _opened(world: World, visitor: Visitor) -> None:
    break_glass(visitor, world.person("susan-hartley-brook"))


STATES: Mapping[str, State] = {
    "full": State("data-banner"),
    "empty": State('data-state="NO', person="suparman", role=Role.HC),
    "stale": State('data-state="STALE"', earlier=_silent),
    "refused": State(
        "data-refused", role=Role.ED, person="susan-hartley-brook", code=403, before=_untied
    ),
    "withheld": State(
        'data-state="WITHHELD"',
        person="dilwyn-prys-morgan",
        role=Role.MH,
        section="s/formulation",
    ),
    "error": State("cw-trouble--error", code=500, before=_broken),
    "ended": State("", code=303, before=_late),
    "busy": State("cw-trouble--busy", code=503, before=_read_only),
    "glass": State(
        "data-emergency",
        role=Role.ED,
        person="susan-hartley-brook",
        is_tied=False,
        before=_opened,
        is_open_after=True,
    ),
    "restricted": State("cw-banner--restricted", person="nadia-kowalczuk"),
    "deceased": State("cw-banner--deceased", person="colin-hartley"),
    "review": State("cw-banner__note", person="aisha-rahman", role=Role.HC),
    "unborn": State("Unborn", person="unborn-marsh", role=Role.HC),
    "newborn": State("Born 21-Mar-2026", person="baby-wojcik-1", role=Role.HC),
    "earlier": State("data-as-it-was", query="?on=2026-03-20"),
}


@cache
def table() -> Mapping[str, Any]:
    """Returns the table as it is written."""
    found: Mapping[str, Any] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return found


def drawn() -> list[tuple[str, str]]:
    """Returns the cells that are drawn here, of pages about a person."""
    return [
        (page, state)
        for page, cells in table()["pages"].items()
        for state in cells["drawn"]
        if page in PAGES
    ]


def answers_in(world: World, pages: list[str], state: State) -> Iterator[tuple[str, Any]]:
    """Yields each page as it answers in a state; some of them spend the world."""
    visitor, paths = paths_in(world, pages, state)
    for page, path in paths.items():
        yield page, visitor.get(path)


def paths_in(world: World, pages: list[str], state: State) -> tuple[Visitor, dict[str, str]]:
    """Brings a state about; returns who reads, and where each page is for them."""
    if state.earlier is not None:
        state.earlier(world)
    visitor = world.signed_in("u-mh-crisis" if state.role is Role.MH else BY_ROLE[state.role])
    person = world.person(state.person)
    if state.is_tied and state.role in {Role.ED, Role.HC, Role.PA, Role.CN}:
        world.tie(person, state.role, since=timedelta(days=20))
    if state.is_open_after and state.before is not None:
        state.before(world, visitor)
    parts = {**PAGES, "section": state.section}
    paths = {page: _found(visitor, person, parts[page], state.query) for page in pages}
    if state.before is not None and not state.is_open_after:
        state.before(world, visitor)
    return visitor, {page: path for page, path in paths.items() if path}


def _found(visitor: Visitor, person: PersonId, part: str, query: str) -> str:
    """Returns where a page is, by its links where it has no address of its own; else nothing."""
    first, *links = part.split(" > ")
    path = visitor.record(person, first) + query
    for link in links:
        answer = visitor.get(path)
        found = Seen(answer.text).one("main").links if answer.status_code == 200 else []
        path = next((one for one in found if link in one), "")
        if not path:
            return ""
    return path if not links or not query or "?" in path else path + query


DESK_STATES = ("full", "empty", "error", "ended", "busy")


def desks_in(world: World, state: str) -> Iterator[tuple[str, Any, str]]:
    """Yields each page about nobody that is drawn in a state: its name, its answer, its sign."""
    cells = table()["pages"]
    chosen = [page for page in DESKS if state in cells[page]["drawn"]]
    visitors = {page: world.signed_in(_READERS.get(page, "u-gp")) for page in chosen}
    if state == "full":
        _busy_day(world, visitors)
    before = STATES[state].before
    if before is not None:
        before(world, next(iter(visitors.values())))
    for page in chosen:
        sign = DESK_SIGNS.get((page, state), STATES[state].sign if before else "cw-h1")
        yield page, visitors[page].get(DESKS[page]), sign


def _busy_day(world: World, visitors: Mapping[str, Visitor]) -> None:
    """Lets a doctor have looked, a nurse have somebody to visit, an officer something to review."""
    visitor = visitors["people"]
    visitor.get(visitor.record(world.person("edna-hartley")))
    world.tie(world.person("edna-hartley"), Role.CN)
    break_glass(world.signed_in("u-ed"), world.person("hugh-carrington-bass"))
    world.later(seconds=1)
