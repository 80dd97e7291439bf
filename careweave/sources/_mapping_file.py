"""A mapping file, compiled for one source. Source: reference/interop.md 6.1, 6.3."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from careweave.sources._context import Context, Place, check_names, word, words
from careweave.sources._doc_run import DocReader
from careweave.sources._faults import Faults, near
from careweave.sources._groups import Kind
from careweave.sources._hl7_run import Hl7Reader
from careweave.sources._mapping import Input, Origin, SourceMapping
from careweave.sources._nodes import compile_node
from careweave.sources._operators import OPERATORS
from careweave.sources._paths import DocPaths, Hl7Paths, Paths
from careweave.sources._plan import Plan
from careweave.sources._rules_compile import RuleMaker
from careweave.sources._scope import Get
from careweave.sources._tables import CodeFiles, code_table, value_table
from careweave.sources._yaml import Scalar, Sequence, Table, Tree

FORM = "mapping/1"
FRAGMENT = "fragment/1"
_NEEDED = ("careweave", "id", "version", "input")
_SHARED = ("systems", "maps", "codes", "nodes", "drop")
_ALLOWED = (
    *("source", "authority", "accept", "tz", "lists", "file", "groups", "resources", "examples"),
    *("include", "placeholders", "event_at", "kind", "control_id", "about"),
)
_is_segment = re.compile(r"[A-Z][A-Z0-9]{2}").fullmatch
_is_field = re.compile(r"([A-Z][A-Z0-9]{2})-([1-9][0-9]{0,2})").fullmatch
_is_name = re.compile(r"[a-z0-9][a-z0-9-]{0,62}").fullmatch


@dataclass(frozen=True, slots=True)
class MappingFile:
    """One file with a mapping or a fragment: its tree and its bytes."""

    id: str
    version: int
    tree: Table
    body: bytes
    is_fragment: bool


@dataclass(frozen=True, slots=True)
class Library:
    """All mappings, fragments and code files that there are."""

    mappings: Mapping[tuple[str, int], MappingFile]
    fragments: Mapping[str, MappingFile]
    codes: CodeFiles

    def find(self, name: str) -> MappingFile | None:
        """Returns the mapping "id@version", or of an id alone the latest version."""
        ident, _, version = name.partition("@")
        if version:
            return self.mappings.get((ident, int(version))) if version.isdecimal() else None
        known = [key for key in self.mappings if key[0] == ident]
        return self.mappings[max(known)] if known else None


def mapping_file(tree: Tree | None, body: bytes, faults: Faults) -> MappingFile | None:
    """Returns what a file is, checked at its outermost level."""
    if not isinstance(tree, Table):
        if tree is not None:
            faults.add(tree.spot, "a mapping is an object", f"begin with careweave: {FORM}")
        return None
    form = word(faults, tree.get("careweave"), "careweave")
    if form not in {FORM, FRAGMENT}:
        faults.add(tree.spot, "this is no mapping", f"begin with careweave: {FORM}")
        return None
    is_fragment = form == FRAGMENT
    if is_fragment:
        is_right = check_names(faults, tree, ("careweave", "id"), (*_SHARED, "about", "include"))
    else:
        is_right = check_names(faults, tree, _NEEDED, (*_SHARED, *_ALLOWED))
    ident = word(faults, tree.get("id"), "id")
    version = word(faults, tree.get("version"), "version", default="1")
    if not _is_name(ident) or not re.fullmatch(r"[1-9][0-9]{0,8}", version):
        faults.add(tree.spot, "id is a word and version a number from 1", "mend them")
        return None
    return MappingFile(ident, int(version), tree, body, is_fragment) if is_right else None


def compile_mapping(
    file: MappingFile, library: Library, place: Place, faults: Faults
) -> SourceMapping | None:
    """Returns the mapping compiled for a source; None, and faults, where it is wrong."""
    before = len(faults.found)
    parts = _Parts(file, library, faults)
    kind = word(faults, file.tree.get("input"), "input")
    if kind not in {"hl7v2", "csv", "json"}:
        known = [one.value for one in Input]
        faults.add(file.tree.spot, f"input: {kind} is not known", near(kind, known))
        return None
    c = _context(parts, kind, place)
    plan = _plan(c, file.tree, parts, kind)
    if len(faults.found) > before:
        return None
    reader = Hl7Reader(plan) if kind == "hl7v2" else DocReader(plan, is_row=kind == "csv")
    body = parts.body()
    return SourceMapping(
        id=file.id,
        version=file.version,
        input=Input(kind),
        accept=plan.accept,
        digest=hashlib.sha256(body).hexdigest(),
        body=body,
        read=reader.read,
        peek=reader.peek,
        trace=lambda: _lineage(parts, kind, place),
        risks=tuple(dict.fromkeys(c.risks)),
    )


def _context(parts: "_Parts", kind: str, place: Place) -> Context:
    faults, codes, tree = parts.faults, parts.library.codes, parts.file.tree
    systems = parts.systems(place)
    place = replace(place, systems=systems, placeholders=_placeholders(tree, faults, place))
    c = Context(
        faults=faults,
        place=place,
        paths=_paths(tree, kind, faults),
        operators=OPERATORS,
        systems=systems,
        maps={n: value_table(n, t, codes, faults) for n, t in parts.all("maps").items()},
        codes={n: code_table(n, t, codes, systems, faults) for n, t in parts.all("codes").items()},
        nodes=parts.all("nodes"),
    )
    _fill_codes(c, place)
    return c


def _lineage(parts: "_Parts", kind: str, place: Place) -> tuple[Origin, ...]:
    # Compiled anew: a node that is used in ten places is closed over once, but told ten times.
    c = _context(parts, kind, place)
    c.has_lineage = True
    _plan(c, parts.file.tree, parts, kind)
    return tuple(dict.fromkeys(c.lineage))


@dataclass(slots=True)
class _Parts:
    """A mapping and the fragments that it includes; what it says itself wins."""

    file: MappingFile
    library: Library
    faults: Faults
    files: list[MappingFile] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Gathers the fragments, each once, what is included first."""
        self._gather(self.file, ())
        self.files.append(self.file)

    def _gather(self, file: MappingFile, around: tuple[str, ...]) -> None:
        tree = file.tree.get("include")
        for name in words(self.faults, tree, "include"):
            found = self.library.fragments.get(name)
            if found is None or name in around:
                fix = near(name, self.library.fragments) if found is None else "take it out"
                spot = tree.spot if tree is not None else file.tree.spot
                self.faults.add(spot, f"the fragment {name} cannot be included", fix)
            elif found not in self.files:
                self._gather(found, (*around, name))
                self.files.append(found)

    def all(self, key: str) -> dict[str, Tree]:
        """Returns the members of one key of all files together."""
        made: dict[str, Tree] = {}
        for file in self.files:
            held = file.tree.get(key)
            if isinstance(held, Table):
                made |= held.members
            elif held is not None:
                self.faults.add(held.spot, f"{key} is an object", "write {name: ..}")
        return made

    def systems(self, place: Place) -> dict[str, str]:
        """Returns the systems by their short names; those of the source win."""
        made = {
            name: word(self.faults, tree, "a system").replace("{authority}", place.authority)
            for name, tree in self.all("systems").items()
        }
        return made | dict(place.systems)

    def body(self) -> bytes:
        """Returns the bytes of the mapping and of all that it is made of."""
        codes = self.library.codes.files
        named = sorted(
            {
                held.text
                for key in ("maps", "codes")
                for tree in self.all(key).values()
                if isinstance(tree, Table) and isinstance(held := tree.get("file"), Scalar)
            }
        )
        return b"\n".join([*(file.body for file in self.files), *(codes[name] for name in named)])


def _paths(tree: Table, kind: str, faults: Faults) -> Paths:
    if kind == "hl7v2":
        return Hl7Paths()
    held = tree.get("file")
    header = held.get("header") if isinstance(held, Table) else None
    columns: Iterable[str] = ()
    if isinstance(header, Table):
        names = ("required", "optional")
        columns = [name for key in names for name in words(faults, header.get(key), key)]
    return DocPaths("row" if kind == "csv" else "doc", frozenset(columns))


def _placeholders(tree: Table, faults: Faults, place: Place) -> frozenset[str]:
    held = tree.get("placeholders")
    return (
        frozenset(words(faults, held, "placeholders")) if held is not None else place.placeholders
    )


def _fill_codes(c: Context, place: Place) -> None:
    for name, codes in place.codes.items():
        table = c.codes.get(name)
        if table is not None:
            c.codes[name] = replace(table, values={**table.values, **codes})
        elif name in c.maps:
            values = {source: target[0] or None for source, target in codes.items()}
            c.maps[name] = replace(c.maps[name], values={**c.maps[name].values, **values})
        else:
            known = (*c.codes, *c.maps)
            c.fault(place.spots[name], f"the mapping has no table {name}", near(name, known))


def _plan(c: Context, tree: Table, parts: _Parts, kind: str) -> Plan:
    kinds = _kinds(c, tree.get("groups"))
    maker = RuleMaker(c, _modes(c, tree.get("lists")))
    block = maker.block(tree.get("resources"), kinds)
    return Plan(
        place=c.place,
        accept=frozenset(words(c.faults, tree.get("accept"), "accept")),
        block=block,
        kinds=kinds,
        drops=_drops(c, parts, kind),
        patient=maker.patient_key,
        identifiers=maker.identifiers,
        segments=maker.segments,
        event_at=_node(c, tree, "event_at"),
        kind=_node(c, tree, "kind"),
        control_id=_node(c, tree, "control_id"),
    )


def _node(c: Context, tree: Table, name: str) -> Get | None:
    held = tree.get(name)
    if held is None:
        return None
    with c.at(is_used=name == "event_at"):
        return compile_node(c, held).get


def _modes(c: Context, tree: Tree | None) -> dict[str, str]:
    if tree is None:
        return {}
    if not isinstance(tree, Table):
        c.fault(tree.spot, "lists is an object", "write lists: {NK1: snapshot}")
        return {}
    made = {name: word(c.faults, one, "a list") for name, one in tree.members.items()}
    for name, mode in made.items():
        if mode not in {"snapshot", "add"}:
            c.fault(tree.names[name], f"{name}: {mode} is not known", "one of snapshot, add")
    return made


def _kinds(c: Context, tree: Tree | None) -> dict[str, Kind]:
    if tree is None:
        return {}
    if not isinstance(tree, Table):
        c.fault(tree.spot, "groups is an object", "write {name: {lead: [..], own: [..]}}")
        return {}
    made: dict[str, Kind] = {}
    for name, inside in tree.members.items():
        if not isinstance(inside, Table):
            c.fault(tree.names[name], "a group is an object", "write {lead: [..], own: [..]}")
        elif check_names(c.faults, inside, ("lead",), ("own", "parts", "about")):
            lead, own = (_names(c, inside.get(key), key) for key in ("lead", "own"))
            made[name] = Kind(name, lead, frozenset(own), _kinds(c, inside.get("parts")))
    return made


def _names(c: Context, tree: Tree | None, what: str) -> tuple[str, ...]:
    found = words(c.faults, tree, what)
    for name in found:
        if tree is not None and not _is_segment(name):
            c.fault(tree.spot, f"{name} is no name of a segment", "write three capital letters")
    return found


def _drops(c: Context, parts: _Parts, kind: str) -> dict[str, frozenset[str] | None]:
    made: dict[str, frozenset[str] | None] = {}
    for file in parts.files:
        held = file.tree.get("drop")
        items = held.items if isinstance(held, Sequence) else ()
        if held is not None and not isinstance(held, Sequence):
            c.fault(held.spot, "drop is a list", "write - {path: .., why: ..}")
        for item in items:
            if not isinstance(item, Table):
                c.fault(
                    item.spot, "what is left out has a path and a why", "write {path: .., why: ..}"
                )
            elif check_names(c.faults, item, ("path", "why")):
                _drop(c, made, item, is_hl7=kind == "hl7v2")
    return made


def _drop(c: Context, made: dict[str, frozenset[str] | None], item: Table, *, is_hl7: bool) -> None:
    path = word(c.faults, item.members["path"], "path").removeprefix("=").removeprefix("row.")
    if not is_hl7:
        made[path] = None
        return
    found = _is_field(path)
    if _is_segment(path):
        made[path] = None
    elif found is None:
        what = f"{path} is neither a segment nor a field"
        c.fault(item.spot, what, "leave out ZBD or PV1-10; pieces of fields are not reported")
    elif (held := made.get(found[1], frozenset())) is not None:
        made[found[1]] = held | {found[2]}
