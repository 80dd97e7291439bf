"""The configuration in force, as every process follows it: noticed within two seconds.

Source: the architecture, decision 9.2; `reference/agreements.md` 3.2.
"""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from careweave.agreements import World, default_rules, read_world
from careweave.db import Session, configuration_at, configuration_files
from careweave.terms import Incorrect

_LOG = logging.getLogger("careweave")
_EVERY_S = 2.0
_MOST_EARLIER = 4


@dataclass(frozen=True, slots=True)
class _Trust:
    """Whether this process takes signatures by keys that are there for demonstration."""

    takes_demonstration_keys: bool = False


class _Followed:
    """The world in force, read again when another version is."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._version = 0
        self._looked_s: float | None = None
        self._lock = threading.Lock()

    def at(self, session: Session, at: datetime) -> World:
        """Returns the world in force, looking whether it still is at most every two seconds."""
        if self._is_due() and self._lock.acquire(blocking=self._looked_s is None):
            try:
                if self._is_due():
                    self._look(session, at)
            finally:
                self._lock.release()
        return self.world

    def _is_due(self) -> bool:
        return self._looked_s is None or time.monotonic() - self._looked_s > _EVERY_S

    def _look(self, session: Session, at: datetime) -> None:
        version = configuration_at(session, at)
        if version != self._version:
            self.world = self._read(session, version)
            self._version = version
        # Last, so that a first look that failed is tried again by whoever comes next.
        self._looked_s = time.monotonic()

    def _read(self, session: Session, version: int) -> World:
        """Returns the world of a version; where it does not read, the last that this process read.

        A process that has read none shares nothing: an older version may hold what the newest
        takes back.
        """
        if version == 0:
            return _nothing(0, session.zone.key)
        takes = session.memo(_Trust, lambda _: _Trust()).takes_demonstration_keys
        try:
            return read_world(
                configuration_files(session, version),
                version=version,
                zone=session.zone.key,
                takes_demonstration_keys=takes,
            )
        except Incorrect:
            _LOG.error('{"event": "configuration-unreadable"}')
        return self.world if self.world.version else _nothing(version, session.zone.key)


def world(session: Session, at: datetime) -> World:
    """Returns the agreements and rules in force at a moment; one version, to be used throughout.

    Before anything was applied these are the rules of the package and no agreement.
    """
    return session.memo(_Followed, _follow).at(session, at)


def world_of(session: Session, version: int) -> World:
    """Returns the world of a version, as this process would have read it; kept for the last few."""
    kept = session.memo(_Earlier, lambda _: _Earlier())
    found = kept.worlds.get(version)
    if found is None:
        found = _read_again(session, version)
        if len(kept.worlds) >= _MOST_EARLIER:
            kept.worlds.clear()
        kept.worlds[version] = found
    return found


class _Earlier:
    """Worlds of versions that were asked for lately."""

    def __init__(self) -> None:
        self.worlds: dict[int, World] = {}


def _read_again(session: Session, version: int) -> World:
    if version == 0:
        return _nothing(0, session.zone.key)
    return read_world(
        configuration_files(session, version),
        version=version,
        zone=session.zone.key,
        takes_demonstration_keys=session.memo(_Trust, lambda _: _Trust()).takes_demonstration_keys,
    )


def begin(session: Session, *, takes_demonstration_keys: bool) -> None:
    """Says once, at the start of a process, whether keys for demonstration count in it."""
    session.forget(_Trust)
    session.memo(_Trust, lambda _: _Trust(takes_demonstration_keys))
    look_again(session)


def look_again(session: Session) -> None:
    """Forgets which configuration is in force, so that the next question looks at once."""
    session.forget(_Followed)


def _follow(session: Session) -> _Followed:
    return _Followed(_nothing(0, session.zone.key))


def _nothing(version: int, zone: str) -> World:
    """Returns a world without agreements: each organisation sees its own."""
    return World(version, {}, (), default_rules(), zone)
