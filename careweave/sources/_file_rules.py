"""The part of a mapping that says how its files are written. Source: reference/interop.md 8."""

import re

from careweave.sources._context import check_names, word, words
from careweave.sources._faults import Faults
from careweave.sources._source import FileRules
from careweave.sources._yaml import Scalar, Table, Tree

_KEYS = (
    *("encoding", "delimiter", "quote", "header", "null", "mode", "row_key", "order_by"),
    *("absence", "max_drop_percent", "footer_count", "footer", "decimal", "numbers", "dates"),
    *("excel_serial", "zip", "sequence", "identifiers", "sheet", "records", "about"),
)
_AFTER = re.compile(r"end-after-([1-9][0-9]?)")
_CELL = re.compile(r"=?row(?:\.(?P<name>[^\s.\[\]\"=]+)|\[\"(?P<quoted>[^\"]+)\"\])")
_ENCODINGS = ("utf-8-sig", "utf-8", "cp1252", "iso8859-1", "iso8859-15", "utf-16")
_TABS = {"tab": "\t", "\\t": "\t"}


def file_rules(tree: Tree | None, faults: Faults) -> FileRules:
    """Returns what `file:` of a mapping says; what it does not say is as usual."""
    usual = FileRules()
    if tree is None:
        return usual
    if not isinstance(tree, Table):
        faults.add(tree.spot, "file is an object", "write file: {delimiter: ..}")
        return usual
    if not check_names(faults, tree, (), _KEYS):
        return usual
    required, optional = _header(tree.get("header"), faults)
    delimiter = word(faults, tree.get("delimiter"), "delimiter", default=usual.delimiter)
    decimal = word(faults, tree.get("decimal"), "decimal", default=usual.decimal)
    footer = tree.get("footer_count") or tree.get("footer")
    _check(tree, faults)
    return FileRules(
        encoding=_encodings(tree, faults) or usual.encoding,
        delimiter=_TABS.get(delimiter, delimiter),
        quote=word(faults, tree.get("quote"), "quote", default=usual.quote),
        required=required,
        optional=optional,
        null=frozenset(words(faults, tree.get("null"), "null")),
        is_snapshot=word(faults, tree.get("mode"), "mode") == "snapshot",
        row_key=_columns(tree, "row_key", faults),
        order_by=_columns(tree, "order_by", faults),
        end_after=_end_after(tree.get("absence"), faults),
        max_drop_percent=_percent(tree.get("max_drop_percent"), faults, usual.max_drop_percent),
        footer_count=word(faults, footer, "footer_count"),
        decimal=decimal,
        numbers=_columns(tree, "numbers", faults),
        dates=_columns(tree, "dates", faults),
        excel_serial=_is_true(tree, "excel_serial"),
        is_zip=_is_true(tree, "zip"),
        sequence=word(faults, tree.get("sequence"), "sequence"),
        identifiers=_identifiers(tree.get("identifiers"), faults),
        sheet=word(faults, tree.get("sheet"), "sheet"),
        records=word(faults, tree.get("records"), "records"),
    )


def _check(tree: Table, faults: Faults) -> None:
    mode = tree.get("mode")
    if isinstance(mode, Scalar) and mode.text not in {"snapshot", "delta"}:
        faults.add(mode.spot, f"mode: {mode.text} is not known", "one of snapshot, delta")
    for name in ("delimiter", "quote", "decimal"):
        held = tree.get(name)
        if isinstance(held, Scalar) and len(_TABS.get(held.text, held.text)) != 1:
            faults.add(held.spot, f"{name} is a single character", "write one, or tab")
    is_snapshot = isinstance(mode, Scalar) and mode.text == "snapshot"
    if is_snapshot and tree.get("row_key") is None:
        faults.add(tree.spot, "a snapshot needs row_key", "name the columns that make a row known")


def _is_true(tree: Table, name: str) -> bool:
    held = tree.get(name)
    return isinstance(held, Scalar) and held.value is True


def _encodings(tree: Table, faults: Faults) -> tuple[str, ...]:
    held = tree.get("encoding")
    found = words(faults, held, "encoding")
    for name in found:
        if name not in _ENCODINGS and held is not None:
            faults.add(
                held.spot, f"the encoding {name} is not known", f"one of {', '.join(_ENCODINGS)}"
            )
    return found


def _header(tree: Tree | None, faults: Faults) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not isinstance(tree, Table):
        return words(faults, tree, "header"), ()
    check_names(faults, tree, (), ("required", "optional"))
    required, optional = (words(faults, tree.get(key), key) for key in ("required", "optional"))
    return required, optional


def _columns(tree: Table, name: str, faults: Faults) -> tuple[str, ...]:
    made: list[str] = []
    for text in words(faults, tree.get(name), name):
        found = _CELL.fullmatch(text)
        made.append((found["name"] or found["quoted"]) if found else text)
    return tuple(made)


def _end_after(tree: Tree | None, faults: Faults) -> int | None:
    text = word(faults, tree, "absence", default="keep")
    found = _AFTER.fullmatch(text)
    if found:
        return int(found[1])
    if text not in {"keep", "end"} and tree is not None:
        faults.add(tree.spot, f"absence: {text} is not known", "one of keep, end, end-after-2")
    return 1 if text == "end" else None


def _percent(tree: Tree | None, faults: Faults, usual: float) -> float:
    text = word(faults, tree, "max_drop_percent", default=str(usual))
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]+)?", text) and float(text) <= 100:
        return float(text)
    if tree is not None:
        faults.add(tree.spot, "max_drop_percent is a number from 0 to 100", "mend it")
    return usual


def _identifiers(tree: Tree | None, faults: Faults) -> dict[str, int]:
    if not isinstance(tree, Table):
        if tree is not None:
            faults.add(tree.spot, "identifiers is an object", "write {NHSNumber: {length: 10}}")
        return {}
    made: dict[str, int] = {}
    for name, one in tree.members.items():
        length = one.get("length") if isinstance(one, Table) else one
        text = word(faults, length, "length", default="0")
        if text.isdecimal():
            made[name] = int(text[:4])
        else:
            faults.add(tree.names[name], "a length is a number", "write {length: 10}, 0 for any")
    return made
