"""One connection: statements prepared once, sent together, awaited for a bounded time."""

import select
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import tuple_row

from careweave.db._failures import LOST, failure, failure_of
from careweave.db._queries import Query
from careweave.db._values import Dump, dumper, teach
from careweave.terms import Fault, Incorrect, Unavailable

_BAD = (ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED, ExecStatus.BAD_RESPONSE)
_GENERATED_MOST = 200
_GENERATED_TEXT = 600_000
"""How much text of generated statements stays prepared: a plan takes some 80 bytes a letter."""
_STALE_S = 1.0
_GRACE_S = 5.0

_OPTIONS = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "statement_timeout": "5s",
        "lock_timeout": "4s",
        "idle_in_transaction_session_timeout": "15s",
        "synchronous_commit": "on",
        "plan_cache_mode": "force_generic_plan",
        "jit": "off",
        "timezone": "UTC",
        "search_path": "",
        # A generic plan made while a table is empty would read all of it for ever.
        "enable_seqscan": "off",
        "max_parallel_workers_per_gather": "0",
    }.items()
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A prepared statement: its server-side name and what writes each parameter."""

    name: bytes
    query: Query
    dumps: tuple[tuple[str, Dump], ...]
    formats: tuple[int, ...]

    def pack(self, values: Mapping[str, object]) -> list[bytes | None]:
        """Returns the values in the order and format of the server."""
        if len(values) != len(self.dumps):
            raise Fault(f"{self.query.name} takes the parameters {', '.join(self.query.names)}.")
        try:
            return [
                None if (value := values[name]) is None else dump(value)
                for name, dump in self.dumps
            ]
        except KeyError as missing:
            raise Fault(f"{self.query.name} lacks its parameter {missing}.") from None


Row = tuple[Any, ...]
"""One row, in the order of the columns: what PostgreSQL gives has no type before it is read."""

Sent = tuple[Plan | bytes, Sequence[bytes | None]]
"""What is sent: a prepared statement with its packed values, or a word such as BEGIN."""


class Link:
    """One connection to PostgreSQL. Used by one thread at a time."""

    __slots__ = (
        "_generated",
        "_made",
        "_plans",
        "_poll",
        "_transformer",
        "broken",
        "connection",
        "n_sent",
        "patience_s",
        "pg",
        "used_at",
    )

    def __init__(self, url: str) -> None:
        """Connects, or raises Unavailable; Incorrect where the address is none."""
        try:
            self.connection = psycopg.connect(
                url,
                autocommit=True,
                row_factory=tuple_row,
                options=_OPTIONS,
                application_name="careweave",
                connect_timeout=2,
                tcp_user_timeout=10_000,
                keepalives_idle=10,
            )
        except psycopg.OperationalError as error:
            raise Unavailable(LOST) from error
        except psycopg.ProgrammingError:
            # What libpq says repeats parts of the address, a password perhaps.
            message = "The address of the database is written postgresql://role@host/name."
            raise Incorrect(message, where="database_url") from None
        self.connection.prepare_threshold = None
        teach(self.connection.adapters)
        self.pg = self.connection.pgconn
        self._poll = select.poll()
        self._poll.register(self.pg.socket, select.POLLIN)
        self._transformer = Transformer(self.connection)
        self._plans: dict[Query, Plan] = {}
        self._generated: list[Query] = []
        self._made = 0
        self.n_sent = 0
        self.broken = False
        self.patience_s = 5.0
        self.used_at = time.monotonic()

    def plan(self, query: Query) -> Plan:
        """Returns the prepared statement of a query, prepared now if it was not."""
        return self._plans.get(query) or self._prepare(query)

    def ask(self, items: Sequence[Sent]) -> list[PGresult]:
        """Sends all in one round trip and returns a result for each; the first failure raises.

        Without a transaction of its own, all of them are one transaction.
        """
        try:
            results = self._one(*items[0]) if len(items) == 1 else self._several(items)
        except psycopg.Error as error:
            self.broken = True
            raise Unavailable(LOST) from error
        except BaseException:
            self.broken = True
            raise
        for (sent, _), result in zip(items, results, strict=True):
            if result.status == ExecStatus.FATAL_ERROR:
                raise self._failed(sent, result)
        return results

    def rows(self, result: PGresult) -> list[Row]:
        """Returns the rows of a result as tuples of Python values."""
        transformer = self._transformer
        transformer.set_pgresult(result)
        return transformer.load_rows(0, result.ntuples, tuple)

    def is_idle(self) -> bool:
        """Tells whether the connection may serve somebody else."""
        return not self.broken and self.pg.transaction_status == TransactionStatus.IDLE

    def is_fresh(self) -> bool:
        """Tells whether the server is still there; asks the socket when unused for a second."""
        if time.monotonic() - self.used_at < _STALE_S:
            return True
        try:
            if self._poll.poll(0):
                self.pg.consume_input()
        except psycopg.Error:
            return False
        return self.pg.status == 0

    def close(self) -> None:
        """Closes the connection."""
        self.broken = True
        self.connection.close()

    def _one(self, sent: Plan | bytes, values: Sequence[bytes | None]) -> list[PGresult]:
        self._send(sent, values)
        results: list[PGresult] = []
        while (result := self._next()) is not None:
            results.append(result)
        return results

    def _several(self, items: Sequence[Sent]) -> list[PGresult]:
        self.pg.enter_pipeline_mode()
        for sent, values in items:
            self._send(sent, values)
        return self._synced()

    def _synced(self) -> list[PGresult]:
        self.pg.pipeline_sync()
        results: list[PGresult] = []
        while True:
            result = self._next()
            if result is None:
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                break
            results.append(result)
        self.pg.exit_pipeline_mode()
        return results

    def _next(self) -> PGresult | None:
        # libpq would wait for the result without letting other threads run, and without an end.
        self._await()
        return self.pg.get_result()

    def _send(self, sent: Plan | bytes, values: Sequence[bytes | None]) -> None:
        self.n_sent += 1
        if isinstance(sent, Plan):
            self.pg.send_query_prepared(sent.name, values, sent.formats, 1)
        else:
            self.pg.send_query_params(sent, None)

    def _await(self) -> None:
        pg = self.pg
        if pg.flush():
            self._flush()
        while pg.is_busy():
            if not self._poll.poll((self.patience_s + _GRACE_S) * 1000):
                raise psycopg.OperationalError("silent")
            pg.consume_input()

    def _flush(self) -> None:
        """Writes what the socket did not take at once, and reads meanwhile.

        A server that cannot write its answers stops reading our statements.
        """
        both = select.poll()
        both.register(self.pg.socket, select.POLLIN | select.POLLOUT)
        while self.pg.flush():
            if not both.poll((self.patience_s + _GRACE_S) * 1000):
                raise psycopg.OperationalError("silent")
            self.pg.consume_input()

    def _failed(self, sent: Plan | bytes, result: PGresult) -> Exception:
        name = sent.query.name if isinstance(sent, Plan) else "transaction"
        if self.pg.status != 0:
            self.broken = True
            return failure(None, name=name)
        error = failure_of(result, name)
        # A cached plan that no longer fits its tables is mended by a new connection.
        self.broken = self.broken or isinstance(error, Fault)
        return error

    def _prepare(self, query: Query) -> Plan:
        self._made += 1
        name = f"q{self._made}".encode()
        described = self._describe(name, query)
        dumps = [dumper(described.param_type(i)) for i in range(described.nparams)]
        if len(dumps) != len(query.names):
            raise Fault(f"{query.name} names a parameter that it does not use.")
        plan = Plan(
            name,
            query,
            tuple((name, dump) for name, (dump, _) in zip(query.names, dumps, strict=True)),
            tuple(form for _, form in dumps),
        )
        self._plans[query] = plan
        if not query.kept:
            self._generated.append(query)
            self._forget_oldest()
        return plan

    def _describe(self, name: bytes, query: Query) -> PGresult:
        pg = self.pg
        try:
            pg.enter_pipeline_mode()
            pg.send_prepare(name, query.numbered.encode())
            pg.send_describe_prepared(name)
            made, described = self._synced()
        except BaseException as error:
            self.broken = True
            if isinstance(error, psycopg.Error):
                raise Unavailable(LOST) from error
            raise
        if made.status != ExecStatus.COMMAND_OK:
            raise self._failed(b"", made) if pg.status != 0 else failure_of(made, query.name)
        return described

    def _forget_oldest(self) -> None:
        while len(self._generated) > 1 and self._has_many():
            old = self._plans.pop(self._generated.pop(0))
            self.ask([(b"DEALLOCATE " + old.name, ())])

    def _has_many(self) -> bool:
        many = len(self._generated) > _GENERATED_MOST
        return many or sum(len(query.text) for query in self._generated) > _GENERATED_TEXT
