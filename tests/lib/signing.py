"""The pages of people over a database without a record: for what concerns signing in alone."""

import itertools
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from careweave.db import Database
from careweave.demonstration import opening
from careweave.doors import workspace
from careweave.doors._access import (
    COOKIE,
    Clients,
    Codes,
    Newcomer,
    Passkeys,
    Posting,
    Registration,
    Sessions,
    Told,
    account_named,
    add_account,
    add_client,
    new_codes,
    party_of,
)
from careweave.doors.workspace import Parts
from careweave.intake import Receiver
from careweave.ledger import Recorder
from careweave.sources import Sources
from careweave.terms import Role
from tests.lib.authenticator import Authenticator
from tests.lib.northmere import REGION

BASE = "http://localhost:8080"
GP, HC = Posting("nm-ashgrove", Role.GP), Posting("nm-acute", Role.HC)


@dataclass
class Place:
    """The pages, with two people who have passkeys, and a clock that stands still."""

    database: Database
    is_demonstration: bool = False
    base: str = BASE
    now: datetime = field(default_factory=opening)
    n: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.database)
        self.passkeys = Passkeys(self.database, party_of(self.base), secrets.token_bytes)
        self.app = workspace.application(self.parts())
        self.devices: dict[str, Authenticator] = {}

    def parts(self) -> Parts:
        """What the pages are made of."""
        sources = Sources({})
        return Parts(
            database=self.database,
            recorder=Recorder(self.database),
            receiver=Receiver(self.database, lambda: sources),
            sessions=self.sessions,
            passkeys=self.passkeys,
            codes=Codes(self.database),
            clients=Clients(self.database),
            clock=lambda: self.now,
            new_request_id=lambda: f"request-{next(self.n)}",
            random=secrets.token_bytes,
            base=self.base,
            zone=self.database.zone,
            region=REGION,
            sources=lambda: sources,
            is_demonstration=self.is_demonstration,
        )

    @property
    def told(self) -> Told:
        """Who sets things up."""
        return Told(self.now)

    def pass_time(self, **span: float) -> None:
        """Moves the clock."""
        self.now += timedelta(**span)

    def person(self, user: str, *postings: Posting, **more: Any) -> str:
        """Adds somebody, with one code for a first passkey, which is returned."""
        with self.database.session() as session:
            wanted = Newcomer(user, user.title(), "nm-ashgrove", postings, **more)
            add_account(session, wanted, self.told)
            return new_codes(session, account_named(session, user), self.told, n=1)[0]

    def client(self, **more: Any) -> str:
        """Adds a system that may launch, and returns its token."""
        wanted = {
            "name": "ward-system",
            "organisation": "nm-acute",
            "system": "ward",
            "scopes": frozenset({"launch"}),
            "expires_at": self.now + timedelta(days=1),
        }
        with self.database.session() as session:
            return add_client(session, Registration(**(wanted | more)), now=self.now)

    def browser(self) -> "Browser":
        """A browser of its own."""
        return Browser(self, self.app.test_client())


@dataclass
class Browser:
    """A browser: it keeps cookies and posts the forms that it was shown."""

    place: Place
    client: FlaskClient
    page: str = ""

    def get(self, path: str, **headers: str) -> TestResponse:
        """Opens a page."""
        answer = self.client.get(path, base_url=BASE, headers=headers)
        self.page = answer.text
        return answer

    def post(self, path: str, *, forged: bool = False, **fields: str) -> TestResponse:
        """Posts the form of the page that is open."""
        sent = {name: self.field(name) for name in ("csrf", "form")} | fields
        site = {"Sec-Fetch-Site": "cross-site" if forged else "same-origin"}
        answer = self.client.post(path, base_url=BASE, data=sent, headers=site)
        self.page = self.page if answer.location else answer.text
        return answer

    def field(self, name: str) -> str:
        """The value of a hidden field of the page that is open."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page)
        return unescape(found[1]) if found else ""

    @property
    def options(self) -> str:
        """What the page asks an authenticator."""
        found = re.search(r'data-options="([^"]*)"', self.page)
        assert found
        return json.dumps(json.loads(unescape(found[1])))

    @property
    def cookie(self) -> str:
        """The id of the session that the browser holds."""
        found = self.client.get_cookie(COOKIE, domain="localhost")
        return found.value if found else ""

    def hold(self, token: str) -> None:
        """Puts an id into the browser."""
        self.client.set_cookie(COOKIE, token, domain="localhost", secure=True)

    def enrol(self, user: str, code: str) -> Authenticator:
        """Makes a first passkey with a code."""
        self.get("/workspace/recover")
        assert self.post("/workspace/recover", user=user, words=code).location == "/workspace/enrol"
        self.get("/workspace/enrol")
        device = Authenticator(origin=BASE)
        assert (
            self.post("/workspace/enrol", credential=device.make(self.options)).status_code == 200
        )
        return device

    def sign_in(self, device: Authenticator, path: str = "/workspace/sign-in") -> TestResponse:
        """Signs in with a passkey."""
        self.get(path)
        answered = device.answer(self.options)
        return self.post("/workspace/sign-in", credential=answered, **{"for": self.field("for")})
