"""A reader of the docs: takes the shell blocks of a page in order and runs them as written."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^( *)```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_PLACE = re.compile(r"^([A-Z]+)=\S+(.*)$", re.MULTILINE)
_END = "\x1e"


@dataclass(frozen=True)
class Answer:
    """What curl printed of one request."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)


@dataclass(frozen=True)
class Ran:
    """What a block printed, and how it ended."""

    answers: tuple[Answer, ...]
    out: str
    err: str
    code: int


@dataclass
class Reader:
    """Runs blocks in a folder that has `./run`, and remembers the variables that they set.

    `fills` holds what the reader puts in the place of the values that the page leaves open.
    """

    folder: Path
    home: Path
    fills: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Puts `./run` and a curl that also prints the status into the folder."""
        curl = shutil.which("curl")
        (self.folder / "bin").mkdir(parents=True, exist_ok=True)
        self._script("bin/curl", f'exec {curl} -w "\\n%{{http_code}}{_END}" "$@"')
        # What ./run does once everything is installed.
        self._script(
            "run", f'[ "$1" = careweave ] && shift\nexec {sys.executable} -m careweave "$@"'
        )

    def _script(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def run(self, block: str) -> Ran:
        """Runs one block after the assignments of those before it."""
        block = self._filled(block)
        script = "\n".join([*self.said, block])
        self.said += [match.group(0) for match in re.finditer(r"^[A-Z]+=.*$", block, re.MULTILINE)]
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=self.folder,
            env={
                **os.environ,
                "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
                "CAREWEAVE_HOME": str(self.home),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ran(tuple(_answers(done.stdout)), done.stdout, done.stderr, done.returncode)

    def _filled(self, block: str) -> str:
        def fill(match: re.Match[str]) -> str:
            name = match.group(1)
            return f"{name}={self.fills[name]}" if name in self.fills else match.group(0)

        return _PLACE.sub(fill, block)


def blocks(path: Path) -> list[str]:
    """Returns the shell blocks of a page, without the indent of a list."""
    found = _BLOCK.findall(path.read_text(encoding="utf-8"))
    return [re.sub(f"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def _answers(out: str) -> Iterator[Answer]:
    for part in out.split(_END)[:-1]:
        body, _, status = part.rpartition("\n")
        yield Answer(int(status), body)
