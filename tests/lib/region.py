"""The files of the example region that say who may see what, and the world that they make."""

from functools import cache
from pathlib import Path

from careweave.agreements import FOLDERS, ORGANISATIONS, World, read_world

REGION = Path(__file__).parents[2] / "region"
ZONE = "Europe/London"


def files() -> dict[str, bytes]:
    """Returns the bytes of the files by their paths below the region."""
    inner = (path for name in FOLDERS for path in sorted((REGION / name).glob("*")))
    paths = [REGION / ORGANISATIONS, *(path for path in inner if path.is_file())]
    return {path.relative_to(REGION).as_posix(): path.read_bytes() for path in paths}


@cache
def northmere() -> World:
    """Returns the world of Northmere, with its demonstration keys taken."""
    return read_world(files(), version=1, zone=ZONE, takes_demonstration_keys=True)
