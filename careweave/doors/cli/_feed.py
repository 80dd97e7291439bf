"""careweave northmere: sends what the systems of the example region send, by the real doors."""

import json
import queue
import threading
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from careweave.demonstration import HISTORY_DAYS, Sent, named, sent, trickle
from careweave.doors.cli._desk import Desk, note
from careweave.doors.cli._files import write_whole
from careweave.doors.cli._listen import told_to_stop
from careweave.doors.cli._sender import Drop, Line, Post, Sender
from careweave.terms import Clock, NotFound

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

SEED = "northmere"
PLACES = "feed.json"
"""Where the demo says, in its home, how each source is reached."""

_WAITING = 64
_KEEP_EVERY = 200
_LOOK_S = 0.5


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verb."""
    feed = verbs.add_parser("northmere", help="send what the example region sends, to a demo")
    add_options(feed)
    feed.set_defaults(run=_run)


def add_options(verb: "ArgumentParser") -> None:
    """Adds the options that say how much is sent; the demo has them too."""
    verb.add_argument(
        "--people", type=int, default=300, help="inhabitants beside the named people (300)"
    )
    verb.add_argument("--named", type=int, help="how many of the named people; all if absent")
    verb.add_argument("--still", action="store_true", help="send what was, then nothing more")


@dataclass(slots=True)
class Progress:
    """How many messages of each source were sent: kept in a file, so that a start goes on."""

    path: Path
    counts: dict[str, int]
    is_complete: bool = False

    @classmethod
    def read(cls, path: Path) -> "Progress":
        """Returns what a file says, or nothing sent yet."""
        if not path.exists():
            return cls(path, {})
        kept = json.loads(path.read_text(encoding="utf-8"))
        return cls(path, kept["counts"], kept["is_complete"])

    def keep(self) -> None:
        """Writes the file."""
        kept = {"counts": self.counts, "is_complete": self.is_complete}
        write_whole(self.path, json.dumps(kept))

    def unsent(self, messages: Iterator[Sent]) -> Iterator[Sent]:
        """Gives what was not sent before: of each source, what comes after the number that was.

        The last ones before a kill may be sent twice, as systems do; that has no effect.
        """
        left = dict(self.counts)
        for message in messages:
            if left.get(message.source, 0) > 0:
                left[message.source] -= 1
            else:
                yield message


class Feed:
    """Sends the messages of each source in their order, and those of several side by side."""

    def __init__(
        self, senders: Mapping[str, Sender], progress: Progress, stop: threading.Event
    ) -> None:
        """Takes a sender for each source, and what was sent before."""
        self._progress = progress
        self._stop = stop
        self._lock = threading.Lock()
        self._lines: dict[str, queue.Queue[Sent | None]] = {}
        self._threads = []
        for name, sender in senders.items():
            line = self._lines[name] = queue.Queue(_WAITING)
            thread = threading.Thread(target=self._send, args=(sender, line), daemon=True)
            self._threads.append(thread)
            thread.start()

    def put(self, message: Sent) -> None:
        """Puts a message in the line of its source; waits while that is full."""
        self._put(self._lines[message.source], message)

    def end(self) -> None:
        """Waits until everything was sent, or we are to stop."""
        for line in self._lines.values():
            self._put(line, None)
        for thread in self._threads:
            while thread.is_alive() and not self._stop.is_set():
                thread.join(timeout=_LOOK_S)
        with self._lock:
            self._progress.keep()

    def _put(self, line: "queue.Queue[Sent | None]", message: Sent | None) -> None:
        while not self._stop.is_set():
            try:
                line.put(message, timeout=_LOOK_S)
            except queue.Full:
                continue
            return

    def _send(self, sender: Sender, line: "queue.Queue[Sent | None]") -> None:
        while not self._stop.is_set():
            try:
                message = line.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            if message is None:
                return
            if sender.send(message, self._stop):
                self._count(message.source)

    def _count(self, name: str) -> None:
        with self._lock:
            counts = self._progress.counts
            counts[name] = counts.get(name, 0) + 1
            if sum(counts.values()) % _KEEP_EVERY == 0:
                self._progress.keep()


def _run(desk: Desk, arguments: Namespace) -> int:
    home = desk.settings.home
    senders = _senders(home)
    progress = Progress.read(home / "northmere.json")
    with told_to_stop() as stop:
        if not progress.is_complete:
            _send_history(desk, arguments, Feed(senders, progress, stop), progress)
            progress.is_complete = not stop.is_set()
            progress.keep()
        if not arguments.still and not stop.is_set():
            feed = Feed(senders, Progress(home / "trickle.json", {}), stop)
            _keep_sending(desk, arguments, feed, stop)
    return 0


def _send_history(desk: Desk, arguments: Namespace, feed: Feed, progress: Progress) -> None:
    messages = sent(
        desk.region,
        seed=SEED,
        n_background=arguments.people,
        until=HISTORY_DAYS,
        only=_only(desk.region, arguments.named),
        is_marked=False,
    )
    for message in progress.unsent(messages):
        feed.put(message)
    feed.end()
    n_sent = sum(progress.counts.values())
    note(f"Northmere has sent {n_sent} messages.")


def _only(region: Path, n_named: int | None) -> frozenset[str] | None:
    if n_named is None:
        return None
    return frozenset(named(region)[:n_named])


def _keep_sending(desk: Desk, arguments: Namespace, feed: Feed, stop: threading.Event) -> None:
    clock: Clock = desk.around.clock
    living = trickle(desk.region, seed=SEED, population=max(arguments.people, 1), start=clock())
    for message in living:
        if stop.wait(max(0.0, (message.at - clock()).total_seconds())):
            return
        feed.put(message)


def _senders(home: Path) -> dict[str, Sender]:
    """Returns how each source sends, as the demo of this home says."""
    try:
        told = json.loads((home / PLACES).read_text(encoding="utf-8"))
    except OSError as fault:
        message = "No demo runs in this home; start one with careweave demo."
        raise NotFound(message) from fault
    lines = {name: Line(host, port) for name, (host, port) in told["mllp"].items()}
    posts = {name: Post(told["fhir"], token) for name, token in told["tokens"].items()}
    drops = {name: Drop(Path(folder)) for name, folder in told["folders"].items()}
    return {**lines, **posts, **drops}
