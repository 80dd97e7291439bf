"""What a room does with the database: ask a statement by name, inside one transaction or none."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

import psycopg

from careweave.db._failures import failure
from careweave.db._link import Link, Row, Sent
from careweave.db._queries import Queries, Query
from careweave.terms import Fault, Unavailable

T = TypeVar("T")
_QUERIES = Queries("careweave.db")


class Copy(Protocol):
    """Takes the rows of a COPY ... FROM STDIN."""

    def write(self, data: bytes | str, /) -> None:
        """Sends a block in the format of the statement."""

    def write_row(self, row: Sequence[object], /) -> None:
        """Sends one row."""

    def set_types(self, types: Sequence[int | str], /) -> None:
        """Names the types of the columns, needed for the binary format."""


class Memos(Protocol):
    """Keeps what one process may remember of one database."""

    def memo(self, kind: type[T], make: Callable[["Session"], T], session: "Session", /) -> T:
        """Returns what is remembered, or makes it."""

    def forget(self, kind: type[object], /) -> None:
        """Forgets one kind."""

    @property
    def zone(self) -> ZoneInfo:
        """Returns the time zone of the region."""


@dataclass(frozen=True, slots=True)
class Secret:
    """The secret of an installation, as it is remembered."""

    value: bytes


class Session:
    """One use of a connection by one thread: a transaction, or single statements.

    The transaction begins with the first statement and ends with the session's context. A
    connection that fails raises Unavailable; nothing of the transaction is then kept.
    """

    __slots__ = ("_begin", "_in_transaction", "_is_piping", "_link", "_memos", "_waiting")

    def __init__(self, link: Link, memos: Memos, begin: bytes | None) -> None:
        """Takes the words that open the transaction; None lets each statement stand alone."""
        self._link = link
        self._memos = memos
        self._begin = begin
        self._in_transaction = begin is not None
        self._is_piping = False
        self._waiting: list[Sent] = []

    def rows(self, query: Query, **values: object) -> list[Row]:
        """Returns the rows of a statement, each a tuple in the order of its columns."""
        return self.rows_of(query, values)

    def rows_of(self, query: Query, values: Mapping[str, object]) -> list[Row]:
        """Returns the rows of a statement whose values come as a mapping."""
        link = self._link
        plan = link.plan(query)
        sent: Sent = (plan, plan.pack(values))
        if self._begin is None and not self._waiting:
            return link.rows(link.ask((sent,))[0])
        return link.rows(link.ask(self._with(sent))[-1])

    def row(self, query: Query, **values: object) -> Row | None:
        """Returns the first row, or None."""
        rows = self.rows_of(query, values)
        return rows[0] if rows else None

    def run(self, query: Query, **values: object) -> int:
        """Runs a statement and returns how many rows it touched; -1 inside a pipeline."""
        if self._is_piping:
            self.defer(query, **values)
            return -1
        plan = self._link.plan(query)
        results = self._link.ask(self._with((plan, plan.pack(values))))
        return results[-1].command_tuples or 0

    def defer(self, query: Query, **values: object) -> None:
        """Sends a statement together with the next one, or with the commit.

        Saves its round trip; its error, if any, is raised there.
        """
        plan = self._link.plan(query)
        self._waiting.append((plan, plan.pack(values)))

    @contextmanager
    def pipeline(self) -> Generator[None]:
        """Sends every `run` inside in one round trip at its end; `rows` inside sends what waits."""
        self._is_piping = True
        try:
            yield
        finally:
            self._is_piping = False
        self.flush()

    def flush(self) -> None:
        """Sends what was deferred."""
        if self._waiting:
            last = self._waiting.pop()
            self._link.ask(self._with(last))

    @contextmanager
    def copy(self, query: Query) -> Generator[Copy]:
        """Gives a writer of the rows of a COPY statement, complete when the context ends."""
        self._open()
        link = self._link
        try:
            with link.connection.cursor() as cursor, cursor.copy(query.text.encode()) as writer:
                yield writer
        except psycopg.Error as error:
            link.broken = link.broken or link.pg.status != 0
            raise failure(error.sqlstate, name=query.name) from error

    def script(self, text: str) -> None:
        """Runs the statements of a migration; only `migrate` has such a text."""
        self._open()
        try:
            self._link.connection.execute(text.encode())
        except psycopg.Error as error:
            self._link.broken = self._link.broken or self._link.pg.status != 0
            detail = f"{error.sqlstate} {error.diag.message_primary}"
            raise Fault(f"A migration failed ({detail}).") from error

    def memo(self, kind: type[T], make: "Callable[[Session], T]") -> T:
        """Returns the dictionary of that kind that this process remembers, made when first asked.

        Only what is committed and never changes, or is refreshed by its owner, may be remembered.
        """
        return self._memos.memo(kind, make, self)

    def forget(self, kind: type[object]) -> None:
        """Forgets the dictionary of that kind, so that the next asks again."""
        self._memos.forget(kind)

    @property
    def secret(self) -> bytes:
        """Returns the secret of this installation, 32 bytes, made once by `migrate`."""
        return self._memos.memo(Secret, _secret, self).value

    @property
    def zone(self) -> ZoneInfo:
        """Returns the time zone of the region, for dates without one."""
        return self._memos.zone

    @property
    def n_sent(self) -> int:
        """Returns how many statements this connection has sent: for tests that count them."""
        return self._link.n_sent

    def commit(self) -> None:
        """Ends the transaction, with what was deferred; the session's context calls it."""
        if not self._in_transaction:
            self.flush()
            return
        if self._begin is not None and not self._waiting:
            return
        results = self._link.ask(self._with((b"COMMIT", ())))
        if results[-1].command_status != b"COMMIT":
            raise Fault("A transaction that had failed was to be committed.")

    def rollback(self) -> None:
        """Gives up the transaction; the session's context calls it."""
        self._waiting.clear()
        if self._begin is None and self._in_transaction and not self._link.broken:
            self._link.ask([(b"ROLLBACK", ())])

    def _with(self, sent: Sent) -> list[Sent]:
        items: list[Sent] = [] if self._begin is None else [(self._begin, ())]
        self._begin = None
        if self._waiting:
            items += self._waiting
            self._waiting.clear()
        items.append(sent)
        return items

    def _open(self) -> None:
        self.flush()
        if self._begin is not None:
            begin, self._begin = self._begin, None
            self._link.ask([(begin, ())])


def _secret(session: Session) -> Secret:
    row = session.row(_QUERIES["secret"])
    if row is None:
        raise Unavailable("The database is not migrated; run careweave migrate.")
    return Secret(row[0])
