"""Reads the resources of one piece: each gets its keyed id, and links that follow."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from careweave.formats import Limits, Resource, read_bundle, read_json, relink, relinked
from careweave.intake._import_files import Piece
from careweave.intake._keyed import Namespace
from careweave.terms import CareweaveError, Incorrect, Issue

_WHOLE = Limits(size=1 << 31, nodes=200_000_000, entries=1_000_000)


@dataclass(frozen=True, slots=True)
class Line:
    """One resource of a file: `line` is its line, or the number of its bundle entry from 1."""

    line: int
    resource: Resource
    public_id: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """One line that was refused, and why; nothing of its content."""

    file: str
    line: int
    issues: tuple[Issue, ...]


def read_piece(piece: Piece, names: Namespace) -> Iterator[Line | Refusal]:
    """Yields the resources of a piece in order, and what cannot be read."""
    refused = partial(_refused, piece.file.path.name)
    if piece.is_broken:
        message = "The file cannot be unpacked from here on; it is not whole."
        yield refused(piece.line, Incorrect(message, code="structure"))
    elif piece.file.is_lines:
        yield from _of_lines(piece, names, refused)
    else:
        yield from _of_whole(piece, names, refused)


_Refuse = Callable[[int, CareweaveError], Refusal]


def _of_lines(piece: Piece, names: Namespace, refused: _Refuse) -> Iterator[Line | Refusal]:
    for line, text in enumerate(piece.content.splitlines(), start=piece.line):
        if text.strip():
            try:
                yield _line(line, _read(text, names), names)
            except CareweaveError as error:
                yield refused(line, error)


def _of_whole(piece: Piece, names: Namespace, refused: _Refuse) -> Iterator[Line | Refusal]:
    try:
        resources, names = _whole(piece.content, names)
    except CareweaveError as error:
        yield refused(1, error)
        return
    for line, resource in resources:
        try:
            yield _line(line, relink(resource, names.link), names)
        except CareweaveError as error:
            yield refused(line, error)


def _refused(file: str, line: int, error: CareweaveError) -> Refusal:
    return Refusal(file, line, error.issues)


def _read(text: bytes, names: Namespace) -> Resource:
    """Returns the resource of a line, its links replaced before it is read: so it is read once."""
    try:
        return read_json(relinked(text, names.link))
    except CareweaveError:
        # The places that are named are to be those of the file.
        read_json(text)
        raise


def _line(line: int, resource: Resource, names: Namespace) -> Line:
    if resource.id is None:
        message = "A resource to be imported has an id, or a full address in its bundle."
        raise Incorrect(message, where=f"{resource.type}.id", code="required")
    public_id = names.id_of(resource.type, resource.id)
    return Line(line, resource, public_id)


def _whole(content: bytes, names: Namespace) -> tuple[list[tuple[int, Resource]], Namespace]:
    """Returns the resources of a file that is one bundle, or one resource by itself."""
    first = read_json(content, limits=_WHOLE)
    if first.type != "Bundle" or first.value.get("type") == "document":
        return [(1, first)], names
    found: list[tuple[int, Resource]] = []
    addresses: dict[str, str] = {}
    for line, entry in enumerate(read_bundle(content, limits=_WHOLE).entries, start=1):
        resource = entry.resource
        if resource is None:
            continue
        if resource.id is None and entry.full_url is not None:
            resource = replace(resource, id=entry.full_url)
        found.append((line, resource))
        if entry.full_url is not None and resource.id is not None:
            own = names.id_of(resource.type, resource.id)
            addresses[entry.full_url] = f"{resource.type}/{own}"
    return found, replace(names, addresses=addresses)
