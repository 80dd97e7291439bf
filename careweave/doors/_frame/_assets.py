"""Styles, scripts and pictures of all doors under names that carry their digest.

A name that changes with its content may be kept by a browser for a year. Files name each other
by `/static/<name>`; what is served names the digest instead.
"""

import gzip
import mimetypes
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from careweave.doors._frame._headers import COMMON
from careweave.terms import Fault

_DOORS = Path(__file__).resolve().parents[1]
_TEXTS = {".css", ".js", ".svg", ".webmanifest"}
_REFERENCE = re.compile(rb"/static/([a-z0-9.-]+)")
_IMPORT = re.compile(rb'@import "/static/([a-z0-9.-]+)";')
"""What a style takes over from another is put into it, so that one answer brings it all."""
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_YEAR = "public, max-age=31536000, immutable"
Start = Callable[[str, list[tuple[str, str]]], object]


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    name: str
    served_as: str
    body: bytes
    packed: bytes
    kind: str


@cache
def assets() -> Mapping[str, Asset]:
    """Returns every file of the doors' static folders, by its own name."""
    paths = {p.name: p for p in sorted(_DOORS.glob("*/static/*")) if p.suffix != ".toml"}
    made: dict[str, Asset] = {}
    for name in paths:
        _make(name, paths, made, ())
    return made


def _make(
    name: str, paths: Mapping[str, Path], made: dict[str, Asset], within: tuple[str, ...]
) -> Asset:
    if name in made:
        return made[name]
    if name in within:
        message = f"the static file {name} names itself by a circle"
        raise Fault(message)
    path = paths[name]
    body = path.read_bytes()
    if path.suffix == ".css":
        body = _IMPORT.sub(lambda found: paths[found.group(1).decode()].read_bytes(), body)
    if path.suffix in _TEXTS:
        body = _REFERENCE.sub(lambda found: _served(found, paths, made, (*within, name)), body)
    digest = sha256(body).hexdigest()[:12]
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    served_as = f"{path.stem}.{digest}{path.suffix}"
    made[name] = Asset(name, served_as, body, gzip.compress(body, 9, mtime=0), kind)
    return made[name]


def _served(
    found: re.Match[bytes],
    paths: Mapping[str, Path],
    made: dict[str, Asset],
    within: tuple[str, ...],
) -> bytes:
    name = found.group(1).decode()
    if name not in paths:
        return found.group(0)
    return b"/static/" + _make(name, paths, made, within).served_as.encode()


def static(name: str) -> str:
    """Returns the address of a static file, e.g. `/static/theme.1f3a….css`."""
    if name not in assets():
        message = f"there is no static file {name}"
        raise Fault(message)
    return f"/static/{assets()[name].served_as}"


def asset(name: str) -> bytes:
    """Returns a static file as it is served, for an address of its own without a digest."""
    return assets()[name].body


@cache
def _by_address() -> Mapping[str, Asset]:
    return {asset.served_as: asset for asset in assets().values()}


def serve_static(environ: Mapping[str, object], start: Start) -> Iterable[bytes]:
    """Answers `/static/…` by WSGI; a name without its digest is not found."""
    name = str(environ.get("PATH_INFO", "")).rpartition("/")[2]
    asset = _by_address().get(name)
    if asset is None or environ.get("REQUEST_METHOD") not in {"GET", "HEAD"}:
        return _nothing(start)
    is_packed = "gzip" in str(environ.get("HTTP_ACCEPT_ENCODING", ""))
    body = asset.packed if is_packed else asset.body
    headers = [
        ("Content-Type", asset.kind),
        ("Content-Length", str(len(body))),
        ("Cache-Control", _YEAR),
        ("Vary", "Accept-Encoding"),
        *COMMON.items(),
    ]
    start("200 OK", [*headers, ("Content-Encoding", "gzip")] if is_packed else headers)
    return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]


def _nothing(start: Start) -> Iterable[bytes]:
    body = b"Not found.\n"
    start(
        "404 Not Found",
        [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            *COMMON.items(),
        ],
    )
    return [body]
