"""Operators that refer to other entries and attach documents. Source: interop.md 6.2."""

import base64
import binascii
import hashlib
from collections.abc import Callable

from careweave.formats import NULL, is_type
from careweave.sources._conditions import compile_test
from careweave.sources._context import NOTHING, Context, Made, arguments, nothing, word
from careweave.sources._keys import MakeId, compile_key, id_maker
from careweave.sources._nodes import compile_node
from careweave.sources._ops_codes import where_of
from careweave.sources._ops_shape import compile_items, places_of
from careweave.sources._paths import Items
from careweave.sources._scope import Attached, Get, Item, Scope, Test, Value, text_of
from careweave.sources._yaml import Table, Tree
from careweave.terms import keyed_id

_LARGEST = 12 * 1024 * 1024
# Source: HL7 v2.5.1, tables 0191 and 0291; what is not here is told by `type`.
_TYPES = {
    "PDF": "application/pdf",
    "RTF": "application/rtf",
    "HTML": "text/html",
    "HTM": "text/html",
    "XML": "text/xml",
    "TXT": "text/plain",
    "PLAIN": "text/plain",
    "TEXT": "text/plain",
    "JPEG": "image/jpeg",
    "JPG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "DICOM": "application/dicom",
    "MSWORD": "application/msword",
    "DOC": "application/msword",
}


def ref(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$ref`: the reference to the entry of a key, or nothing where a part is empty."""
    table = arguments(c, tree, ("type", "key"), ("authority", "display"))
    if table is None:
        return NOTHING
    make = compile_id(c, table)
    type_name = word(c.faults, table.members["type"], "type")
    shown = table.get("display")
    display = compile_node(c, shown).get if shown is not None else None
    return Made(_reference(type_name, make, display))


def compile_id(c: Context, table: Table) -> MakeId:
    """Returns what makes the id of `type`, `key` and `authority`."""
    tree = table.members["type"]
    type_name = word(c.faults, tree, "type")
    if not is_type(type_name):
        c.fault(tree.spot, f"{type_name} is no resource type of FHIR R4", "mend the name")
    authority = table.get("authority")
    owner = compile_node(c, authority).get if authority is not None else c.place.authority
    parts = compile_key(c, table.members["key"])
    return id_maker(c.place.secret, type_name, owner, parts)


def _reference(type_name: str, make: MakeId, display: Get | None) -> Get:
    start = f"{type_name}/"

    def get(scope: Scope) -> Value:
        made = make(scope, 1)
        if made is None:
            return None
        reference: dict[str, Value] = {"reference": start + made}
        shown = text_of(display(scope)) if display is not None else None
        if shown is not None:
            reference["display"] = shown
        return reference

    return get


def refs(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$refs`: references to what the groups below, or a loop, produce."""
    table = arguments(c, tree, ("type", "key"), ("group", "each", "if", "authority"))
    if table is None:
        return NOTHING
    group = word(c.faults, table.get("group"), "group")
    loop = table.get("each")
    if bool(group) is (loop is not None):
        c.fault(tree.spot, "$refs needs a group or each", "write one of them")
        return NOTHING
    items = compile_items(c, loop) if loop is not None else _group(group)
    type_name = word(c.faults, table.members["type"], "type")
    tests = [compile_test(c, table.get("if")), _is_made(c, group, type_name)]
    make = compile_id(c, table)
    test = _both([one for one in tests if one is not None])
    has_twins = (group, type_name) in c.twins
    return Made(_references(f"{type_name}/", items, make, test, has_twins)) if items else NOTHING


def _group(name: str) -> Items:
    return lambda scope: scope.parts.get(name, [])


def _is_made(c: Context, group: str, type_name: str) -> Test | None:
    """Returns the test whether any rule of the group makes such an entry, None where one always does."""
    conditions = c.conditions.get((group, type_name), [])
    if not conditions or None in conditions:
        return None
    tests = [test for one in conditions if (test := compile_test(c, one)) is not None]
    return lambda scope: any(test(scope) for test in tests)


def _both(tests: list[Test]) -> Test | None:
    return (lambda scope: all(test(scope) for test in tests)) if tests else None


def _references(
    start: str,
    items: Items,
    make: MakeId,
    test: Test | None,
    has_twins: bool,  # noqa: FBT001  told by the rule of the entries
) -> Get:
    def get(scope: Scope) -> Value:
        found = items(scope)
        if not found or found is NULL:
            return None
        ids: dict[str, int] = {}
        told: dict[str, None] = {}
        for inside in places_of(scope, found):
            made = make(inside, 1) if test is None or test(inside) else None
            if made is not None:
                ids[made] = number = ids.get(made, 0) + 1
                twin = make(inside, number) if has_twins and number > 1 else made
                told[f"{start}{twin}"] = None
        return [{"reference": reference} for reference in told] or None

    return get


def attach(c: Context, tree: Tree, _name: str) -> Made:
    """Compiles `$attach`: an Attachment whose bytes become an entry of their own, a Binary."""
    table = arguments(c, tree, ("in",), ("type", "title"))
    if table is None:
        return NOTHING
    items = compile_items(c, table.members["in"])
    kind, title = (_optional(c, table, name) for name in ("type", "title"))
    where = where_of(c, table.members["in"])
    if items is None:
        return NOTHING
    return Made(_attachment(items, kind, title, _binary_id(c, where)))


def _optional(c: Context, table: Table, name: str) -> Get:
    held = table.get(name)
    return compile_node(c, held).get if held is not None else nothing


Store = Callable[[Scope, bytes, str], str | None]


def _binary_id(c: Context, where: str) -> Store:
    secret, authority = c.place.secret, c.place.authority

    def store(scope: Scope, data: bytes, kind: str) -> str | None:
        run = scope.run
        if len(data) > _LARGEST:
            run.note("attachment-too-large", where)
            return None
        if not data:
            run.note("bad-attachment", where)
            return None
        # The same leaflet of two people is two entries: each is of one of them.
        digest = hashlib.sha256(data).hexdigest()
        made = keyed_id(secret, authority, "Binary", run.holder, digest)
        run.attached.append(Attached(made, kind, base64.b64encode(data).decode()))
        return made

    return store


def _attachment(items: Items, kind: Get, title: Get, store: Store) -> Get:
    def get(scope: Scope) -> Value:
        found = items(scope)
        if not found or found is NULL:
            return None
        wanted = text_of(kind(scope))
        said, data = _data(found[0], is_text=wanted is not None and wanted.startswith("text/"))
        type_name = wanted or said or "application/octet-stream"
        made = store(scope, data, type_name)
        if made is None:
            return None
        # Source: FHIR R4 4.0.1, Attachment: the hash is SHA-1, to see that it is the same.
        digest = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
        told: dict[str, Value] = {"contentType": type_name, "url": f"Binary/{made}"}
        told |= {"size": len(data), "hash": digest}
        shown = text_of(title(scope))
        return told | ({"title": shown} if shown else {})

    return get


def _data(item: object, *, is_text: bool) -> tuple[str, bytes]:
    """Returns the type that an ED value names, and its bytes; another value is text, or base64.

    Source: HL7 v2.5.1, 2.A.24 (ED): type, subtype, encoding (table 0299) and data.
    """
    if not isinstance(item, Item):
        return "", _decoded(item if isinstance(item, str) else "", "A" if is_text else "BASE64")
    parts = [*item.parts, "", "", "", "", ""]
    if not any(parts[1:5]):
        return "", _decoded(parts[0], "BASE64")
    said = parts[2].strip().upper()
    return _TYPES.get(said) or _TYPES.get(parts[1].strip().upper(), ""), _decoded(
        parts[4], parts[3]
    )


def _decoded(text: str, encoding: str) -> bytes:
    kind = encoding.strip().upper()
    try:
        if kind in {"BASE64", ""}:
            return base64.b64decode("".join(text.split()), validate=True)
        if kind == "HEX":
            return bytes.fromhex(text)
    except (binascii.Error, ValueError):
        return b""
    return text.encode() if kind == "A" else b""
