"""One connection of one source: reads frames, and answers them in their order."""

import logging
import ssl
import time
from dataclasses import dataclass, field

from careweave.doors.mllp._counts import Count
from careweave.doors.mllp._frames import Frame, Frames, Shape, framed
from careweave.doors.mllp._log import Noted, fault_line, line
from careweave.doors.mllp._peers import is_admitted
from careweave.doors.mllp._taking import Desk, Later, Taking
from careweave.doors.mllp._wire import Wire
from careweave.sources import Source

_LOG = logging.getLogger("careweave.doors.mllp")
_LOOK_S = 0.1
"""How often it is looked for outcomes while any is due."""


class _Ended(Exception):
    """This connection is over; the text says why, for the log."""


@dataclass(slots=True)
class _Course:
    """How far a connection has come; times as the monotonic clock tells them."""

    quiet_since: float
    frame_since: float = 0.0
    n_messages: int = 0
    n_restarts: int = 0
    later: list[Later] = field(default_factory=list)


class Connection:
    """Serves one peer in the thread that calls `serve`; `stop` lets it end what it is at.

    It reads on only when what it read before is answered, so that a sender that is faster than the
    store waits in its own socket.
    """

    def __init__(self, wire: Wire, address: str, source: Source, desk: Desk) -> None:
        """Takes the connection that was accepted, and what all connections share."""
        self._wire = wire
        self._address = address
        self._source = source
        self._desk = desk
        self._limits = desk.limits
        self._is_stopped = False
        self._frames = Frames(desk.limits.message.size)
        self._taking = Taking(desk, source, address)

    @property
    def source(self) -> str:
        """Returns the name of its source."""
        return self._source.name

    def stop(self) -> None:
        """Reads no more; what is being stored is still answered."""
        self._is_stopped = True
        self._wire.deafen()

    def abort(self) -> None:
        """Ends at once."""
        self._wire.close()

    def serve(self, context: ssl.SSLContext | None) -> None:
        """Serves until the peer ends, does what it may not, or `stop` is called."""
        began = time.monotonic()
        course = _Course(began)
        why = "broken"
        try:
            self._greet(context)
            while True:
                self._step(course)
        except _Ended as end:
            why = str(end)
        except OSError:
            why = "broken"
        except Exception as error:  # noqa: BLE001  one connection must not end the others
            why = "fault"
            _LOG.error(fault_line(error, self.source))
        finally:
            self._wire.close_gently()
            self._end(course, why, time.monotonic() - began)

    def _greet(self, context: ssl.SSLContext | None) -> None:
        certificate = self._wire.secure(context, self._limits.handshake_s)
        if not is_admitted(self._source.transport, self._address, certificate):
            self._desk.counts.add(self.source, Count.PEER_REFUSED)
            raise _Ended("no declared peer")
        self._desk.counts.add(self.source, Count.CONNECTION)

    def _step(self, course: _Course) -> None:
        """Reads once, and answers what is complete."""
        self._send_due(course)
        data = self._wire.read(self._patience(course))
        if data is None:
            self._check_time(course)
        elif data:
            self._take_all(data, course)
        else:
            self._finish(course)

    def _take_all(self, data: bytes, course: _Course) -> None:
        was_open = self._frames.is_open
        frames = self._frames.feed(data)
        for frame in frames:
            if self._is_stopped:
                raise _Ended("stopped")
            self._take(frame, course)
        # The time that the store took is not the sender's.
        if frames:
            course.quiet_since = time.monotonic()
        if frames or not was_open:
            course.frame_since = time.monotonic()

    def _take(self, frame: Frame, course: _Course) -> None:
        course.n_messages += 1
        if frame.shape is Shape.RESTARTED:
            course.n_restarts += 1
            if course.n_restarts > self._limits.restarts:
                raise _Ended("too many broken frames")
        reply = self._taking.take(frame)
        if reply.data is not None:
            self._send(reply.data)
        if reply.later is not None:
            self._postpone(reply.later, course)
        if reply.closes:
            raise _Ended("ended by us")

    def _send(self, data: bytes) -> None:
        self._wire.send(framed(data), self._limits.send_s)

    def _postpone(self, later: Later, course: _Course) -> None:
        course.later.append(later)
        if len(course.later) > self._limits.waiting:
            # Reads no further ahead of what the mapping does.
            course.later[0].awaited.wait(self._limits.apply_s)
            self._send_due(course)

    def _send_due(self, course: _Course) -> None:
        """Sends the application acknowledgements whose messages are mapped."""
        due = [later for later in course.later if later.awaited.judged is not None]
        course.later = [later for later in course.later if later.awaited.judged is None]
        for later in due:
            data = self._taking.due(later)
            if data is not None:
                self._send(data)

    def _patience(self, course: _Course) -> float:
        now = time.monotonic()
        if self._frames.is_open:
            left = course.frame_since + self._limits.frame_s - now
        else:
            left = course.quiet_since + self._limits.idle_s - now
        return min(left, _LOOK_S) if course.later else left

    def _check_time(self, course: _Course) -> None:
        now = time.monotonic()
        if self._frames.is_open and now >= course.frame_since + self._limits.frame_s:
            self._desk.counts.add(self.source, Count.TOO_SLOW)
            raise _Ended("frame not complete in time")
        if not self._frames.is_open and now >= course.quiet_since + self._limits.idle_s:
            raise _Ended("idle")

    def _finish(self, course: _Course) -> None:
        """Ends when the peer has: it may still listen for what is due."""
        if self._is_stopped:
            raise _Ended("stopped")
        until = time.monotonic() + self._limits.apply_s
        for later in course.later:
            later.awaited.wait(max(until - time.monotonic(), 0))
        self._send_due(course)
        raise _Ended("ended by the peer")

    def _end(self, course: _Course, why: str, seconds: float) -> None:
        outcomes, counts = self._desk.outcomes, self._desk.counts
        for later in course.later:
            if outcomes is not None:
                outcomes.forget(later.awaited)
        n_thrown = self._frames.n_thrown + self._frames.n_held
        counts.add(self.source, Count.BYTES_THROWN, n_thrown)
        counts.add(self.source, Count.BARE_END, self._frames.n_bare)
        noted = Noted(
            "connection", self.source, self._address, why, course.n_messages, n_thrown, seconds
        )
        _LOG.info(line(noted))
