"""Files of the configuration in force, for rooms that compile their own part of it.

Source: the architecture, decision 9.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from careweave.db import Session, configuration_files
from careweave.disclosure._worlds import world

_NOTHING: Mapping[str, bytes] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RegionFiles:
    """Files by their paths, of one version; the same object for as long as that is in force."""

    version: int
    files: Mapping[str, bytes]


class _Kept:
    """The files of the version that was asked for last, whole and by folder."""

    def __init__(self, version: int, files: Mapping[str, bytes]) -> None:
        self.whole = RegionFiles(version, files)
        self.by_folder: dict[str, RegionFiles] = {}

    def below(self, folder: str) -> RegionFiles:
        """Returns the files below a folder."""
        found = self.by_folder.get(folder)
        if found is None:
            its = {name: body for name, body in self.whole.files.items() if name.startswith(folder)}
            found = self.by_folder[folder] = RegionFiles(self.whole.version, its)
        return found


def region_files(session: Session, at: datetime, folder: str) -> RegionFiles:
    """Returns the files below a folder ("views/") of the version in force, noticed within 2 s.

    It is the version by which is decided, so that all parts of an answer are of one. Without one
    there are no files.
    """
    version = world(session, at).version
    kept = session.memo(_Kept, lambda inside: _read(inside, version))
    if kept.whole.version != version:
        session.forget(_Kept)
        kept = session.memo(_Kept, lambda inside: _read(inside, version))
    return kept.below(folder)


def _read(session: Session, version: int) -> _Kept:
    return _Kept(version, configuration_files(session, version) if version else _NOTHING)
