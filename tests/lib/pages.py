"""The pages over Northmere of day 10: in process, over HTTP and in a browser, as whoever signs in.

The clock stands still unless a test moves it. Staff are those of `reference/people.md` 3.
"""

import itertools
import secrets
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import psycopg
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import Client

from careweave import disclosure
from careweave.demonstration._calendar import london
from careweave.doors import console, workspace
from careweave.doors._access import (
    COOKIE,
    Assurance,
    Clients,
    Codes,
    Handles,
    Newcomer,
    Passkeys,
    Posting,
    Proof,
    Registration,
    Sessions,
    SignedIn,
    Told,
    account_named,
    add_account,
    add_client,
    party_of,
    seat_of,
)
from careweave.doors._frame import serve_static
from careweave.intake import Deed, Ground, Live, Operator, Worker, join_people
from careweave.ledger import Recorder
from careweave.record._ties import number_of_kind
from careweave.sources import LiveClients, Sources
from careweave.terms import Heading, PersonId, Role, Tie
from careweave.wiring import officers
from tests.lib.certificates import Authority
from tests.lib.day10 import BEGAN, DAY_10, Day10, agree
from tests.lib.northmere import REGION, Northmere
from tests.lib.reading import Readers
from tests.lib.seen import Seen


@dataclass(frozen=True)
class Staff:
    """Somebody who works in Northmere: as what, where, and who they are in the record."""

    organisation: str
    role: Role | None
    setting: str = ""
    team: str = ""
    office: str = ""
    person: str = ""

    @property
    def posting(self) -> Posting:
        """As what they act."""
        return Posting(self.organisation, self.role, self.setting, self.team, self.office)


STAFF: Mapping[str, Staff] = {
    "u-ed": Staff("nm-acute", Role.ED, "emergency-department"),
    "u-gp": Staff("nm-ashgrove", Role.GP),
    "u-gp-b": Staff("nm-millbeck", Role.GP),
    "u-gp-c": Staff("nm-tarnside-health", Role.GP),
    "u-cn": Staff("nm-community", Role.CN),
    "u-cn-b": Staff("nm-community", Role.CN),
    "u-hc": Staff("nm-acute", Role.HC),
    "u-hub": Staff("nm-acute", Role.HC),
    "u-sw": Staff("nm-council", Role.SW),
    "u-sw-b": Staff("nm-council", Role.SW),
    "u-mash": Staff("nm-council", Role.SW, team="mash"),
    "u-csw": Staff("nm-council", Role.SW, team="childrens-services"),
    "u-mh-treating": Staff("nm-mental-health", Role.MH, team="community-team"),
    "u-mh-crisis": Staff("nm-mental-health", Role.MH, team="crisis"),
    "u-paramedic": Staff("nm-ambulance", Role.PA, "ambulance"),
    "u-chmanager": Staff("nm-larchwood", Role.CH),
    "u-piotr": Staff("nm-larchwood", Role.CH, person="piotr-kowalczuk"),
    "u-homecare": Staff("nm-bluebell", Role.CH, "home-care"),
    "u-pharm": Staff("nm-beck-pharmacy", Role.PH),
    "u-marcus": Staff("nm-acute", Role.HC, person="marcus-bellweather"),
    "u-analyst": Staff("nm-icb", Role.AN),
    "u-privacy": Staff("nm-acute", None, office="privacy-officer"),
    "u-privacy-mh": Staff("nm-mental-health", None, office="privacy-officer"),
    "u-privacy-ch": Staff("nm-larchwood", None, office="privacy-officer"),
}
"""Who signs in in tests; `u-privacy` reviews for the hospital, `u-privacy-mh` for mental health."""

BY_ROLE: Mapping[Role, str] = {
    Role.ED: "u-ed",
    Role.GP: "u-gp",
    Role.CN: "u-cn",
    Role.HC: "u-hc",
    Role.SW: "u-sw",
    Role.MH: "u-mh-treating",
    Role.PA: "u-paramedic",
    Role.CH: "u-chmanager",
    Role.PH: "u-pharm",
}
"""An ordinary reader of each role that cares for people."""

TIES: Mapping[Role, Tie] = {
    Role.ED: Tie.ENCOUNTER,
    Role.GP: Tie.REGISTRATION,
    Role.CN: Tie.CASELOAD,
    Role.HC: Tie.ENCOUNTER,
    Role.SW: Tie.LA_EPISODE,
    Role.MH: Tie.CASELOAD,
    Role.PA: Tie.INCIDENT,
    Role.CH: Tie.RESIDENCE,
    Role.PH: Tie.PHARMACY,
}
"""What brings each role to a person."""

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
Answering = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]


class _Quiet(WSGIRequestHandler):
    """Keeps connections open, as browsers expect, and prints nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """Says nothing."""


@dataclass
class World:
    """The pages over one database, and all that a test needs to use them."""

    day10: Day10
    north: Northmere
    base: str
    now: datetime = DAY_10
    app: Answering | None = None
    doors: Mapping[str, Flask] = field(default_factory=dict)
    n: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def database(self):
        """The database of this world."""
        return self.north.database

    def at(self) -> datetime:
        """The time now: what every part of the pages is given as its clock."""
        return self.now

    def later(self, **by: float) -> None:
        """Moves the clock on."""
        self.now += timedelta(**by)

    def hear(self, but: Iterable[str] = ()) -> None:
        """Lets every system be heard of just now, but for the named ones."""
        self.north.hear(self.now, but=but)

    def work(self) -> None:
        """Files what was saved: the workers run until nothing is left."""
        self.north.today = self.now
        while self.north.worker.work_once():
            pass

    # Who signs in.

    def token(self, user: str) -> str:
        """The id of a new session of somebody, in the one role that they have."""
        with self.database.reading() as session:
            account = account_named(session, user)
            seat = seat_of(disclosure.world(session, self.now), account, account.postings[0])
        sessions = Sessions(self.database)
        proof = Proof(Assurance.DEMO, self.now, "Chrome Linux")
        return sessions.begin(seat, proof, self._told())

    def signed_in(self, user: str) -> "Visitor":
        """Somebody in the pages, in process."""
        return self.visitor(self.token(user), user)

    def visitor(self, token: str, user: str = "") -> "Visitor":
        """Whoever holds a session, in process."""
        client = Client(self.answer)
        client.set_cookie(COOKIE, token, domain="localhost", secure=True)
        return Visitor(self, user, token, client)

    def session_of(self, token: str) -> SignedIn:
        """What the server knows of a session."""
        found = Sessions(self.database).of(token, self.now)
        assert found is not None
        return found

    # Whom they look at.

    def person(self, key: str, *organisations: str) -> PersonId:
        """The person of a key, as these organisations know them."""
        return self.day10.person(key, *organisations)

    def client(self, name: str, organisation: str, *scopes: str) -> str:
        """Registers a system, and returns its token."""
        ends = self.now + timedelta(days=1)
        wanted = Registration(name, organisation, name, frozenset(scopes), ends)
        with self.database.session() as session:
            return add_client(session, wanted, now=self.now)

    def settle_overlays(self) -> None:
        """Lets an officer say of each overwritten record that it is the same person still."""
        Readers(self.database, self.day10).settle_overlays()

    def join(self, key: str) -> PersonId:
        """Lets an officer say that all records of a person are one person's, and returns it."""
        first, *others = sorted(
            {one for (who, _), known in self.day10.persons.items() if who == key for one in known}
        )
        operator = Operator("dq-officer", "platform", "cli", f"case-{next(self.n)}", self.now)
        deed = Deed(operator, "they are one", Ground.ASKED_PERSON, "b.two")
        for other in others:
            with self.database.session() as session:
                join_people(session, PersonId(first), PersonId(other), deed)
        ((person,),) = self.rows(
            "SELECT DISTINCT m.person FROM identity.membership AS m JOIN identity.membership AS w"
            " USING (subject) WHERE w.person = %(first)s AND m.until_seq IS NULL",
            first=first,
        )
        return PersonId(person)

    def tie(
        self,
        person: PersonId,
        role: Role,
        *,
        organisation: str = "",
        since: timedelta = timedelta(hours=2),
        until: datetime | None = None,
    ) -> None:
        """Gives the organisation of a role's reader its tie with somebody, beside the entries."""
        where = organisation or STAFF[BY_ROLE[role]].organisation
        kind = number_of_kind(TIES[role])
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            connection.execute(
                "WITH made AS (INSERT INTO record.org (slug) VALUES (%s) ON CONFLICT DO NOTHING"
                " RETURNING 1) UPDATE record.dictionary SET version = version + 1"
                " WHERE EXISTS (SELECT 1 FROM made)",
                [where],
            )
            connection.execute(
                "INSERT INTO record.tie (subject, org, kind, since, until, from_subject, from_rid)"
                " SELECT m.subject, o.org, %s, %s, %s, m.subject, %s"
                " FROM identity.membership AS m, record.org AS o"
                " WHERE m.person = %s AND m.until_seq IS NULL AND o.slug = %s"
                " ON CONFLICT DO NOTHING",
                [kind, self.now - since, until or "infinity", -next(self.n), person, where],
            )

    def end_ties(self, person: PersonId, role: Role) -> None:
        """Ends what ties the organisation of a role's reader to somebody, just now."""
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            connection.execute(
                "UPDATE record.tie AS t SET until = %s FROM identity.membership AS m"
                " WHERE m.subject = t.subject AND m.person = %s AND m.until_seq IS NULL"
                " AND t.kind = %s AND t.until > %s",
                [self.now, person, number_of_kind(TIES[role]), self.now],
            )

    def address_of(self, token: str, person: PersonId, rest: str = "") -> str:
        """The address of a person's record, or of a part of it, in a session."""
        handle = Handles(self.session_of(token).secret).of("person", str(person))
        return f"/workspace/r/{handle}/{rest}".rstrip("/")

    @contextmanager
    def asking(self, source: str, base: str, *headings: Heading) -> Iterator[None]:
        """Lets the pages ask a source at the moment of need, at an address of the test."""
        found = self.north.sources.named(source)
        live = replace(found, live=frozenset(headings), live_base=base)
        asked = Sources({**self.north.sources.by_name, source: live})
        clients = LiveClients()
        worker = Worker(self.database, lambda: asked, self.at, name="live")
        self.open_doors(Live(self.database, lambda: asked, clients, worker, self.at))
        try:
            yield
        finally:
            self.open_doors()
            clients.close()

    def open_doors(self, live: Live | None = None) -> None:
        """Makes the applications of the doors anew."""
        parts = _parts(self, live)
        self.doors = {
            "workspace": workspace.application(parts),
            "console": console.application(officers(parts)),
        }
        self.app = dispatch({**self.doors, "static": serve_static})

    def answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answers a request as the doors are just now."""
        assert self.app is not None
        return self.app(environ, start)

    def rows(self, query: str, **values: object) -> list[tuple]:
        """Rows of a query of a test, past every room."""
        return self.north.rows(query, **values)

    def _told(self) -> Told:
        return Told(self.now, f"test-{next(self.n)}", "tests", "workspace", "")


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in: asks for pages, and posts forms as a page of ours does."""

    world: World
    user: str
    token: str
    client: Client

    def record(self, person: PersonId, rest: str = "") -> str:
        """The address of a person's record, or of a part of it, in this session."""
        return self.world.address_of(self.token, person, rest)

    def get(self, path: str, **options: Any):
        """Asks for a page."""
        return self.client.get(path, base_url=self.world.base, **options)

    def post(self, path: str, fields: Mapping[str, str], **options: Any):
        """Posts a form from a page of ours."""
        headers = {**SAME_SITE, **options.pop("headers", {})}
        return self.client.post(
            path, data=dict(fields), base_url=self.world.base, headers=headers, **options
        )


def break_glass(
    visitor: Visitor, person: PersonId, words: str = "Found on the floor, alone."
) -> Any:
    """Opens a person in an emergency, as the form of the page does, and returns the answer."""
    return _given(visitor, visitor.record(person, "emergency"), words)


def give_reason(visitor: Visitor, person: PersonId, slug: str, words: str) -> Any:
    """Opens one section for a stated reason, as the form of the page does; returns the answer."""
    return _given(visitor, visitor.record(person, f"reason/{slug}"), words)


def _given(visitor: Visitor, path: str, words: str) -> Any:
    page = Seen(visitor.get(path).text)
    fields = page.fields("#break-glass") | {"because": "life-at-risk", "words": words}
    return visitor.post(path, fields)


def dispatch(doors: Mapping[str, Answering]) -> Answering:
    """One application of several doors, by the first part of the address."""

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        first = str(environ.get("PATH_INFO", "/")).split("/")[1]
        return doors.get(first, doors["workspace"])(environ, start)

    return answer


def free_port() -> int:
    """A port that nobody listens at just now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def world_over(
    day10: Day10, folder: Path, *, is_served: bool = False, is_tls: bool = False
) -> Iterator[World]:
    """Gives the pages over a copy of Northmere, with its staff; served if asked.

    With TLS as behind the proxy that ends it, which is what makes our addresses `https`.
    """
    files = Authority(folder / "tls").issue("localhost") if is_tls else None
    with day10.copied() as database:
        agree(database)
        north = day10.northmere(database, folder)
        scheme = "https" if is_tls else "http"
        world = World(day10, north, f"{scheme}://localhost:{free_port()}")
        _employ(world)
        world.open_doors()
        with _served(world, files) if is_served or is_tls else nullcontext():
            yield world


def _employ(world: World) -> None:
    told = Told(BEGAN, "test-0", "tests", "workspace", "")
    with world.database.session() as session:
        for user, staff in STAFF.items():
            person = world.person(staff.person) if staff.person else None
            add_account(
                session,
                Newcomer(user, _name_of(user), staff.organisation, (staff.posting,), person),
                told,
            )


def _name_of(user: str) -> str:
    return f"Test {user.removeprefix('u-').replace('-', ' ').title()}"


def _parts(world: World, live: Live | None = None) -> workspace.Parts:
    database = world.database
    return workspace.Parts(
        database=database,
        recorder=Recorder(database),
        receiver=world.north.receiver,
        sessions=Sessions(database),
        passkeys=Passkeys(database, party_of(world.base), secrets.token_bytes),
        codes=Codes(database),
        clients=Clients(database),
        clock=world.at,
        new_request_id=lambda: f"request-{next(world.n)}",
        random=secrets.token_bytes,
        base=world.base,
        zone=london(),
        region=REGION,
        sources=lambda: world.north.sources,
        live=live,
    )


@contextmanager
def _served(world: World, files: tuple[Path, Path] | None = None) -> Iterator[None]:
    host, port = "127.0.0.1", int(world.base.rpartition(":")[2])
    secured = None if files is None else (str(files[0]), str(files[1]))
    server = make_server(
        host, port, world.answer, threaded=True, request_handler=_Quiet, ssl_context=secured
    )
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
