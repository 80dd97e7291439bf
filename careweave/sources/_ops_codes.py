"""Operators that translate values and codes. Source: reference/interop.md 6.2, 5.3."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from careweave.formats import NULL
from careweave.sources._build import identified
from careweave.sources._context import (
    NOTHING,
    CodeTable,
    Context,
    Made,
    ValueTable,
    arguments,
    nothing,
    word,
)
from careweave.sources._faults import near
from careweave.sources._nodes import compile_many, compile_node, members_of, system_of
from careweave.sources._reading import Failure, Reason
from careweave.sources._scope import Get, Run, Scope, Value, text_of
from careweave.sources._yaml import Scalar, Table, Tree
from careweave.terms import Incorrect, NhsNumber

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
"""Source: UK Core, identifier system of the NHS number."""

_BLANKS = re.compile(r"[\s-]")
_is_code = re.compile(r"[A-Za-z0-9._/+:<>=-]{1,24}").fullmatch


def value_map(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$map`: a value by a table."""
    table = arguments(c, tree, ("in", "table"))
    if table is None:
        return NOTHING
    get = compile_node(c, table.members["in"]).get
    name = word(c.faults, table.members["table"], "table")
    found = c.maps.get(name)
    if found is None:
        c.fault(table.members["table"].spot, f"there is no map {name}", near(name, c.maps))
        return NOTHING
    return Made(_mapped(get, found, where_of(c, table.members["in"])))


def where_of(c: Context, tree: Tree) -> str:
    """Returns the place for a finding: the path, or the element where there is no single one."""
    if isinstance(tree, Scalar) and tree.text.startswith("="):
        return tree.text[1:]
    return f"{c.type_name}.{'.'.join(c.element)}"


def _mapped(get: Get, table: ValueTable, where: str) -> Get:
    values, other, empty = table.values, table.other, table.empty

    def mapped(scope: Scope) -> Value:
        value = get(scope)
        text = value if type(value) is str else text_of(value)
        if text is None:
            return NULL if value is NULL else empty
        if text in values:
            return values[text]
        if not table.is_quiet:
            scope.run.note("unmapped-value", where, table.name)
            scope.run.codes.append((table.name, text, ""))
        return other

    return mapped


@dataclass(frozen=True, slots=True)
class _Concept:
    """The compiled parts of one `$code`."""

    table: CodeTable
    where: str
    code: Get
    display: Get | None
    system: Get | None
    also: Get | None
    text: Get | None

    def get(self, scope: Scope) -> Value:
        """Gives the CodeableConcept."""
        value = self.code(scope)
        code = value if type(value) is str else text_of(value)
        display = _text(self.display, scope) if self.display is not None else None
        text = (_text(self.text, scope) if self.text is not None else None) or display
        codings = self._codings(scope, code, display) if code is not None else []
        if codings is None:
            return None
        also = self.also(scope) if self.also is not None else None
        if type(also) is list:
            codings += also
        if code is not None and not codings:
            text = text or code
        made: dict[str, Value] = {}
        if codings:
            made["coding"] = codings
        if text is not None:
            made["text"] = text
        return made or (NULL if value is NULL else None)

    def _codings(self, scope: Scope, code: str, display: str | None) -> list[Value] | None:
        """Returns the target and the source coding, None where the code is to be dropped."""
        table = self.table
        own: dict[str, Value] = {
            "system": (self.system and _text(self.system, scope)) or table.source,
            "code": code,
        }
        if display is not None:
            own["display"] = display
        if not own["system"]:
            del own["system"]
        target = table.values.get(code)
        if target is None:
            return self._unmapped(scope.run, own, code, display or "")
        made: dict[str, Value] = {"system": target[2] or table.target, "code": target[0]}
        if target[1]:
            made["display"] = target[1]
        return [made, own] if table.keeps_source else [made]

    def _unmapped(
        self, run: Run, own: dict[str, Value], code: str, display: str
    ) -> list[Value] | None:
        table = self.table
        if not table.is_quiet:
            shown = f"{table.name} {code}" if _is_code(code) else table.name
            run.note("unmapped-code", self.where, shown)
            run.codes.append((table.name, code, display))
        if table.unmapped == "quarantine":
            suggestion = f"Add the code to the table {table.name}, then replay."
            run.fail(Failure(Reason.CODE_QUARANTINE, self.where, suggestion))
        if table.unmapped == "drop":
            return None
        return [own] if table.unmapped == "keep" else []


def _text(get: Get, scope: Scope) -> str | None:
    value = get(scope)
    return value if type(value) is str else text_of(value)


def code(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$code`: a CodeableConcept, or a Coding where the element is one."""
    table = arguments(c, tree, ("in", "table"), ("display", "system", "also", "text"))
    if table is None:
        return NOTHING
    name = word(c.faults, table.members["table"], "table")
    found = c.codes.get(name)
    if found is None:
        c.fault(table.members["table"].spot, f"there is no code map {name}", near(name, c.codes))
        return NOTHING
    is_coding = c.shape == "Coding"
    made = _concept(c, table, found)
    return Made(_coding(made.get) if is_coding else made.get)


def _concept(c: Context, table: Table, found: CodeTable) -> _Concept:
    def of(name: str) -> Get | None:
        held = table.get(name)
        return compile_node(c, held).get if held is not None else None

    where = where_of(c, table.members["in"])
    with c.at(shape=""):
        also = table.get("also")
        more = _all(compile_many(c, also)) if also is not None else None
        given = of("in") or nothing
        return _Concept(found, where, given, of("display"), of("system"), more, of("text"))


def _all(gets: list[Get]) -> Get:
    def every(scope: Scope) -> Value:
        made: list[Value] = []
        for get in gets:
            value = get(scope)
            if isinstance(value, dict):
                made.append(value)
            elif isinstance(value, list):
                made += [one for one in value if isinstance(one, dict)]
        return made or None

    return every


def _coding(get: Callable[[Scope], Value]) -> Get:
    def coding(scope: Scope) -> Value:
        value = get(scope)
        if not isinstance(value, dict):
            return value
        codings = value.get("coding")
        first: Value = codings[0] if codings else {"display": value["text"]}
        return first

    return coding


def identifier(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$id`: an Identifier, or nothing where there is no value."""
    if not isinstance(tree, Table) or not tree.members.keys() >= {"system", "value"}:
        c.fault(tree.spot, "system and value are missing here", "write {system: .., value: ..}")
        return NOTHING
    inside, uri = dict(tree.members), ""
    system = inside["system"]
    if isinstance(system, Scalar) and (system.text[:1] != "=" or system.text[:8] == "=system."):
        uri = system_of(c, system)
        inside["system"] = Scalar(system.spot, uri, is_quoted=True)
    gets = members_of(c, Table(tree.spot, inside, tree.names), "Identifier")
    where = where_of(c, inside["value"])
    is_nhs = uri == NHS_NUMBER
    parts = [
        replace(part, get=_nhs_number(part.get, where)) if is_nhs and part.name == "value" else part
        for part in gets
    ]
    return Made(identified(parts, "value"))


def _nhs_number(get: Get, where: str) -> Get:
    def number(scope: Scope) -> Value:
        value = get(scope)
        text = text_of(value)
        if text is None:
            return value
        digits = text if text.isdecimal() else _BLANKS.sub("", text)
        try:
            NhsNumber(digits)
        except Incorrect:
            scope.run.note("nhs-number-wrong", where)
        return digits or None

    return number
