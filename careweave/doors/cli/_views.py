"""The files of a region that say what a page shows: held to their form, as a part of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from careweave import views
from careweave.agreements.forms import Grade, Notice, refuse


def faults_of_views(folder: Path) -> Iterator[str]:
    """Yields why files of pages are refused, each with its file, line and remedy."""
    paths = (path for name in views.FOLDERS for path in sorted((folder / name).glob("*")))
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    yield from (one.text for one in _refused(files))


def refuse_views(files: Mapping[str, bytes]) -> None:
    """Raises Incorrect with every fault of the files of pages."""
    refuse(_refused(files))


def _refused(files: Mapping[str, bytes]) -> list[Notice]:
    return [one for one in views.checked_views(files)[1] if one.grade is Grade.REJECT]
