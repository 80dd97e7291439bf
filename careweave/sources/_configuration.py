"""The files of sources that are in force, kept in the database.

A start reads what lies on disk; where that cannot be used, it goes on with what was in force. So an
edit that is not finished stops no process, not even one that is started again meanwhile.
"""

import io
import zipfile
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from careweave.db import Queries, Session
from careweave.terms import CareweaveError

FOLDERS = ("sources", "mappings", "codes")
"""The folders of a region that say what its sources are."""

_QUERIES = Queries("careweave.sources")
_LOOSE = ("identity.yaml", "organisations.yaml")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MOST_FAULTS = 50


def files_of(region: Path) -> list[Path]:
    """Returns the files of a region that say what its sources are, in the order of their names."""
    folders = (region / name for name in FOLDERS)
    found = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
    found += [region / name for name in _LOOSE]
    return sorted(path for path in found if path.is_file())


def packed(region: Path) -> bytes:
    """Returns those files as an archive; the same files give the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files_of(region):
            name = zipfile.ZipInfo(str(path.relative_to(region)), _EPOCH)
            archive.writestr(name, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return made.getvalue()


def unpack(archive: bytes, folder: Path) -> None:
    """Writes the files of an archive that `packed` made into a folder."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        opened.extractall(folder)


def keep_configuration(session: Session, region: Path, *, now: datetime) -> None:
    """Keeps the files of a region as those in force."""
    files = packed(region)
    digest = sha256(files).digest()
    session.run(_QUERIES["keep_configuration"], digest=digest, files=files, now=now)
    session.run(_QUERIES["forget_configurations"])


def newest_configuration(session: Session) -> bytes | None:
    """Returns the files that were in force last, None before the first time."""
    row = session.row(_QUERIES["newest_configuration"])
    return None if row is None else bytes(row[0])


def refuse_configuration(session: Session, error: CareweaveError, *, now: datetime) -> None:
    """Keeps why what lies on disk is not in force, for those who look after feeds."""
    faults = [issue.message for issue in error.issues][:_MOST_FAULTS] or [error.message]
    session.run(_QUERIES["refuse_configuration"], faults=faults, now=now)


def not_in_force(session: Session) -> tuple[str, ...]:
    """Returns why what lies on disk is not in force; empty when it is."""
    row = session.row(_QUERIES["not_in_force"])
    return () if row is None else tuple(row[0])
