"""Handing in what a file brings, and noting what became of it, in one transaction."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from careweave.db import Session
from careweave.doors.feeds._books import QUERIES
from careweave.doors.feeds._taken import Coming, Taken
from careweave.intake import Arrival, Duplicate, Kept, Received, TurnedAway, receive
from careweave.sources import (
    ExtractRow,
    FeedNote,
    Part,
    Reason,
    Sources,
    absent_body,
    extract_rows,
    note_feeds,
    row_body,
)
from careweave.terms import Finding, Incorrect, Severity

_BATCH = 1000


class Desk:
    """Where one file is handed in."""

    def __init__(self, session: Session, coming: Coming, sources: Sources) -> None:
        """Takes the transaction, the file, and the sources in force."""
        self.session = session
        self.coming = coming
        self._sources = sources

    def rows(self) -> Iterator[ExtractRow]:
        """Yields the rows of the file; Incorrect, perhaps late, for one wrong as a whole."""
        return extract_rows(self.coming.data, self.coming.source, self.session.secret)

    def store(self, wrong: str = "", reason: Reason = Reason.FILE_PARKED) -> int:
        """Stores the file as it came, and returns its number; `wrong` says why it waits."""
        fault = Finding(reason, Severity.ERROR, "file", wrong) if wrong else None
        arrival = self._arrival(self.coming.data, fault=fault, is_container=True)
        return self._one(arrival)

    def hand_in_whole(self, parts: Sequence[Part]) -> int:
        """Hands in a file that is one message, or a batch of them, and returns its number."""
        first = parts[0]
        if len(parts) == 1 and first.body == self.coming.data:
            return self._one(self._arrival(first.body, fault=first.fault))
        number = self.store()
        self._many(
            [
                self._arrival(part.body, parent=number, line=line, fault=part.fault)
                for line, part in enumerate(parts, 1)
            ]
        )
        return number

    def hand_in(self, rows: Sequence[ExtractRow], parent: int) -> list[int | None]:
        """Hands in rows of the file, and returns their numbers; None for one that is not taken."""
        return self._many(
            [
                self._arrival(
                    row_body(row, self._at(row)), parent=parent, line=row.line, fault=row.fault
                )
                for row in rows
            ]
        )

    def hand_in_ended(self, said: Sequence[bytes], parent: int) -> None:
        """Hands in what the rows said that are no longer in the file."""
        at = self.coming.extract_at
        self._many([self._arrival(absent_body(one, at), parent=parent) for one in said])

    def note(self, taken: Taken, *, failed: str = "") -> Taken:
        """Notes what became of the file, there and at its feed; the last of its transaction."""
        coming = self.coming
        self.session.run(
            QUERIES["note_file"],
            source=taken.source,
            name=taken.name,
            sha256=coming.digest,
            size=len(coming.data),
            state=taken.state,
            taken_at=coming.at,
            extract_at=coming.extract_at,
            sequence=coming.number,
            message=taken.message,
            reason=taken.reason,
            about=taken.about,
            n_rows=taken.n_rows,
            n_new=taken.n_new,
            n_changed=taken.n_changed,
            n_ended=taken.n_ended,
            n_faults=taken.n_faults,
        )
        source = coming.source
        note = FeedNote(source.name, source.feed, coming.at, answered=not failed, failed=failed)
        note_feeds(self.session, [note])
        return taken

    def _at(self, row: ExtractRow) -> datetime:
        """Returns of when a row is: of two that speak of one thing, the later line is newer."""
        at = self.coming.extract_at
        if self.coming.source.file.is_snapshot:
            return at
        return at + timedelta(microseconds=row.line % 1_000_000)

    def _arrival(
        self,
        body: bytes,
        *,
        parent: int | None = None,
        line: int | None = None,
        fault: Finding | None = None,
        is_container: bool = False,
    ) -> Arrival:
        coming = self.coming
        return Arrival(
            coming.source.name,
            coming.channel,
            body,
            coming.at,
            name=coming.name,
            parent=parent,
            line=line,
            fault=fault,
            is_container=is_container,
        )

    def _one(self, arrival: Arrival) -> int:
        (answer,) = receive(self.session, [arrival], sources=self._sources)
        match answer:
            case Kept(message=number) | Duplicate(message=number):
                return number
            case _:
                raise Incorrect("The source takes no such file.", code="turned-away")

    def _many(self, arrivals: Sequence[Arrival]) -> list[int | None]:
        answers: list[Received] = []
        for start in range(0, len(arrivals), _BATCH):
            batch = arrivals[start : start + _BATCH]
            answers += receive(self.session, batch, sources=self._sources)
        return [None if isinstance(one, TurnedAway) else one.message for one in answers]
