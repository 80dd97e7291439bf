"""The ports of all sources that speak MLLP, and the connections to them."""

import logging
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from careweave.doors.mllp._connection import Connection
from careweave.doors.mllp._counts import Count, Counts
from careweave.doors.mllp._limits import MLLP_LIMITS, MllpLimits
from careweave.doors.mllp._log import Noted, fault_line, line
from careweave.doors.mllp._outcomes import Outcomes
from careweave.doors.mllp._peers import context_of, is_loopback
from careweave.doors.mllp._taking import Desk, Receives
from careweave.doors.mllp._wire import Wire
from careweave.sources import Channel, Source, Sources
from careweave.terms import Clock, Incorrect

_LOG = logging.getLogger("careweave.doors.mllp")
_LOOK_S = 1.0
"""How often it is looked whether the sources have changed."""
_WAKE_S = 0.2
"""How often it is looked whether to stop."""
_BACKLOG = 64


@dataclass(frozen=True, slots=True)
class _Port:
    """One open port, and what it was opened for."""

    source: Source
    listening: socket.socket
    context: ssl.SSLContext | None


@dataclass(frozen=True, slots=True)
class Where:
    """Where the doors are: the host to listen on, and what is added to the port of each source.

    Plain TCP is spoken on loopback alone, unless `is_plain_allowed`: then something in front of it
    must do what TLS does. Source: `reference/interop.md` 3.
    """

    host: str
    shift: int = 0
    is_plain_allowed: bool = False


class Listener:
    """Listens for every source of kind mllp, each on its own port; one thread for a connection."""

    def __init__(
        self,
        receiver: Receives,
        sources: Callable[[], Sources],
        *,
        where: Where,
        clock: Clock,
        limits: MllpLimits = MLLP_LIMITS,
        outcomes: Outcomes | None = None,
    ) -> None:
        """Takes what stores arrivals, what gives the sources in force, and where to listen.

        Without `outcomes` nobody is told what the mapping made of a message.
        """
        self._sources = sources
        self._where = where
        self._desk = Desk(receiver, clock, limits, Counts(), outcomes)
        self._lock = threading.Lock()
        self._ports: dict[str, _Port] = {}
        self._connections: dict[Connection, threading.Thread] = {}
        self._selector = selectors.DefaultSelector()
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None
        self._digest: str | None = None

    @property
    def ports(self) -> Mapping[str, tuple[str, int]]:
        """Returns where each source is listened for: host and port."""
        with self._lock:
            return {name: port.listening.getsockname()[:2] for name, port in self._ports.items()}

    @property
    def n_connections(self) -> int:
        """Returns the number of connections that are open."""
        with self._lock:
            return len(self._connections)

    def counts(self) -> Mapping[tuple[str, Count], int]:
        """Returns what happened so far, by source and what is counted."""
        return self._desk.counts.all()

    def start(self) -> None:
        """Opens the ports and begins to listen; raises Incorrect where one cannot be opened."""
        self._open_all(self._sources())
        if self._desk.outcomes is not None:
            self._desk.outcomes.start()
        self._thread = threading.Thread(target=self._run, name="mllp", daemon=True)
        self._thread.start()

    def stop(self, *, within_s: float = 10.0) -> None:
        """Closes the ports, lets what is being stored be answered, and ends all connections."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            for port in self._ports.values():
                port.listening.close()
            self._ports.clear()
            serving = dict(self._connections)
        self._selector.close()
        for connection in serving:
            connection.stop()
        until = time.monotonic() + within_s
        for connection, thread in serving.items():
            thread.join(max(until - time.monotonic(), 0))
            connection.abort()
        if self._desk.outcomes is not None:
            self._desk.outcomes.stop()

    def _run(self) -> None:
        looked = time.monotonic()
        while not self._is_over.is_set():
            try:
                for key, _ in self._selector.select(_WAKE_S):
                    self._accept(key.data)
                if time.monotonic() - looked > _LOOK_S:
                    looked = time.monotonic()
                    self._follow()
            except Exception as error:  # noqa: BLE001  a fault at one port must not close the others
                _LOG.error(fault_line(error, ""))
                self._is_over.wait(_WAKE_S)

    def _follow(self) -> None:
        """Opens and closes ports as the sources in force say."""
        sources = self._sources()
        if sources.digest == self._digest:
            return
        try:
            self._open_all(sources)
        except Incorrect as error:
            _LOG.error(line(Noted("not-opened", error.where or "")))

    def _open_all(self, sources: Sources) -> None:
        self._digest = sources.digest
        wanted = {one.name: one for one in sources if one.transport.kind is Channel.MLLP}
        with self._lock:
            for name in [name for name in self._ports if name not in wanted]:
                self._close(name)
            for source in wanted.values():
                self._open(source)

    def _open(self, source: Source) -> None:
        held = self._ports.get(source.name)
        if held is not None and held.source.transport == source.transport:
            self._ports[source.name] = replace(held, source=source)
            return
        if held is not None:
            self._close(source.name)
        self._ports[source.name] = opened = self._opened(source)
        self._selector.register(opened.listening, selectors.EVENT_READ, source.name)

    def _opened(self, source: Source) -> _Port:
        where, transport = self._where, source.transport
        if transport.tls is None and not (where.is_plain_allowed or is_loopback(where.host)):
            message = "Plain MLLP is spoken on loopback alone; give the source `tls`."
            raise Incorrect(message, where=source.name)
        context = None if transport.tls is None else context_of(transport.tls)
        port = transport.port + where.shift if transport.port else 0
        try:
            listening = socket.create_server((where.host, port), backlog=_BACKLOG)
        except (OSError, OverflowError) as error:
            message = "A port for HL7 v2 cannot be opened; is something else listening there?"
            raise Incorrect(message, where=source.name) from error
        listening.settimeout(0)
        _LOG.info(line(Noted("listening", source.name)))
        return _Port(source, listening, context)

    def _close(self, name: str) -> None:
        port = self._ports.pop(name)
        self._selector.unregister(port.listening)
        port.listening.close()

    def _accept(self, name: str) -> None:
        with self._lock:
            port = self._ports.get(name)
        if port is None:
            return
        try:
            accepted, address = port.listening.accept()
        except BlockingIOError:
            return
        except OSError:
            # No more files may be opened: those that are open end some time.
            self._is_over.wait(_WAKE_S)
            return
        self._begin(port, accepted, address[0])

    def _begin(self, port: _Port, accepted: socket.socket, address: str) -> None:
        name = port.source.name
        connection = Connection(Wire(accepted), address, port.source, self._desk)
        thread = threading.Thread(
            target=self._serve, args=(connection, port.context), name=f"mllp-{name}", daemon=True
        )
        with self._lock:
            of_source = sum(one.source == name for one in self._connections)
            limits = self._desk.limits
            is_full = len(self._connections) >= limits.connections or of_source >= limits.of_source
            if not is_full:
                self._connections[connection] = thread
        try:
            if not is_full:
                thread.start()
        except RuntimeError:
            # The machine gives no more threads.
            is_full = True
            self._forget(connection)
        if is_full:
            self._desk.counts.add(name, Count.TOO_MANY)
            connection.abort()

    def _serve(self, connection: Connection, context: ssl.SSLContext | None) -> None:
        try:
            connection.serve(context)
        finally:
            self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        with self._lock:
            self._connections.pop(connection, None)
