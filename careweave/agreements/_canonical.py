"""An agreement as bytes that are always the same, and as YAML that reads back as itself."""

import re
from collections.abc import Iterator

from careweave.agreements._notices import Notices
from careweave.agreements._yaml import plain, read_yaml
from careweave.formats import write_json
from careweave.terms import Json

_BARE = re.compile(r"[A-Za-z][A-Za-z0-9 _./@+-]*(?<! )")

# What JSON writes plainly and YAML does not read, or takes for the end of a line.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def canonical(document: Json) -> bytes:
    """Returns the bytes that parties sign: JSON with sorted names, without any `signed`."""
    return write_json(_sorted(_unsigned(document)))


def _unsigned(document: Json) -> Json:
    if not isinstance(document, dict) or not isinstance(parties := document.get("parties"), list):
        return document
    bare: list[Json] = [_without(party, "signed") for party in parties]
    return {**document, "parties": bare}


def _without(value: Json, name: str) -> Json:
    if not isinstance(value, dict):
        return value
    return {key: inner for key, inner in value.items() if key != name}


def _sorted(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def emit(document: Json) -> bytes:
    """Returns a document as YAML of this format: read again, it is the same document."""
    return ("\n".join(_lines(document)).lstrip("\n") + "\n").encode()


def is_stable(document: Json) -> bool:
    """Says whether a document, written out and read again, is itself."""
    notices = Notices()
    again = read_yaml(emit(document), "", notices)
    return again is not None and canonical(again.value) == canonical(document)


def _lines(value: Json, indent: str = "") -> Iterator[str]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _member(f"{indent}{_scalar(name)}:", inner, indent)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _member(f"{indent}-", inner, indent)
    else:
        yield f"{indent}{_scalar(value)}"


def _member(head: str, value: Json, indent: str) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield head
        yield from _lines(value, f"{indent}  ")
    else:
        yield f"{head} {_scalar(value)}"


def _scalar(value: Json) -> str:
    if isinstance(value, str):
        is_bare = _BARE.fullmatch(value) and isinstance(plain(value), str)
        return value if is_bare else _UNPRINTABLE.sub(_escaped, write_json(value).decode())
    # What is left of lists and tables is empty; JSON writes these and all else as YAML reads them.
    return write_json(value).decode()


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
