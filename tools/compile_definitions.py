"""Compiles the R4 element table and the required codes into the packaged table of formats.

    python tools/compile_definitions.py [DEFINITIONS]

Reads elements.ndjson and required-codes.json once, at build time. A shape is a type or a backbone
element; each of its elements becomes one row: name, flags, types, binding, content, targets.
"""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from definition_facts import ABSTRACT, ADDED, MODIFIERS, NOT_R4

ROOT = Path(__file__).resolve().parent.parent
DEFINITIONS = ROOT.parent / "shared" / "data" / "fhir-r4-definitions"
TARGET = ROOT / "careweave" / "formats" / "_definitions" / "elements.json.gz"
REQUIRED, MANY, SUMMARY, MODIFIER, CHOICE, ATTRIBUTE = 1, 2, 4, 8, 16, 32
SYSTEM = "http://hl7.org/fhirpath/System."
ALWAYS_MODIFIERS = ("modifierExtension", "implicitRules")

Row = dict[str, object]


def rows(folder: Path) -> list[Row]:
    """Returns the elements of R4 as rows, in the order of the specification."""
    text = (folder / "elements.ndjson").read_text()
    kept = [row for row in map(json.loads, text.splitlines()) if is_r4(str(row["path"]))]
    at = 1 + max(i for i, row in enumerate(kept) if row["path"].startswith("EvidenceVariable"))
    return [*kept[:at], *ADDED, *kept[at:]]


def is_r4(path: str) -> bool:
    """Says whether R4 has this element."""
    parts = path.split(".")
    return not any(".".join(parts[:n]) in NOT_R4 for n in range(1, len(parts) + 1))


def shapes(table: list[Row]) -> dict[str, list[list[object]]]:
    """Returns the rows of each shape under its path."""
    resources = {str(row["path"])[:-5] for row in table if str(row["path"]).endswith(".meta")}
    primitives = {name for name in map(str, (r["path"] for r in table)) if name[0].islower()}
    made: dict[str, list[list[object]]] = {}
    for row in table:
        path = str(row["path"])
        shape, _, name = path.rpartition(".")
        if shape and shape not in primitives:
            made.setdefault(shape, []).append(
                compact(row, shape, name, is_resource=shape in resources)
            )
    return made


def compact(row: Row, shape: str, name: str, *, is_resource: bool) -> list[object]:
    """Returns one element as a short list, trailing gaps left out."""
    path = f"{shape}.{name}"
    types = [str(kind) for kind in row["types"]]  # type: ignore[attr-defined]
    flags = REQUIRED * bool(row["min"]) + MANY * (row["max"] == "*")
    flags += SUMMARY * bool(row.get("summary")) + CHOICE * name.endswith("[x]")
    flags += MODIFIER * (path in MODIFIERS or name in ALWAYS_MODIFIERS)
    if types and types[0].startswith(SYSTEM):
        flags += ATTRIBUTE * (not is_resource)
        types = ["id" if is_resource else "string"]
    content = str(row.get("content", "")).removeprefix("#")
    binding = str(row.get("binding", "")).partition("|")[0]
    made = [name.removesuffix("[x]"), flags, types, binding, content, row.get("targets", [])]
    while not made[-1]:
        made.pop()
    return made


def codes(folder: Path) -> dict[str, dict[str, list[str]]]:
    """Returns the codes of each required value set by system."""
    read: dict[str, dict[str, list[str]]] = json.loads((folder / "required-codes.json").read_text())
    return {url: {s: list(c) for s, c in systems.items()} for url, systems in read.items()}


def types(table: list[Row]) -> Iterator[str]:
    """Gives the names of the resource types that exist."""
    for row in table:
        path = str(row["path"])
        if path.endswith(".meta") and path.count(".") == 1 and path[:-5] not in ABSTRACT:
            yield path[:-5]


def read(data: bytes) -> object:
    """Returns the content of a packaged table."""
    return json.loads(gzip.decompress(data))


def main(folder: Path) -> None:
    """Writes the packaged table."""
    table = rows(folder)
    primitives = [
        str(r["path"]) for r in table if str(r["path"])[0].islower() and "." not in str(r["path"])
    ]
    made = {
        "types": sorted(types(table)),
        "primitives": primitives,
        "shapes": shapes(table),
        "codes": codes(folder),
    }
    data = json.dumps(made, separators=(",", ":"), ensure_ascii=False).encode()
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(gzip.compress(data, mtime=0))
    print(f"{TARGET.relative_to(ROOT)}: {len(made['shapes'])} shapes, {len(data)} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFINITIONS)
