"""All sources of a region."""

import hashlib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from careweave.sources._context import word
from careweave.sources._describe import Maker, Organisation
from careweave.sources._faults import Faults, Spot
from careweave.sources._mapping_file import Library, MappingFile, mapping_file
from careweave.sources._source import Channel, Source, Sources
from careweave.sources._tables import CodeFiles
from careweave.sources._yaml import Scalar, Sequence, Table, Tree, read_tree
from careweave.terms import Incorrect

_PACKAGE = "careweave.sources"


def load_sources(
    region: Path,
    *,
    secret: bytes,
    only: frozenset[str] | None = None,
    kinds: frozenset[Channel] | None = None,
) -> Sources:
    """Returns the sources that the files of a region describe, each with its mapping compiled.

    Read are `sources/*.yaml`, `mappings/*.yaml`, `codes/*.csv` and `organisations.yaml`, and the
    mappings and codes that come with the package, over which those of the region win. Raises
    Incorrect with all faults at once, each as "file:line: what; what to do". `secret` is the key
    of the public ids. With `only`, the sources of these names are read and no others; with `kinds`,
    those that come in by one of these ways.
    """
    try:
        return _loaded(region, secret, only, kinds)
    except OSError as error:
        message = "A file of the region cannot be read; give the server the right to read it."
        raise Incorrect(message, where="region") from error


def _loaded(
    region: Path, secret: bytes, only: frozenset[str] | None, kinds: frozenset[Channel] | None
) -> Sources:
    faults = Faults()
    library = load_library(region, faults)
    organisations = _organisations(region, faults)
    maker = Maker(organisations, library, secret, faults)
    made: dict[str, Source] = {}
    digest = hashlib.sha256()
    for file in _files(region / "sources", ".yaml"):
        body = file.read_bytes()
        digest.update(file.name.encode() + b"\0" + body)
        if only is not None and file.stem not in only:
            continue
        tree = read_tree(body, f"sources/{file.name}", faults)
        if kinds is not None and _kind_of(tree) not in kinds:
            continue
        source = maker.source(tree, file.stem)
        if source is not None:
            made[source.name] = source
    _check_ports(made, faults)
    faults.refuse()
    for source in made.values():
        digest.update((source.mapping.digest if source.mapping else "").encode())
    return Sources(made, digest.hexdigest())


def _kind_of(tree: Tree | None) -> str | None:
    """Returns the kind of transport that a description says, None where it says none."""
    transport = tree.get("transport") if isinstance(tree, Table) else None
    kind = transport.get("kind") if isinstance(transport, Table) else None
    return kind.value if isinstance(kind, Scalar) and isinstance(kind.value, str) else None


def load_library(region: Path, faults: Faults) -> Library:
    """Returns the mappings, fragments and codes of the package and of a region."""
    package = files(_PACKAGE)
    codes = {one.name: one.read_bytes() for one in _inside(package / "codes", ".csv")}
    codes |= {one.name: one.read_bytes() for one in _files(region / "codes", ".csv")}
    mappings: dict[tuple[str, int], MappingFile] = {}
    fragments: dict[str, MappingFile] = {}
    for place, found in (
        ("careweave", _inside(package / "mappings", ".yaml")),
        ("mappings", _files(region / "mappings", ".yaml")),
    ):
        for one in found:
            body = one.read_bytes()
            name = f"{place}/{one.name}"
            file = mapping_file(read_tree(body, name, faults), body, faults)
            if file is not None and file.is_fragment:
                fragments[file.id] = file
            elif file is not None:
                mappings[file.id, file.version] = file
    return Library(mappings, fragments, CodeFiles(codes))


def _files(folder: Path, ending: str) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(one for one in folder.iterdir() if one.suffix == ending)


def _inside(folder: Traversable, ending: str) -> Iterator[Traversable]:
    if folder.is_dir():
        found = (one for one in folder.iterdir() if one.name.endswith(ending))
        yield from sorted(found, key=lambda one: one.name)


def _organisations(region: Path, faults: Faults) -> dict[str, Organisation]:
    file = region / "organisations.yaml"
    if not file.is_file():
        return {}
    tree = read_tree(file.read_bytes(), file.name, faults)
    items = tree.get("organisations") if isinstance(tree, Table) else None
    made: dict[str, Organisation] = {}
    if not isinstance(items, Sequence):
        what = "organisations is no list"
        faults.add(Spot(file.name, 1), what, "list each with id, name, kind and code")
        return made
    for item in items.items:
        if isinstance(item, Table):
            ident, name, kind, code = (
                word(faults, item.get(key), key) for key in ("id", "name", "kind", "code")
            )
            made[ident] = Organisation(ident, name, kind, code)
    return made


def _check_ports(sources: dict[str, Source], faults: Faults) -> None:
    taken: dict[int, str] = {}
    for source in sources.values():
        port = source.transport.port
        if source.transport.kind is not Channel.MLLP or port is None:
            continue
        if port in taken:
            what = f"the port {port} is that of {taken[port]} too"
            faults.add(
                Spot(f"sources/{source.name}.yaml", 1),
                what,
                "a port says who sends: give each its own",
            )
        taken.setdefault(port, source.name)
