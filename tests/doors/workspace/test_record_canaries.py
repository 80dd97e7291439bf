"""No page of a record, in HTML, SVG, CSV, print or taken along, holds what its reader may not see.

What each reader may see is foretold by deciding alone. Source: `reference/people.md` 8.
"""

import itertools
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import pytest

from careweave.agreements import Context
from careweave.doors._access import Handles
from careweave.doors._frame import csrf_token
from careweave.terms import Action, PersonId
from careweave.views import NAMED, slug_of
from tests.lib.foresight import CANARY, Foresight, Kept, label_of
from tests.lib.pages import BY_ROLE, STAFF, Visitor, World
from tests.lib.region import northmere

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

PAGES = ("card", "s", "timeline", "plan", "print", "print?size=large", "reconcile")
TREND = re.compile(r'href="(/workspace/r/[^"/]+/s/(?:results|observations)/[^"/]+)"')


@dataclass
class Met:
    """What was asked, and what came back that should not have."""

    seen: set[str] = field(default_factory=set)
    leaks: list[tuple[str, ...]] = field(default_factory=list)
    n: int = 0


def of_persons(foresight: Foresight) -> dict[PersonId, list[Kept]]:
    found: dict[PersonId, list[Kept]] = {}
    for kept in foresight.kept:
        if kept.thing.person is not None:
            found.setdefault(kept.thing.person, []).append(kept)
    return found


@dataclass
class Reading:
    """One reader of a world, with what deciding lets them meet."""

    world: World
    visitor: Visitor
    may: frozenset[str]
    met: Met

    def ask(self, path: str) -> str:
        """Asks for a page and keeps what of it should not be there."""
        answer = self.visitor.get(path)
        assert answer.status_code in (200, 403, 404), (self.visitor.user, answer.status_code)
        whole = answer.get_data() + repr(sorted(answer.headers.items())).encode()
        met = set(CANARY.findall(whole.decode("utf-8", "replace")))
        self.met.n += 1
        self.met.seen |= met
        page = re.sub(r"/r/[^/]+", "/r/-", path)
        self.met.leaks += [(self.visitor.user, page, one) for one in sorted(met - self.may)]
        return answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""

    def take_visits(self) -> int:
        """Takes the visit list along, where the role has one; returns how many people are in it."""
        page = self.ask("/workspace/visits")
        forms = re.findall(r'data-form="([^"]+)"', page)
        if not forms:
            return 0
        secret = self.world.session_of(self.visitor.token).secret
        fields = {"csrf": csrf_token(secret, secrets.token_bytes), "form": forms[0]}
        answer = self.visitor.post("/workspace/visits/copy", fields)
        assert answer.status_code == 200
        self.met.leaks += [
            (self.visitor.user, "copy", one)
            for one in sorted(set(CANARY.findall(answer.get_data(as_text=True))) - self.may)
        ]
        return len(answer.json["people"])

    def entry(self, person: PersonId, kept: Kept, place: str, rest: str = "") -> None:
        """Asks for an entry by a name that this session could have been given."""
        secret = self.world.session_of(self.visitor.token).secret
        handle = Handles(secret).of(f"entry of {person}", f"{kept.type}/{kept.id}")
        self.ask(self.visitor.record(person, f"{place}/{handle}{rest}"))


def readings(world: World, foresight: Foresight, met: Met) -> Iterator[Reading]:
    for role, user in BY_ROLE.items():
        staff, visitor = STAFF[user], world.signed_in(user)
        context = Context(
            staff.organisation,
            role,
            world.session_of(visitor.token).purpose,
            Action.OPEN,
            world.now,
            user=user,
            setting=staff.setting,
            team=staff.team,
        )
        permitted = foresight.permitted(context)
        yield Reading(world, visitor, permitted[Action.OPEN] | permitted[Action.READ], met)


def forget_budgets(world: World) -> None:
    """Lets every reader open as many people as the test wants: budgets have tests of their own."""
    with psycopg.connect(world.database.url, autocommit=True) as connection:
        for (table,) in connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname = 'disclosure' AND tablename LIKE '%budget%'"
        ).fetchall():
            connection.execute(f"DELETE FROM {table}")


def read_all(one: Reading, person: PersonId, held: list[Kept], turn: int) -> None:
    """Reads the first page of a person, another by turn, and what holds a canary by turn."""
    visitor = one.visitor
    one.ask(visitor.record(person))
    one.ask(visitor.record(person, PAGES[turn % len(PAGES)]))
    slugs = sorted({slug_of(kept.thing.heading) for kept in held if kept.thing.heading in NAMED})
    page = one.ask(visitor.record(person, f"s/{slugs[turn % len(slugs)]}"))
    for link in itertools.islice(TREND.findall(page), 1):
        one.ask(link)
        one.ask(f"{link}.csv")
    for kept in held:
        # What is refused costs little: every entry is tried that must not be shown.
        if kept.canaries - one.may or turn % 3 == 0:
            one.entry(person, kept, "e")
        if kept.type == "DocumentReference":
            one.entry(person, kept, "documents", "/1" if turn % 2 else "")


def test_no_page_of_a_record_holds_a_canary_that_its_reader_may_not_see(world: World) -> None:
    people = of_persons(Foresight(world.database, northmere()))
    for person, (role, _) in itertools.product(people, BY_ROLE.items()):
        world.tie(person, role)
    met, n_visited = Met(), 0
    for turn, one in enumerate(readings(world, Foresight(world.database, northmere()), met)):
        n_visited += one.take_visits()
        for n, (person, held) in enumerate(people.items()):
            forget_budgets(world)
            read_all(one, person, held, turn + n)
    assert met.leaks == []
    assert met.n >= 600
    assert n_visited >= len(people) / 2
    # The control: the same pages do show what may be seen.
    assert {label_of(one) for one in met.seen} >= {"S5", "S6", "S7", "S9"}
