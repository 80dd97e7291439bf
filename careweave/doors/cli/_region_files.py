"""The files of a region that say who may see what, as they lie in its folder."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from careweave.agreements import FOLDERS, ORGANISATIONS, STAFF
from careweave.terms import Incorrect

_OF_FORMS = ("forms/", "value-sets/")


def region_files(folder: Path) -> dict[str, bytes]:
    """Returns the bytes of the files by their paths below the folder of the region."""
    if not (folder / ORGANISATIONS).is_file():
        message = "This is no folder of a region: it has no organisations.yaml."
        raise Incorrect(message, where=str(folder))
    paths = (folder / ORGANISATIONS, folder / STAFF, *_inside(folder, FOLDERS))
    return _bodies(folder, paths)


def files_of_forms(folder: Path) -> dict[str, bytes]:
    """Returns the bytes of the forms of pages, and of the value sets that they choose from."""
    return _bodies(folder, _inside(folder, _OF_FORMS))


def _inside(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    yield from (path for name in names for path in sorted((folder / name).glob("*")))


def _bodies(folder: Path, paths: Iterable[Path]) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.is_file()
    }
