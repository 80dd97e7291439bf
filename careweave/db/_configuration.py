"""The versions of the running configuration: files of a region, kept whole and never changed.

What the files say is the business of the rooms that read them.
Source: the architecture, decision 9.2; `reference/agreements.md` 3.2.
"""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from careweave.db._queries import Queries
from careweave.db._session import Session
from careweave.terms import Fault, Incorrect, NotFound

_QUERIES = Queries("careweave.db")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_SHORTEST_NOTE = 10


@dataclass(frozen=True, slots=True)
class Applying:
    """By whom a version is applied, who agreed to it, why, when, and from when it is in force."""

    by: str
    second: str
    note: str
    at: datetime
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class Configuration:
    """One version as it was applied; `reverted_from` is the version that it brought back."""

    version: int
    digest: bytes
    applying: Applying
    reverted_from: int | None


def apply_configuration(
    session: Session,
    files: Mapping[str, bytes],
    applying: Applying,
    *,
    reverted_from: int | None = None,
) -> int:
    """Keeps the files, by their paths, as the newest version and returns its number.

    Raises Incorrect unless two people stand behind it and say why.
    """
    if not _are_two(applying.by, applying.second):
        message = "A configuration is applied by one person and agreed to by another; name both."
        raise Incorrect(message)
    if len(applying.note.strip()) < _SHORTEST_NOTE:
        raise Incorrect("Say in a few words why this configuration is applied.")
    packed = _packed(files)
    session.row(_QUERIES["lock_configuration"])
    row = session.row(
        _QUERIES["add_configuration"],
        files=packed,
        digest=sha256(packed).digest(),
        by=applying.by.strip(),
        second=applying.second.strip(),
        note=applying.note.strip(),
        applied_at=applying.at,
        effective_from=max(applying.effective_from, applying.at),
        reverted_from=reverted_from,
    )
    if row is None:
        raise Fault("A version of the configuration was not kept.")
    return int(row[0])


def configuration_at(session: Session, at: datetime) -> int:
    """Returns the number of the version in force at a moment; 0 where nothing is."""
    row = session.row(_QUERIES["configuration_at"], at=at)
    return 0 if row is None or row[0] is None else int(row[0])


def configuration_files(session: Session, version: int) -> Mapping[str, bytes]:
    """Returns the files of a version by their paths.

    Raises NotFound for a version that is not, and Incorrect for one that is not what was applied.
    """
    row = session.row(_QUERIES["configuration_files"], version=version)
    if row is None:
        raise NotFound("There is no such version of the configuration.")
    packed, digest = map(bytes, row)
    if sha256(packed).digest() != digest:
        raise Incorrect("This version of the configuration is not what was applied.")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def configurations(session: Session, *, most: int = 50) -> tuple[Configuration, ...]:
    """Returns the versions, the newest first."""
    return tuple(
        Configuration(version, bytes(digest), Applying(*said), reverted_from)
        for version, digest, *said, reverted_from in session.rows(
            _QUERIES["configurations"], most=most
        )
    )


def _are_two(one: str, other: str) -> bool:
    names = {one.strip().casefold(), other.strip().casefold()}
    return len(names) == 2 and "" not in names


def _packed(files: Mapping[str, bytes]) -> bytes:
    """Returns files as an archive; the same files give the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), files[path], zipfile.ZIP_DEFLATED)
    return made.getvalue()
