"""Who asks, by which way the answer leaves, and what is given back."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from careweave import ledger
from careweave.db import Database, Session
from careweave.ledger import Account, Recorder, Spread
from careweave.record import Row
from careweave.terms import Action, Actor, Issue, Purpose


@dataclass(frozen=True, slots=True)
class Asking:
    """One question of one caller.

    `types` are the resource types that the caller's token lets it read; None means every type.
    Types narrow and never widen: what may be seen is the sight's to say. `base` is the address of
    the door that was asked, so that references to it are known as ours. `action` is what is done
    with what is shown; each way out of this room sets its own. `began_s` is when the request came,
    by the counter of this process, so that the account tells how long the answer took.
    """

    actor: Actor
    purpose: Purpose
    door: str
    request_id: str
    at: datetime
    types: frozenset[str] | None = None
    base: str = ""
    action: Action = Action.READ
    began_s: float | None = None

    def covers(self, type_name: str) -> bool:
        """Says whether the token reaches this type."""
        return self.types is None or type_name in self.types


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What may leave: its account is durable.

    `included` rows came with the matches. `total` None means not counted. `next` and `previous`
    are opaque cursors. `honoured` are the parameters taken, in canonical order.
    """

    rows: tuple[Row, ...]
    included: tuple[Row, ...] = ()
    total: int | None = None
    next: str | None = None
    previous: str | None = None
    honoured: tuple[tuple[str, str], ...] = ()
    issues: tuple[Issue, ...] = ()
    elements: tuple[str, ...] = ()
    summary: str = field(default="false")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a long answer: changed since, as it was at, how many, from where on."""

    count: int
    since: datetime | None = None
    at: datetime | None = None
    cursor: str | None = None

    @property
    def is_whole(self) -> bool:
        """Says that nothing but the end of what is held can make this page empty."""
        return self.since is None and self.at is None and self.cursor is None


class Way(Protocol):
    """How an answer leaves: by itself, or inside a transaction that writes too."""

    def reading(self) -> AbstractContextManager[Session]:
        """Gives a session to read in."""

    def reading_pages(self) -> AbstractContextManager[Session]:
        """Gives a session whose statements all see one snapshot."""

    def account(self, accounts: tuple[Account | Spread, ...]) -> None:
        """Makes the accounts durable, or raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """The ordinary way: the account is committed before the answer is given back."""

    database: Database
    recorder: Recorder

    def reading(self) -> AbstractContextManager[Session]:
        """Gives an autocommit session for a single statement."""
        return self.database.reading()

    def reading_pages(self) -> AbstractContextManager[Session]:
        """Gives a read-only session with one snapshot."""
        return self.database.session(snapshot=True)

    def account(self, accounts: tuple[Account | Spread, ...]) -> None:
        """Makes the accounts durable by one group commit."""
        self.recorder.record(*accounts)


@dataclass(frozen=True, slots=True)
class Inside:
    """Inside the transaction of a write: accounts become durable with what is written."""

    session: Session

    @contextmanager
    def _same(self) -> Iterator[Session]:
        yield self.session

    def reading(self) -> AbstractContextManager[Session]:
        """Gives the session of the write, so that the answer holds what was just written."""
        return self._same()

    def reading_pages(self) -> AbstractContextManager[Session]:
        """Gives the session of the write."""
        return self._same()

    def account(self, accounts: tuple[Account | Spread, ...]) -> None:
        """Appends the accounts in the transaction of the write."""
        ledger.append(self.session, accounts)
