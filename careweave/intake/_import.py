"""Imports files at scale: a process per core, restartable, every refused line reported.

Source: reference/store.md 6.3.
"""

import gc
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import IO

from careweave import record
from careweave.db import Database, Queries
from careweave.formats import outcome, write_json
from careweave.intake._draft import Drafter
from careweave.intake._facts import SourceSettings
from careweave.intake._import_chunk import Done, Importer, import_piece, settle_labels
from careweave.intake._import_files import Piece, Source, digested, files_of, pieces
from careweave.intake._import_read import Refusal
from careweave.intake._keyed import Namespace
from careweave.intake._requests import Writing
from careweave.intake._rules import load_rules
from careweave.terms import Unavailable

_QUERIES = Queries("careweave.intake")
_PLAIN = SourceSettings()
_AHEAD = 3
_LOOK_S = 0.5
_GARBAGE = 50_000


@dataclass(frozen=True)
class ImportOrder:
    """What is to be imported: the files of one source, into the database at `url`.

    `writing` says who imports, for which source and from when on; `value_sets` is the folder of the region's
    value sets; `report` is where refused lines are written, one OperationOutcome a line.
    """

    url: str
    paths: tuple[Path, ...]
    writing: Writing
    settings: SourceSettings = _PLAIN
    value_sets: Path | None = None
    report: Path | None = None
    processes: int = 2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is; bytes are those of the files on disk."""

    done_bytes: int
    total_bytes: int
    n_stored: int
    n_refused: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `n_same` were held already in this form; `n_skipped` pieces were done."""

    n_files: int
    n_stored: int
    n_same: int
    n_refused: int
    n_skipped: int


class _Tally:
    """Counts what is done, and tells who watches."""

    def __init__(self, files: list[Source], watch: Callable[[Progress], None]) -> None:
        self._watch = watch
        self._total = sum(file.n_bytes for file in files)
        self._read: dict[Path, int] = {}
        self.n_files = len(files)
        self.n_stored = self.n_same = self.n_refused = self.n_skipped = 0

    def take(self, piece: Piece, done: Done) -> None:
        self.n_stored += done.n_stored
        self.n_same += done.n_same
        self.n_refused += len(done.refused)
        self._tell(piece)

    def skip(self, piece: Piece) -> None:
        self.n_skipped += 1
        self._tell(piece)

    def _tell(self, piece: Piece) -> None:
        path = piece.file.path
        self._read[path] = max(self._read.get(path, 0), piece.n_read)
        done = sum(self._read.values())
        self._watch(Progress(done, self._total, self.n_stored, self.n_refused))

    def sum(self) -> Imported:
        return Imported(self.n_files, self.n_stored, self.n_same, self.n_refused, self.n_skipped)


class _Times:
    """Tells the time of each piece: an import lasts for hours, and what it brings is known then.

    One time for all would show a piece to who asks for changes since an hour ago as older than
    that, and would run out of row numbers, which are a million at one time.
    """

    def __init__(self, began: datetime) -> None:
        self._began = began
        self._from_s = time.monotonic()

    def now(self) -> datetime:
        return self._began + timedelta(seconds=time.monotonic() - self._from_s)


def run_import(order: ImportOrder, *, watch: Callable[[Progress], None]) -> Imported:
    """Returns what was imported; run again after a failure it goes on where it was.

    `watch` is called after each piece. Refused lines do not stop the others.
    """
    database = Database(order.url, size=2)
    try:
        files = files_of(order.paths)
        tally, times = _Tally(files, watch), _Times(order.writing.at)
        with _report(order.report) as report:
            todo = _left(database, order, files, tally)
            for piece, done in _work(order, todo, times):
                tally.take(piece, done)
                for refusal in done.refused:
                    report.write(_told(refusal))
        settle_labels(_importer_of(order, database).at(times.now()))
        with database.session(bulk=True) as session:
            record.analyse(session)
            record.statistics(session)
        return tally.sum()
    finally:
        database.close()


def _left(
    database: Database, order: ImportOrder, files: Iterable[Source], tally: _Tally
) -> Iterator[Piece]:
    """Yields the pieces that are not done yet."""
    for each in files:
        file = digested(each)
        with database.reading() as session:
            rows = session.rows(
                _QUERIES["pieces"], source=order.writing.actor.source, file=file.digest
            )
        known = {(start, finish) for start, finish, _, _ in rows}
        for piece in pieces(file):
            if (piece.start, piece.finish) in known:
                tally.skip(piece)
            else:
                yield piece


def _work(order: ImportOrder, todo: Iterator[Piece], times: _Times) -> Iterator[tuple[Piece, Done]]:
    """Yields the pieces with what became of them, as they are finished by the processes."""
    if order.processes <= 1:
        yield from _work_here(order, todo, times)
        return
    pool = ProcessPoolExecutor(
        order.processes,
        mp_context=get_context("spawn"),
        initializer=_end_with,
        initargs=(os.getpid(),),
    )
    with pool:
        running: dict[Future[Done], Piece] = {}
        try:
            for piece in todo:
                running[pool.submit(_import_there, order, piece, times.now())] = piece
                if len(running) >= order.processes * _AHEAD:
                    yield from _finished(running)
            while running:
                yield from _finished(running)
        except BrokenProcessPool as error:
            message = "A process of the import ended; run the import again, it goes on from here."
            raise Unavailable(message) from error


def _work_here(
    order: ImportOrder, todo: Iterator[Piece], times: _Times
) -> Iterator[tuple[Piece, Done]]:
    database = Database(order.url, size=2)
    try:
        importer = _importer_of(order, database)
        for piece in todo:
            yield piece, import_piece(importer.at(times.now()), piece)
    finally:
        database.close()


def _finished(running: dict[Future[Done], Piece]) -> Iterator[tuple[Piece, Done]]:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        yield running.pop(future), future.result()


def _import_there(order: ImportOrder, piece: Piece, at: datetime) -> Done:
    return import_piece(_importer(order).at(at), piece)


@cache
def _importer(order: ImportOrder) -> Importer:
    """Returns what this process of the pool imports with until it ends."""
    made = _importer_of(order, Database(order.url, size=2))
    # A piece makes many thousand objects and few cycles; looking for these costs a seventh.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE, 50, 100)
    return made


def _importer_of(order: ImportOrder, database: Database) -> Importer:
    rules = load_rules(order.value_sets)
    with database.reading() as session:
        drafter = Drafter(rules, record.keys(session), session.zone)
        secret = session.secret
    actor = order.writing.actor
    names = Namespace(secret, actor.authority, actor.id_prefix)
    is_alone = order.processes <= 1
    return Importer(database, drafter, names, order.writing, order.settings, is_alone)


def _end_with(parent: int) -> None:
    """Lets this process end soon after the one that started it, even when that was killed."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_S)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()


@contextmanager
def _report(path: Path | None) -> Iterator[IO[bytes]]:
    with (path or Path(os.devnull)).open("ab") as report:
        yield report


def _told(refusal: Refusal) -> bytes:
    """Returns one line of the report: which line of which file, and why; nothing of its content."""
    value = outcome(refusal.issues, request_id=f"{refusal.file} line {refusal.line}")
    return write_json(value) + b"\n"
