"""Compiles the R4 search parameters into the packaged table of `careweave.record`.

    python tools/compile_search.py [DEFINITIONS]

Reads search-parameters.json, elements.ndjson and required-codes.json once, at build time. Each
expression becomes plain paths: steps [name, filter], the type of the element at the end, and what
`where(resolve() is X)` asks. The product never reads an expression.
"""

import gzip
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from search_places import (
    FEW_VALUES,
    MAIN_CODE,
    MAIN_DATE,
    NOT_OFFERED,
    SUBJECT_ELEMENT,
    TOGETHER,
    UNIONS,
)

ROOT = Path(__file__).resolve().parent.parent
DEFINITIONS = ROOT.parent / "shared" / "data" / "fhir-r4-definitions"
TARGET = ROOT / "careweave" / "record" / "_definitions" / "search.json.gz"
COMMON = ("Resource", "DomainResource")
_CHOICE = re.compile(r"\(([A-Za-z.]+)\s+as\s+(\w+)\)")
_PARENS = re.compile(r"\(([A-Z][\w.]*\.ofType\(\w+\))\)")
_SEGMENT = re.compile(
    r"where\(resolve\(\) is \w+\)|where\(\w+='[^']*'\)|ofType\(\w+\)|[\w%]+(?:\[0\])?|\."
)
_DECEASED = "Patient.deceased.exists() and Patient.deceased != false"


class Elements:
    """The element table of R4, by path."""

    def __init__(self, folder):
        lines = (folder / "elements.ndjson").read_text().splitlines()
        self.by_path = {e["path"]: e for e in map(json.loads, lines)}
        required = json.loads((folder / "required-codes.json").read_text())
        self.systems = {url: list(systems) for url, systems in required.items()}
        self.parents = {path.rpartition(".")[0] for path in self.by_path}

    def find(self, context, name):
        """Returns (element, is a choice) of a child by its name."""
        plain = self.by_path.get(f"{context}.{name}")
        if plain:
            return plain, False
        return self.by_path[f"{context}.{name}[x]"], True

    def inside(self, element, type_name):
        """Returns the path under which the children of an element are listed."""
        if "content" in element:
            return element["content"].lstrip("#")
        if element["path"] in self.parents:
            return element["path"]
        return type_name

    def system(self, element):
        """Returns the one code system of a required binding."""
        systems = self.systems.get(element.get("binding", "").split("|")[0], [])
        return systems[0] if len(systems) == 1 else None


def walk(elements, context, segments):
    """Yields (steps, leaf type, is, system, single, targets) for each way the segments may go."""
    states = [([], context, context, None, True, [])]
    condition = None
    segments = list(segments)
    while segments:
        segment = segments.pop(0)
        if segment.startswith("where(resolve()"):
            condition = segment[:-1].split()[-1]
            continue
        if segment.startswith("where("):
            name, value = re.fullmatch(r"where\((\w+)='([^']*)'\)", segment).groups()
            states = [([*s[:-1], [s[-1][0], [name, value]]], *rest) for s, *rest in states]
            continue
        wanted = None
        if segments and segments[0].startswith("ofType("):
            wanted = segments.pop(0)[7:-1]
        states = [new for state in states for new in step(elements, state, segment, wanted)]
    for steps, _, leaf, system, single, targets in states:
        yield steps, leaf, condition, system, single, targets


def step(elements, state, segment, wanted):
    """Yields the states after one named element, one for each type of a choice."""
    steps, context, _, _, single, _ = state
    first = segment.endswith("[0]")
    name = segment.removesuffix("[0]")
    element, choice = elements.find(context, name)
    single = single and (first or element["max"] == "1")
    for type_name in element["types"] or ["BackboneElement"]:
        if type_name.startswith("http://hl7.org/fhirpath/"):
            type_name = "string"
        if wanted and type_name.lower() != wanted.lower():
            continue
        key = f"{name}{type_name[0].upper()}{type_name[1:]}" if choice else name
        inside = elements.inside(element, type_name)
        found = [*steps, [key, "first" if first else None]]
        yield found, inside, type_name, elements.system(element), single, element.get("targets", [])


def segments_of(text):
    """Splits a path into its segments."""
    found = _SEGMENT.findall(text)
    if "".join(found) != text:
        raise SystemExit(f"Not understood: {text}")
    return [f for f in found if f != "."]


def union_parts(expression):
    """Yields the alternatives of an expression without their brackets."""
    text = _CHOICE.sub(r"\1.ofType(\2)", expression)
    text = _PARENS.sub(r"\1", text)
    yield from (part.strip() for part in text.split("|"))


def paths_of(elements, base, expression):
    """Returns the compiled paths of an expression that belong to one type."""
    if expression.startswith(_DECEASED):
        return [[[], "Deceased", None, None, True, []]]
    found = []
    for part in filter(None, union_parts(expression)):
        segments = segments_of(part)
        if segments and segments[0][0].isupper():
            if segments[0] not in (base, *COMMON):
                continue
            segments = segments[1:]
        for path in walk(elements, base, segments):
            if list(path) not in found:
                found.append(list(path))
    return found


def roots_of(elements, base, parameter, by_url):
    """Returns [root steps, components' paths] for each element that a composite is read from."""
    found = []
    for part in union_parts(parameter["expression"]):
        segments = segments_of(part)
        if segments[0] != base:
            continue
        states = [([], base, base, None, True, [])]
        for segment in segments[1:]:
            states = [new for s in states for new in step(elements, s, segment, None)]
        for steps, context, *_ in states:
            parts = []
            for component in parameter["component"]:
                inner = [
                    list(path)
                    for alternative in union_parts(component["expression"])
                    for path in walk(elements, context, segments_of(alternative))
                ]
                parts.append([by_url[component["definition"]]["type"], inner])
            found.append([steps, parts])
    return found


def few_values(paths):
    """Returns whether every value is a bound code or a yes or no."""
    return bool(paths) and all(
        leaf == "boolean" or (leaf == "code" and system) for _, leaf, _, system, _, _ in paths
    )


def place_of(base, parameter, paths):
    """Returns the place that `careweave.record._nodes.Place` names."""
    name, kind = parameter["code"], parameter["type"]
    fixed = {"_id": "id", "_lastUpdated": "updated", "_list": "list"}.get(name)
    if fixed:
        return fixed
    three = kind == "composite" and len(parameter["component"]) > 2
    if name in NOT_OFFERED or (three and (base, name) not in TOGETHER):
        return "none"
    by_kind = {
        "string": "string", "date": "range", "number": "quantity", "quantity": "quantity",
        "uri": "posted", "reference": "posted", "special": "none", "composite": "posted",
    }  # fmt: skip
    if MAIN_CODE.get(base) == name:
        return "code"
    if MAIN_DATE.get(base) == name:
        if not all(single for *_, single, _ in paths):
            raise SystemExit(f"The main date of {base} occurs more than once.")
        return "date"
    if kind == "reference" and is_subject(base, paths):
        return "subject"
    if (base, name) in UNIONS:
        return by_kind.get(kind, "posted")
    if name in FEW_VALUES or (kind == "token" and few_values(paths)):
        return "tok"
    return by_kind.get(kind, "posted")


def is_subject(base, paths):
    """Returns whether a parameter reads exactly the element that gives the type its subject."""
    element = SUBJECT_ELEMENT.get(base)
    return bool(paths) and all(
        single and [s[0] for s in steps] in ([element], [f"{element}Reference"])
        for steps, _, _, _, single, _ in paths
    )


def targets_of(parameter, paths):
    """Returns the target types that the elements allow."""
    conditions = {is_type for _, _, is_type, *_ in paths}
    if conditions and None not in conditions:
        return sorted(conditions)
    asked = parameter.get("target", [])
    allowed = {t for *_, targets in paths for t in targets}
    if not allowed or "Resource" in allowed:
        return sorted(asked)
    return sorted(set(asked) & allowed) or sorted(asked)


def packed(path):
    """Returns a path as it is kept: steps, leaf, is, system, the only target."""
    steps, leaf, is_type, system, _, targets = path
    return [steps, leaf, is_type, system, targets[0] if len(targets) == 1 else None]


def compiled(elements, base, parameter, by_url):
    """Returns one row of the table."""
    kind, name = parameter["type"], parameter["code"]
    composite = kind == "composite"
    paths = [] if composite else paths_of(elements, base, parameter.get("expression", ""))
    row = {
        "name": name,
        "kind": kind,
        "place": place_of(base, parameter, paths),
        "expression": parameter.get("expression", ""),
        "url": parameter["url"],
    }
    if kind == "reference":
        row["targets"] = targets_of(parameter, paths)
    if (base, name) in UNIONS:
        row["union"] = UNIONS[base, name]
    elif (base, name) in TOGETHER:
        row["together"] = TOGETHER[base, name]
    elif composite:
        row["roots"] = (
            [
                [steps, [[k, [packed(p) for p in inner]] for k, inner in parts]]
                for steps, parts in roots_of(elements, base, parameter, by_url)
            ]
            if row["place"] != "none"
            else []
        )
    else:
        row["paths"] = [packed(p) for p in paths]
    if composite:
        row["components"] = [
            [by_url[c["definition"]]["code"], by_url[c["definition"]]["type"], c["expression"]]
            for c in parameter["component"]
        ]
    return row


def mended(parameters):
    """Swaps the two definitions that R4 4.0.1 names for DocumentReference.relatesTo.

    The expressions are `code` then `target`, but the parameters named are that of the target, then
    that of the code.
    """
    one = next(p for p in parameters if p["id"] == "DocumentReference-relationship")
    first, second = one["component"]
    first["definition"], second["definition"] = second["definition"], first["definition"]
    return parameters


def main():
    """Writes the table and says how large it is."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFINITIONS
    elements = Elements(folder)
    parameters = mended(json.loads((folder / "search-parameters.json").read_text()))
    by_url = {p["url"]: p for p in parameters}
    table = {}
    for parameter in parameters:
        for base in parameter["base"]:
            context = "Resource" if base in COMMON else base
            table.setdefault(context, []).append(compiled(elements, context, parameter, by_url))
    table["Resource"].append(
        {"name": "_list", "kind": "reference", "place": "list", "expression": "", "paths": [],
         "url": "", "targets": ["List"]}
    )  # fmt: skip
    if not any(row["name"] == "_source" for row in table["Resource"]):
        raise SystemExit("_source is missing")
    text = json.dumps(table, sort_keys=True, separators=(",", ":")).encode()
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(gzip.compress(text, 9, mtime=0))
    n_rows = sum(map(len, table.values()))
    print(f"{len(parameters)} parameters, {n_rows} rows, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
