"""Keys of resources: their parts, and the public id that they make. Source: interop.md 6.1."""

from collections.abc import Callable

from careweave.sources._context import Context
from careweave.sources._nodes import compile_node
from careweave.sources._scope import Get, Scope, text_of
from careweave.sources._yaml import Sequence, Tree
from careweave.terms import keyed_id

Parts = Callable[[Scope], tuple[str, ...] | None]
"""Gives the parts of a key, None where one of them is empty."""

MakeId = Callable[[Scope, int], str | None]
"""Gives a public id, None where a part of its key is empty.

The number tells twins apart: several entries of one message with the same key, counted from 1.
"""


def compile_key(c: Context, tree: Tree) -> Parts:
    """Returns what gives the parts of a key, a list of nodes."""
    with c.at(shape=""):
        items = tree.items if isinstance(tree, Sequence) else (tree,)
        gets = [compile_node(c, item).get for item in items]
    if not gets:
        c.fault(tree.spot, "a key has at least one part", "write key: [..]")
    return _one(gets[0]) if len(gets) == 1 else _several(gets)


def _one(get: Get) -> Parts:
    def parts(scope: Scope) -> tuple[str, ...] | None:
        value = get(scope)
        text = value if type(value) is str else text_of(value)
        return (text,) if text else None

    return parts


def _several(gets: list[Get]) -> Parts:
    def parts(scope: Scope) -> tuple[str, ...] | None:
        made: list[str] = []
        for get in gets:
            value = get(scope)
            text = value if type(value) is str else text_of(value)
            if not text:
                return None
            made.append(text)
        return tuple(made)

    return parts


def id_maker(secret: bytes, type_name: str, authority: Get | str, parts: Parts) -> MakeId:
    """Returns what gives the public id; the same key is worked out once for a message."""

    def make(scope: Scope, twin: int) -> str | None:
        found = parts(scope)
        if found is None:
            return None
        owner = authority if isinstance(authority, str) else authority(scope)
        if type(owner) is not str:
            return None
        key = (owner, type_name, *found) if twin == 1 else (owner, type_name, *found, str(twin))
        ids = scope.run.ids
        made = ids.get(key)
        if made is None:
            made = ids[key] = keyed_id(secret, *key)
        return made

    return make
