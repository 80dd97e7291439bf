"""Compiles the R4 search parameters into the packaged table of `careweave.record`.

    python tools/compile_search.py [DEFINITIONS [TARGET]]

Reads search-parameters.json, elements.ndjson and required-codes.json once, at build time. Each
expression becomes plain ways: steps [name, filter], the type of the element at the end, and what
`where(resolve() is X)` asks. The product never reads an expression.
"""

import gzip
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from search_places import (  # noqa: E402  after the path of the checkout
    FEW_VALUES,
    MAIN_CODE,
    MAIN_DATE,
    NOT_OFFERED,
    SUBJECT_ELEMENT,
    TOGETHER,
    UNIONS,
)

DEFINITIONS = ROOT.parent / "shared" / "data" / "fhir-r4-definitions"
TARGET = ROOT / "careweave" / "record" / "_definitions" / "search.json.gz"
COMMON = ("Resource", "DomainResource")
_CHOICE = re.compile(r"\(([A-Za-z.]+)\s+as\s+(\w+)\)")
_PARENS = re.compile(r"\(([A-Z][\w.]*\.ofType\(\w+\))\)")
_SEGMENT = re.compile(
    r"where\(resolve\(\) is \w+\)|where\(\w+='[^']*'\)|ofType\(\w+\)|[\w%]+(?:\[0\])?|\."
)
_DECEASED = "Patient.deceased.exists() and Patient.deceased != false"
_BY_NAME = {"_id": "id", "_lastUpdated": "updated"}
_BY_KIND = {
    "string": "string",
    "date": "range",
    "number": "quantity",
    "quantity": "quantity",
    "special": "none",
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Way:
    """A path as far as it was walked; `inside` is where children of its end are listed."""

    steps: tuple[tuple[str, Any], ...]
    inside: str
    leaf: str
    is_type: str | None = None
    system: str | None = None
    single: bool = True
    targets: tuple[str, ...] = ()

    def packed(self) -> list[Any]:
        """Returns the way as it is kept: steps, leaf, is, system, the only target."""
        only = self.targets[0] if len(self.targets) == 1 else None
        return [self.steps, self.leaf, self.is_type, self.system, only]


class Elements:
    """The element table of R4, by path."""

    def __init__(self, folder: Path) -> None:
        """Reads the table and the systems of required codes."""
        lines = (folder / "elements.ndjson").read_text().splitlines()
        self.by_path: dict[str, Row] = {e["path"]: e for e in map(json.loads, lines)}
        required = json.loads((folder / "required-codes.json").read_text())
        self.systems = {url: list(systems) for url, systems in required.items()}
        self.parents = {path.rpartition(".")[0] for path in self.by_path}

    def find(self, context: str, name: str) -> tuple[Row, bool]:
        """Returns a child by its name, and whether it is a choice of types."""
        plain = self.by_path.get(f"{context}.{name}")
        return (plain, False) if plain else (self.by_path[f"{context}.{name}[x]"], True)

    def inside(self, element: Row, type_name: str) -> str:
        """Returns the path under which the children of an element are listed."""
        if "content" in element:
            return str(element["content"]).lstrip("#")
        path = str(element["path"])
        return path if path in self.parents else type_name

    def system(self, element: Row) -> str | None:
        """Returns the one code system of a required binding."""
        systems = self.systems.get(element.get("binding", "").split("|")[0], [])
        return systems[0] if len(systems) == 1 else None


def walk(elements: Elements, context: str, segments: list[str]) -> Iterator[Way]:
    """Yields each way that the segments may go, one for each type of a choice."""
    ways = [Way((), context, context)]
    ahead = [*segments[1:], ""]
    for segment, following in zip(segments, ahead, strict=True):
        if segment.startswith("where(resolve()"):
            ways = [replace(way, is_type=segment[:-1].split()[-1]) for way in ways]
        elif segment.startswith("where("):
            ways = [filtered(way, segment) for way in ways]
        elif not segment.startswith("ofType("):
            wanted = following[7:-1] if following.startswith("ofType(") else None
            ways = [new for way in ways for new in step(elements, way, segment, wanted)]
    yield from ways


def filtered(way: Way, segment: str) -> Way:
    """Returns the way with a condition on its last step."""
    found = re.fullmatch(r"where\((\w+)='([^']*)'\)", segment)
    if found is None:
        raise SystemExit(f"Not understood: {segment}")
    return replace(way, steps=(*way.steps[:-1], (way.steps[-1][0], list(found.groups()))))


def step(elements: Elements, way: Way, segment: str, wanted: str | None) -> Iterator[Way]:
    """Yields the ways after one named element."""
    name = segment.removesuffix("[0]")
    first = name != segment
    element, choice = elements.find(way.inside, name)
    for found in element["types"] or ["BackboneElement"]:
        leaf = "string" if found.startswith("http://hl7.org/fhirpath/") else found
        if wanted and leaf.lower() != wanted.lower():
            continue
        key = f"{name}{leaf[0].upper()}{leaf[1:]}" if choice else name
        yield Way(
            steps=(*way.steps, (key, "first" if first else None)),
            inside=elements.inside(element, leaf),
            leaf=leaf,
            is_type=way.is_type,
            system=elements.system(element),
            single=way.single and (first or element["max"] == "1"),
            targets=tuple(element.get("targets", ())),
        )


def segments_of(text: str) -> list[str]:
    """Splits a path into its segments."""
    found = _SEGMENT.findall(text)
    if "".join(found) != text:
        raise SystemExit(f"Not understood: {text}")
    return [f for f in found if f != "."]


def union_parts(expression: str) -> Iterator[str]:
    """Yields the alternatives of an expression without their brackets."""
    text = _PARENS.sub(r"\1", _CHOICE.sub(r"\1.ofType(\2)", expression))
    yield from filter(None, (part.strip() for part in text.split("|")))


def ways_of(elements: Elements, base: str, expression: str) -> list[Way]:
    """Returns the ways of an expression that belong to one type."""
    if expression.startswith(_DECEASED):
        return [Way((), base, "Deceased")]
    found: dict[Way, None] = {}
    for part in union_parts(expression):
        segments = segments_of(part)
        if segments[0][0].isupper():
            if segments[0] not in {base, *COMMON}:
                continue
            segments = segments[1:]
        for way in walk(elements, base, segments):
            key = replace(way, steps=tuple((n, json.dumps(c)) for n, c in way.steps))
            found.setdefault(key)
    return [replace(w, steps=tuple((n, json.loads(c)) for n, c in w.steps)) for w in found]


def roots_of(elements: Elements, base: str, parameter: Row, by_url: dict[str, Row]) -> list[Any]:
    """Returns [root steps, components' ways] for each element that a composite is read from."""
    found = []
    for part in union_parts(parameter["expression"]):
        segments = segments_of(part)
        if segments[0] != base:
            continue
        for root in walk(elements, base, segments[1:]):
            parts = [
                [by_url[one["definition"]]["type"], inner_ways(elements, root.inside, one)]
                for one in parameter["component"]
            ]
            found.append([root.steps, parts])
    return found


def inner_ways(elements: Elements, context: str, component: Row) -> list[Any]:
    """Returns the ways of a component from its root."""
    return [
        way.packed()
        for part in union_parts(component["expression"])
        for way in walk(elements, context, segments_of(part))
    ]


def place_of(base: str, parameter: Row, ways: list[Way]) -> str:
    """Returns the place that `careweave.record._nodes.Place` names."""
    name, kind = parameter["code"], parameter["type"]
    if name in _BY_NAME:
        return _BY_NAME[name]
    three = kind == "composite" and len(parameter["component"]) > 2
    if name in NOT_OFFERED or (three and (base, name) not in TOGETHER):
        return "none"
    return main_place(base, name, ways) or plain_place(base, name, kind, ways)


def main_place(base: str, name: str, ways: list[Way]) -> str | None:
    """Returns the place of a parameter that has a column of its own."""
    if MAIN_CODE.get(base) == name:
        return "code"
    if MAIN_DATE.get(base) == name:
        if not all(way.single for way in ways):
            raise SystemExit(f"The main date of {base} occurs more than once.")
        return "date"
    return None


def plain_place(base: str, name: str, kind: str, ways: list[Way]) -> str:
    """Returns the place of any other parameter."""
    if kind == "reference" and is_subject(base, ways):
        return "subject"
    is_union = (base, name) in UNIONS
    if not is_union and (name in FEW_VALUES or (kind == "token" and few_values(ways))):
        return "tok"
    return _BY_KIND.get(kind, "posted")


def few_values(ways: list[Way]) -> bool:
    """Returns whether every value is a bound code or a yes or no."""
    return bool(ways) and all(
        way.leaf == "boolean" or (way.leaf == "code" and way.system) for way in ways
    )


def is_subject(base: str, ways: list[Way]) -> bool:
    """Returns whether a parameter reads exactly the element that gives the type its subject."""
    element = SUBJECT_ELEMENT.get(base)
    names = ([element], [f"{element}Reference"])
    return bool(ways) and all(w.single and [n for n, _ in w.steps] in names for w in ways)


def targets_of(parameter: Row, ways: list[Way]) -> list[str]:
    """Returns the target types that the elements allow."""
    conditions = {way.is_type for way in ways}
    if conditions and None not in conditions:
        return sorted(str(one) for one in conditions)
    asked = set(parameter.get("target", []))
    allowed = {target for way in ways for target in way.targets}
    if not allowed or "Resource" in allowed:
        return sorted(asked)
    return sorted(asked & allowed or asked)


def compiled(elements: Elements, base: str, parameter: Row, by_url: dict[str, Row]) -> Row:
    """Returns one row of the table."""
    composite = parameter["type"] == "composite"
    expression = parameter.get("expression", "")
    ways = [] if composite else ways_of(elements, base, expression)
    row: Row = {
        "name": parameter["code"],
        "kind": parameter["type"],
        "place": place_of(base, parameter, ways),
        "expression": expression,
        "url": parameter["url"],
    }
    if parameter["type"] == "reference":
        row["targets"] = targets_of(parameter, ways)
    if composite:
        row["components"] = [
            [by_url[c["definition"]]["code"], by_url[c["definition"]]["type"], c["expression"]]
            for c in parameter["component"]
        ]
    name = (base, parameter["code"])
    if name in UNIONS:
        return row | {"union": UNIONS[name]}
    if name in TOGETHER:
        return row | {"together": TOGETHER[name]}
    if not composite:
        return row | {"paths": [way.packed() for way in ways]}
    offered = row["place"] != "none"
    return row | {"roots": roots_of(elements, base, parameter, by_url) if offered else []}


def mended(parameters: list[Row]) -> list[Row]:
    """Swaps the two definitions that R4 4.0.1 names for DocumentReference.relatesTo.

    The expressions are `code` then `target`, but the parameters named are that of the target, then
    that of the code.
    """
    one = next(p for p in parameters if p["id"] == "DocumentReference-relationship")
    first, second = one["component"]
    first["definition"], second["definition"] = second["definition"], first["definition"]
    return parameters


def main() -> None:
    """Writes the table and says how large it is."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFINITIONS
    elements = Elements(folder)
    parameters = mended(json.loads((folder / "search-parameters.json").read_text()))
    by_url = {p["url"]: p for p in parameters}
    table: dict[str, list[Row]] = {}
    for parameter in parameters:
        for base in parameter["base"]:
            context = "Resource" if base in COMMON else base
            table.setdefault(context, []).append(compiled(elements, context, parameter, by_url))
    in_a_list = {"name": "_list", "kind": "reference", "place": "list", "targets": ["List"]}
    table["Resource"].append(in_a_list | {"expression": "", "url": "", "paths": []})
    text = json.dumps(table, sort_keys=True, separators=(",", ":")).encode()
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else TARGET
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(gzip.compress(text, 9, mtime=0))
    n_rows = sum(map(len, table.values()))
    print(f"{len(parameters)} parameters, {n_rows} rows, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
