"""Compiles the elements of STU3 into the packaged table of formats.

    python tools/compile_stu3.py MODELS

MODELS is a folder that holds the package fhir.resources, of any version whose STU3 part is 3.0.2; it
was made from the StructureDefinitions of that release and is read once, at build time. A shape is a
type or a group of elements; each of its elements becomes its type, with `*` where it repeats.
"""

import gzip
import importlib
import json
import pkgutil
import re
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "careweave" / "formats" / "_definitions" / "stu3.json.gz"
PACKAGE = "fhir.resources.STU3"
MACHINERY = frozenset({"fhirtypes", "fhirresourcemodel", "fhirabstractmodel", "tests"})
ABSTRACT = frozenset({"Resource", "DomainResource", "MetadataResource"})
PRIMITIVES = frozenset(
    [
        "Base64Binary",
        "Boolean",
        "Canonical",
        "Code",
        "DateTime",
        "Date",
        "Decimal",
        "Id",
        "Instant",
        "Integer",
        "Markdown",
        "Oid",
        "PositiveInt",
        "String",
        "Time",
        "UnsignedInt",
        "Uri",
        "Url",
        "Uuid",
    ]
)


def models() -> dict[str, Any]:
    """Returns the models of all types and groups by name."""
    found: dict[str, Any] = {}
    package = importlib.import_module(PACKAGE)
    for one in pkgutil.iter_modules(package.__path__):
        if one.name in MACHINERY:
            continue
        module = importlib.import_module(f"{PACKAGE}.{one.name}")
        found |= {
            name: kind
            for name, kind in vars(module).items()
            if isinstance(kind, type) and kind.__module__ == module.__name__
        }
    return found


def kind_of(annotation: object) -> tuple[str, bool]:
    """Returns the type of a field, and whether it repeats."""
    text = str(annotation)
    is_many = "typing.List[" in text or text.startswith("list[")
    complex_ = re.findall(r"abc\.(\w+?)Type\b", text)
    if complex_:
        return complex_[0], is_many
    if "Xhtml" in text:
        return "xhtml", is_many
    simple = [name for name in re.findall(r"(\w+)\(", text) if name in PRIMITIVES]
    name = simple[-1] if simple else "Boolean"
    return name[0].lower() + name[1:], is_many


def fields(model: Any) -> Iterator[tuple[str, str, bool]]:
    """Gives the elements of a model: name, type, and whether it repeats."""
    for name, field in model.model_fields.items():
        if not name.endswith("__ext") and name not in {"fhir_comments", "resource_type"}:
            yield field.alias or name, *kind_of(field.annotation)


def shapes(known: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Returns the elements of each shape, groups under the first path that leads to them."""
    types = [name for name, model in known.items() if model.__module__.endswith(f".{name.lower()}")]
    paths = {name: name for name in types}
    queue, made = deque(types), dict[str, dict[str, str]]()
    while queue:
        model = queue.popleft()
        row: dict[str, str] = {}
        for name, kind, is_many in fields(known[model]):
            if kind in known and kind not in paths:
                paths[kind] = f"{paths[model]}.{name}"
                queue.append(kind)
            row[name] = paths.get(kind, kind) + "*" * is_many
        made[paths[model]] = row
    return made


def resources(known: dict[str, Any]) -> list[str]:
    """Returns the names of the resource types."""
    return sorted(
        name
        for name, model in known.items()
        if model.__module__.endswith(f".{name.lower()}")
        and name not in ABSTRACT
        and any(base.__name__ == "Resource" for base in model.__mro__)
    )


def main() -> None:
    """Writes the table."""
    sys.path.insert(0, sys.argv[1])
    known = models()
    table = {"types": resources(known), "shapes": shapes(known)}
    text = json.dumps(table, separators=(",", ":"), sort_keys=True)
    TARGET.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
