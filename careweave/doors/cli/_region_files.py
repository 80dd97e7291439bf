"""The files of a region that say who may see what, as they lie in its folder."""

from pathlib import Path

from careweave.agreements import FOLDERS, ORGANISATIONS, STAFF
from careweave.terms import Incorrect


def region_files(folder: Path) -> dict[str, bytes]:
    """Returns the bytes of the files by their paths below the folder of the region."""
    if not (folder / ORGANISATIONS).is_file():
        message = "This is no folder of a region: it has no organisations.yaml."
        raise Incorrect(message, where=str(folder))
    inner = (path for name in FOLDERS for path in sorted((folder / name).glob("*")))
    paths = (folder / ORGANISATIONS, folder / STAFF, *inner)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.is_file()
    }
