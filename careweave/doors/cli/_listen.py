"""careweave listen and careweave collect: the doors for HL7 v2 and for files."""

import signal
import threading
from argparse import Namespace
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from careweave.doors.cli._desk import Desk

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs."""
    listen = verbs.add_parser("listen", help="the door for HL7 v2 over MLLP")
    listen.set_defaults(run=_listen)
    collect = verbs.add_parser("collect", help="the door for files: drop folders and MESH")
    collect.set_defaults(run=_collect)


def _listen(desk: Desk, _arguments: Namespace) -> int:
    with told_to_stop() as stop, desk.database(size=desk.settings.connections) as database:
        desk.around.doors.listen(desk.settings, database, stop)
    return 0


def _collect(desk: Desk, _arguments: Namespace) -> int:
    with told_to_stop() as stop, desk.database(size=desk.settings.connections) as database:
        desk.around.doors.collect(desk.settings, database, stop)
    return 0


@contextmanager
def told_to_stop() -> Generator[threading.Event]:
    """Gives an event that the signals to stop set."""
    stop = threading.Event()
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.signal(number, lambda *_: stop.set()) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
