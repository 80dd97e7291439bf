"""One file on its way in, and what became of it."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from careweave.doors.feeds._books import FileState
from careweave.sources import Input, Source, extract_at, sequence_of
from careweave.terms import Incorrect

_HALF_DAY_S = 43_200


@dataclass(frozen=True, slots=True)
class Coming:
    """One file on its way in: from a folder or a mailbox, with its bytes. `at` is now."""

    source: Source
    name: str
    data: bytes = field(repr=False)
    at: datetime
    channel: str = "file"

    @property
    def digest(self) -> bytes:
        """Returns the SHA-256 of its bytes."""
        return sha256(self.data).digest()

    @property
    def extract_at(self) -> datetime:
        """Returns of when it is: as its name says, else when it came.

        Of several files of one day, the one with the larger running number is the later.
        """
        found = extract_at(self.name, ZoneInfo(self.source.zone))
        if found is None:
            return self.at
        number = self.number
        if number is None or found.time() != time():
            return found
        return found + timedelta(seconds=number % _HALF_DAY_S)

    @property
    def number(self) -> int | None:
        """Returns its running number, None where it has none."""
        try:
            return self.sequence
        except Incorrect:
            return None

    @property
    def sequence(self) -> int | None:
        """Returns its running number; Incorrect if it must have one and has none."""
        return sequence_of(self.name, self.source.file.sequence)

    @property
    def has_rows(self) -> bool:
        """Tells whether it is an extract of rows."""
        mapping = self.source.mapping
        return mapping is not None and mapping.input is Input.CSV


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file. `about` is a sentence without anything of a person."""

    source: str
    name: str
    state: FileState
    reason: str = ""
    about: str = ""
    message: int | None = None
    n_rows: int = 0
    n_new: int = 0
    n_changed: int = 0
    n_ended: int = 0
    n_faults: int = 0
