"""What every command works with: the settings, the clock, the database of the settings."""

import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from careweave.db import Database, Embedded, Session, migrate
from careweave.doors._access import clock_of
from careweave.settings import Settings, Wrong, load
from careweave.terms import Clock, Incorrect

Run = Callable[[Settings, Database, Event], None]
"""What goes on in a process of its own with these settings, until the event is set."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The other doors and the work behind them, as the wiring makes them.

    `parked`, `accept` and `refuse` are for whole files that wait for somebody to decide.
    `faults_of_forms` says what is wrong with the forms among the files of a region.
    """

    listen: Run
    collect: Run
    arrive: Callable[[Settings, Database, Event, str], None]
    parked: Callable[[Session], Sequence[object]]
    accept: Callable[..., object]
    refuse: Callable[..., object]
    faults_of_forms: Callable[[Mapping[str, bytes]], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Around:
    """What the operating system and the wiring give to a command.

    `target` is what Granian serves, as module:factory. `checkout` is the folder that holds the
    package, with `region/` beside it where the source is checked out.
    """

    environ: Mapping[str, str]
    clock: Clock
    target: str
    checkout: Path
    doors: Doors

    @property
    def is_checkout(self) -> bool:
        """Tells whether this runs from a checkout of the source."""
        return (self.checkout / "pyproject.toml").exists()


@dataclass(frozen=True, slots=True)
class Desk:
    """The surroundings with the settings that hold for one command."""

    around: Around
    settings: Settings

    @property
    def region(self) -> Path:
        """Returns the folder of the region."""
        return self.settings.region or self.around.checkout / "region"

    def url(self) -> str:
        """Returns the address of the database, its own server started where none is named."""
        return self.settings.database_url or Embedded.start(self.settings.home).url

    def environ(self, **more: object) -> dict[str, str]:
        """Returns the environment of a child process: ours, with some settings named."""
        named = {f"CAREWEAVE_{name.upper()}": str(value) for name, value in more.items()}
        path = [str(self.around.checkout), self.around.environ.get("PYTHONPATH", "")]
        python_path = ":".join(dict.fromkeys(":".join(path).strip(":").split(":")))
        return {**self.around.environ, "PYTHONPATH": python_path, **named}

    @contextmanager
    def database(self, *, size: int = 2) -> Generator[Database]:
        """Gives the database of the settings, migrated, and closes it at the end."""
        database = Database(self.url(), size=size, zone=self.settings.time_zone)
        try:
            migrate(database)
            yield database
        finally:
            database.close()


def desk_of(around: Around, overrides: Mapping[str, str]) -> Desk:
    """Returns the desk of a command; `overrides` are settings that its options name."""
    named = {f"CAREWEAVE_{name.upper()}": value for name, value in overrides.items()}
    settings = load({**around.environ, **named})
    if isinstance(settings, Wrong):
        raise Incorrect(" ".join(settings.problems))
    return Desk(replace(around, clock=clock_of(settings.home, around.clock)), settings)


def say(text: str = "") -> None:
    """Prints one line at once."""
    print(text, flush=True)


def note(text: str) -> None:
    """Prints one line for people only, beside the output."""
    print(text, file=sys.stderr, flush=True)
