"""From the resource rules of a file to closures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from careweave.formats import is_type, members
from careweave.sources._build import object_of
from careweave.sources._conditions import compile_test
from careweave.sources._context import (
    Context,
    check_names,
    nothing,
    word,
    words,
)
from careweave.sources._faults import near
from careweave.sources._groups import Kind
from careweave.sources._keys import MakeId, Parts, compile_key
from careweave.sources._nodes import compile_node, members_of
from careweave.sources._ops_refs import compile_id
from careweave.sources._ops_shape import compile_items, places
from careweave.sources._reading import ListMode, Write
from careweave.sources._rules import Block, Labelling, Places, Rule, Snapshot
from careweave.sources._scope import Get
from careweave.sources._strict import deps_of
from careweave.sources._yaml import Scalar, Sequence, Table, Tree
from careweave.terms import Heading, Label

_NEEDED = ("type", "key", "body")
_ALLOWED = ("write", "if", "each", "over", "authority", "label", "heading", "lists", "force")
_MORE = ("absent", "snapshot", "twins", "about")
_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(slots=True)
class RuleMaker:
    """Compiles the rules of one mapping, and keeps the Patient that the message is of."""

    c: Context
    lists: dict[str, str]
    patient: MakeId | None = None
    patient_key: Parts | None = None
    identifiers: Get | None = None
    segments: frozenset[str] = frozenset()

    def block(self, tree: Tree | None, kinds: Mapping[str, Kind], group: str = "") -> Block:
        """Returns the rules of a list, in order."""
        if not isinstance(tree, Sequence):
            if tree is not None:
                self.c.fault(tree.spot, "resources is a list", "begin each rule with a dash")
            return Block((), group)
        self._remember(tree, group)
        steps = (self._step(item, kinds, group) for item in tree.items)
        return Block(tuple(step for step in steps if step is not None), group)

    def _remember(self, tree: Sequence, group: str) -> None:
        # Asked by $refs, which may stand before the rule that it refers to.
        for item in tree.items:
            if isinstance(item, Table) and isinstance(inside := item.get("resources"), Sequence):
                self._remember(inside, word(self.c.faults, item.get("group"), "group"))
            elif isinstance(item, Table) and isinstance(kind := item.get("type"), Scalar):
                self.c.conditions.setdefault((group, kind.text), []).append(item.get("if"))
                if item.get("twins") is not None:
                    self.c.twins.add((group, kind.text))

    def _step(self, tree: Tree, kinds: Mapping[str, Kind], group: str) -> Rule | Block | None:
        if not isinstance(tree, Table):
            self.c.fault(tree.spot, "a rule is an object", "write type, key and body")
            return None
        if "group" in tree.members:
            return self._group(tree, kinds)
        if not check_names(self.c.faults, tree, _NEEDED, (*_ALLOWED, *_MORE)):
            return None
        return self._rule(tree, is_root=not group)

    def _group(self, tree: Table, kinds: Mapping[str, Kind]) -> Block | None:
        if not check_names(self.c.faults, tree, ("group", "resources"), ("about",)):
            return None
        name = word(self.c.faults, tree.members["group"], "group")
        if name not in kinds:
            self.c.fault(tree.spot, f"there is no group {name} here", near(name, kinds))
            return None
        return self.block(tree.members["resources"], kinds[name].parts, name)

    def _rule(self, tree: Table, *, is_root: bool) -> Rule | None:
        c = self.c
        type_name = word(c.faults, tree.members["type"], "type")
        if not is_type(type_name):
            what = f"{type_name} is no resource type of FHIR R4"
            c.fault(tree.members["type"].spot, what, "mend the name")
            return None
        c.type_name = type_name
        c.element = ("id",)
        make_id = compile_id(c, tree)
        c.element = ()
        is_patient = type_name == "Patient" and is_root and self.patient is None
        if is_patient:
            self.patient = make_id
            self._whose(tree)
        rule = self._compiled(tree, type_name, make_id, is_patient=is_patient)
        c.type_name = ""
        return rule

    def _whose(self, tree: Table) -> None:
        """Keeps what says whose a message is: asked before anything is mapped."""
        body = _table(self.c, tree.members["body"])
        held = body.get("identifier") if isinstance(body, Table) else None
        for tree_of in (tree.members["key"], held):
            if tree_of is not None:
                deps = deps_of(self.c, tree_of, is_full=True)
                self.segments |= {name for name in deps.masks if name != "@"}
        with self.c.at(is_used=False, shape="Identifier"):
            self.patient_key = compile_key(self.c, tree.members["key"])
            self.identifiers = compile_node(self.c, held).get if held is not None else None

    def _compiled(self, tree: Table, type_name: str, make_id: MakeId, *, is_patient: bool) -> Rule:
        c = self.c
        fixed, heading = self._heading(tree.get("heading"))
        absent = tree.get("absent")
        return Rule(
            type=type_name,
            make_id=make_id,
            body=_body(c, tree.members["body"], type_name),
            write=_one_of(c, tree.get("write"), Write) or Write.REPLACE,
            places=self._places(tree),
            test=compile_test(c, tree.get("if")),
            lists=_lists(c, tree.get("lists"), type_name),
            force=_force(c, tree.get("force")),
            heading=fixed,
            heading_of=heading,
            labels=_labels(c, tree.get("label"), type_name),
            absent=_body(c, absent, type_name) if absent is not None else None,
            snapshot=self._snapshot(tree),
            has_twins=self._twins(tree),
            is_patient=is_patient,
        )

    def _places(self, tree: Table) -> Places | None:
        loop = tree.get("each") or tree.get("over")
        if loop is None:
            return None
        if tree.get("each") is not None and tree.get("over") is not None:
            self.c.fault(loop.spot, "each and over stand together", "keep one of them")
        if isinstance(loop, Scalar) and tree.get("each") is not None:
            loop = Scalar(loop.spot, f"={loop.text.removeprefix('=')}")
        items = compile_items(self.c, loop)
        return places(items) if items is not None else None

    def _heading(self, tree: Tree | None) -> tuple[Heading | None, Get | None]:
        if tree is None:
            return None, None
        if isinstance(tree, Scalar) and not tree.text.startswith("="):
            return _one_of(self.c, tree, Heading), None
        return None, compile_node(self.c, tree).get

    def _twins(self, tree: Table) -> bool:
        held = tree.get("twins")
        if held is not None and word(self.c.faults, held, "twins") != "number":
            self.c.fault(held.spot, "twins are told apart by their number", "write twins: number")
        return held is not None

    def _snapshot(self, tree: Table) -> Snapshot | None:
        each = tree.get("each")
        name = word(self.c.faults, tree.get("snapshot"), "snapshot")
        if not name and isinstance(each, Scalar) and self.lists.get(each.text) == "snapshot":
            name = each.text
        if not name:
            return None
        if self.patient is None:
            what = "a list needs a Patient whose list it is"
            self.c.fault(tree.spot, what, "put the rule of the Patient before")
            return None
        return Snapshot(name, self.patient)


def _table(c: Context, tree: Tree) -> Tree:
    """Returns the node itself that a `$use` names, so that a body of constants stays a body."""
    seen: set[str] = set()
    while isinstance(tree, Table) and list(tree.members) == ["$use"]:
        name = tree.members["$use"]
        if not isinstance(name, Scalar) or name.text not in c.nodes or name.text in seen:
            break
        seen.add(name.text)
        tree = c.nodes[name.text]
    return tree


def _body(c: Context, tree: Tree, type_name: str) -> Get:
    tree = _table(c, tree)
    with c.at(shape=type_name):
        if isinstance(tree, Table) and not any(name.startswith("$") for name in tree.members):
            # A body without values is one all the same: its key is there.
            parts = [replace(part, is_constant=False) for part in members_of(c, tree, type_name)]
            return object_of(parts)
        if not isinstance(tree, Table):
            c.fault(tree.spot, "a body is an object", "write its elements")
            return nothing
        return compile_node(c, tree).get


def _one_of(c: Context, tree: Tree | None, kind: type[_Word]) -> _Word | None:
    if tree is None:
        return None
    text = word(c.faults, tree, "this")
    known = [one.value for one in kind]
    if text in known:
        return kind(text)
    c.fault(tree.spot, f"{text} is not known here", near(text, known))
    return None


def _lists(c: Context, tree: Tree | None, type_name: str) -> dict[str, ListMode]:
    if tree is None:
        return {}
    if not isinstance(tree, Table):
        c.fault(tree.spot, "lists is an object", "write lists: {link: add}")
        return {}
    known = members(type_name)
    made: dict[str, ListMode] = {}
    for name, inside in tree.members.items():
        if name not in known or not known[name].element.is_many:
            c.fault(tree.names[name], f"{name} is no list of {type_name}", near(name, known))
        mode = _one_of(c, inside, ListMode)
        if mode is not None:
            made[name] = mode
    return made


def _force(c: Context, tree: Tree | None) -> Callable[..., bool] | None:
    if isinstance(tree, Scalar) and tree.value is True:
        return lambda _scope: True
    return compile_test(c, tree)


def _labels(c: Context, tree: Tree | None, type_name: str) -> tuple[Labelling, ...]:
    if tree is None:
        return ()
    items = tree.items if isinstance(tree, Sequence) else (tree,)
    made = (_labelling(c, item, type_name) for item in items)
    return tuple(one for one in made if one is not None)


def _labelling(c: Context, tree: Tree, type_name: str) -> Labelling | None:
    if isinstance(tree, Scalar):
        return Labelling(_label_set(c, tree), frozenset(), None)
    if not isinstance(tree, Table) or not check_names(c.faults, tree, (), ("add", "clear", "if")):
        return None
    clears = _label_set(c, tree.get("clear"))
    if clears:
        names = ", ".join(sorted(clears))
        c.risks.append(f"A message may take the label {names} off a {type_name}.")
    return Labelling(_label_set(c, tree.get("add")), clears, compile_test(c, tree.get("if")))


def _label_set(c: Context, tree: Tree | None) -> frozenset[Label]:
    known = [label.value for label in Label]
    found = words(c.faults, tree, "a label")
    for text in found:
        if text not in known and tree is not None:
            c.fault(tree.spot, f"there is no label {text}", near(text, known))
    return frozenset(Label(text) for text in found if text in known)
