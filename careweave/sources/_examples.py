"""The examples of mapping files: what went in, and what must come out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from careweave.formats import HL7_PLACEHOLDERS, write_json
from careweave.sources._context import Place, check_names, word, words
from careweave.sources._faults import Faults, Spot
from careweave.sources._load import load_library
from careweave.sources._mapping import SourceMapping
from careweave.sources._mapping_file import Library, MappingFile, compile_mapping, mapping_file
from careweave.sources._reading import Reading
from careweave.sources._tables import CodeFiles
from careweave.sources._yaml import Scalar, Sequence, Table, Tree, read_tree
from careweave.terms import Json

_KEY = b"careweave-demo-key"
"""The key of the ids in examples. Source: reference/interop.md 6.1, the vector."""

_AT = "2026-03-14T02:00:00+00:00"
"""When the extract of an example was written."""

_KEYS = ("name", "row", "document", "message", "gives", "findings", "unmapped", "about")


def try_examples(region: Path) -> tuple[str, ...]:
    """Returns what examples of mappings do not give, each as "file:line: what; what to do"."""
    faults = Faults()
    library = load_library(region, faults)
    for file in library.mappings.values():
        if file.tree.get("examples") is not None:
            _try(file, library, faults)
    return faults.told()


def mapping_of(text: str, *, codes: dict[str, bytes] | None = None) -> SourceMapping:
    """Returns a mapping that stands alone, compiled with the key of the examples.

    Raises Incorrect with all faults.
    """
    faults = Faults()
    body = text.encode()
    file = mapping_file(read_tree(body, "mapping.yaml", faults), body, faults)
    made = None
    if file is not None:
        library = Library({}, {}, CodeFiles(codes or {}))
        made = compile_mapping(file, library, _place(file, faults), faults)
    faults.refuse()
    if made is None:
        faults.add(Spot("mapping.yaml", 1), "this is no mapping", "begin with careweave: mapping/1")
        faults.refuse()
        raise AssertionError
    return made


def _place(file: MappingFile, faults: Faults) -> Place:
    name = word(faults, file.tree.get("source"), "source", default=file.id)
    authority = word(faults, file.tree.get("authority"), "authority", default=name)
    zone = word(faults, file.tree.get("tz"), "tz", default="Europe/London")
    facts: dict[str, Json] = {"name": name, "organisation": authority, "authority": authority}
    return Place(
        name=name,
        authority=authority,
        zone=ZoneInfo(zone),
        secret=_KEY,
        facts=facts,
        placeholders=HL7_PLACEHOLDERS,
        entitled=frozenset({"merge", "move"}),
        processing=frozenset(),
    )


def _try(file: MappingFile, library: Library, faults: Faults) -> None:
    held = file.tree.get("examples")
    mapping = compile_mapping(file, library, _place(file, faults), faults)
    if mapping is None or not isinstance(held, Sequence):
        return
    for item in held.items:
        if isinstance(item, Table) and check_names(faults, item, (), _KEYS):
            _compare(item, mapping, faults)


@dataclass(frozen=True, slots=True)
class _Told:
    """What an example gave, in the words of an example."""

    gives: list[Json]
    findings: list[str]
    unmapped: list[str]


def _compare(item: Table, mapping: SourceMapping, faults: Faults) -> None:
    body = example_body(item)
    told = _told(mapping.read(body, mapping.peek(body)))
    name = word(faults, item.get("name"), "name", default="an example")
    if (gives := item.get("gives")) is not None:
        wanted = json_of(gives)
        if _text(wanted) != _text(told.gives):
            what = f"{name} gives something else"
            faults.add(gives.spot, what, "compare with `careweave source try`")
    for key, found in (("findings", told.findings), ("unmapped", told.unmapped)):
        said = item.get(key)
        if said is not None and list(words(faults, said, key)) != found:
            faults.add(said.spot, f"{name} has other {key}", f"write {', '.join(found) or '[]'}")


def _told(reading: Reading) -> _Told:
    findings = [finding.code for finding in reading.findings]
    if reading.failure is not None:
        findings.append(reading.failure.reason.value)
    gives: list[Json] = [
        {"resourceType": one.type, "id": one.id, **one.value} for one in reading.resources
    ]
    return _Told(gives, findings, [path for path, _ in reading.coverage.unmapped])


def example_body(item: Table) -> bytes:
    """Returns the bytes that an example stands for: a message, a row or a document."""
    if isinstance(message := item.get("message"), Scalar):
        return message.text.strip().replace("\n", "\r").encode() + b"\r"
    if isinstance(row := item.get("row"), Table):
        cells = {name: one.text for name, one in row.members.items() if isinstance(one, Scalar)}
        return write_json({"at": _AT, "row": dict(cells)})
    document = item.get("document")
    return write_json(json_of(document)) if document is not None else b""


def json_of(tree: Tree) -> Json:
    """Returns the JSON value that a tree stands for; a text that is JSON stands for that."""
    if isinstance(tree, Sequence):
        return [json_of(item) for item in tree.items]
    if isinstance(tree, Table):
        return {name: json_of(one) for name, one in tree.members.items()}
    return tree.value


def _text(value: Json) -> str:
    return json.dumps(list(_leaves("", value)))


def _leaves(path: str, value: Json) -> Iterator[str]:
    # The order of elements says nothing, that of lists does; 10.5 is written 10.5.
    if isinstance(value, dict):
        for name in sorted(value):
            yield from _leaves(f"{path}.{name}", value[name])
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _leaves(f"{path}[{i}]", item)
    else:
        yield f"{path}={value}"
