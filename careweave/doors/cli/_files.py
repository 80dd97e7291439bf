"""Files that are either whole or not there."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Writes a file that only we may read, in one step for whoever reads it."""
    aside = path.with_name(f"{path.name}.new")
    aside.touch(mode=0o600)
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def make_private(folder: Path) -> None:
    """Makes a folder for us; one that is there stays as it is."""
    if not folder.exists():
        folder.mkdir(parents=True)
        # The account that runs the embedded PostgreSQL passes through, and sees no names.
        os.chmod(folder, 0o711)  # noqa: PTH101, S103
