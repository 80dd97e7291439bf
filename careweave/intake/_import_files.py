"""Takes files apart into pieces that are imported one transaction each."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import IO

from careweave.terms import Incorrect, NotFound

_LINES = frozenset({".ndjson", ".jsonl"})
_BLOCK = 1 << 20
MOST_LINES = 500
_MOST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """One file: where it is, its digest (empty until it is read), its size on disk."""

    path: Path
    digest: bytes
    n_bytes: int

    @property
    def is_lines(self) -> bool:
        """Says whether each line is a resource; else the file is one bundle or resource."""
        return bool(_LINES & set(self.path.suffixes))


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines of a file, or the whole of a bundle.

    `start` and `finish` are offsets in the uncompressed content, `line` is the number of the first
    line; `n_read` is how many bytes of the file on disk were read up to here. A broken piece has no
    content: from here on the file could not be unpacked.
    """

    file: Source
    start: int
    finish: int
    line: int
    content: bytes
    n_read: int
    is_broken: bool = False


def files_of(paths: Iterable[Path]) -> list[Source]:
    """Returns the files that the paths name, folders searched, in the order of their names."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found |= dict.fromkeys(sorted(each for each in path.rglob("*") if _is_ours(each)))
        elif path.is_file():
            found[path] = None
        else:
            raise NotFound("There is no such file or folder to import.")
    if not found:
        raise Incorrect("There is nothing to import: .json, .ndjson and .gz of them are read.")
    return [Source(path, b"", path.stat().st_size) for path in found]


def digested(file: Source) -> Source:
    """Returns the file with the digest of its content."""
    try:
        return replace(file, digest=_digest(file.path))
    except OSError as error:
        raise Incorrect("A file cannot be read.", where=file.path.name) from error


def _is_ours(path: Path) -> bool:
    suffixes = [suffix for suffix in path.suffixes[-2:] if suffix != ".gz"]
    return path.is_file() and bool(suffixes) and suffixes[-1] in {".json", *_LINES}


def _digest(path: Path) -> bytes:
    digest = sha256()
    with path.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
    return digest.digest()[:16]


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Gives the content of a file, unpacked, and the file on disk, to see how far it was read."""
    with path.open("rb") as raw:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield unpacked, raw  # type: ignore[misc]  # a GzipFile reads bytes
        else:
            yield raw, raw


def pieces(file: Source) -> Iterator[Piece]:
    """Yields the pieces of a file in order; the last one is broken where the file is not whole."""
    start, line = 0, 1
    with _opened(file.path) as (content, raw):
        try:
            for lines in _parts(file, content):
                block = b"".join(lines)
                finish = start + len(block)
                yield Piece(file, start, finish, line, block, raw.tell())
                start, line = finish, line + len(lines)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            yield Piece(file, start, start, line, b"", file.n_bytes, is_broken=True)


def _parts(file: Source, content: IO[bytes]) -> Iterator[list[bytes]]:
    if not file.is_lines:
        yield [content.read()]
        return
    while lines := _some(content):
        yield lines


def _some(content: IO[bytes]) -> list[bytes]:
    lines: list[bytes] = []
    n_bytes = 0
    while len(lines) < MOST_LINES and n_bytes < _MOST_BYTES:
        text = content.readline()
        if not text:
            break
        lines.append(text)
        n_bytes += len(text)
    return lines
