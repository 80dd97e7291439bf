"""Reads the parts of a YAML file as typed values, refusing what has the wrong shape."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import yaml

from careweave.terms import Incorrect

Node = Mapping[str, object]


def read_file(path: Path | Traversable, kind: str) -> Node:
    """Returns the content of a YAML file that says it is of this kind ("value-set/1")."""
    found = node(yaml.load(path.read_text(encoding="utf-8"), _loader()))  # noqa: S506  a safe loader
    if found.get("careweave") != kind:
        raise Incorrect("The file does not say that it is of the expected kind.", where=path.name)
    return found


def _loader() -> type[yaml.SafeLoader]:
    """Returns the safe loader, the compiled one where it was built: ten times as fast."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def packaged(name: str, kind: str) -> Node:
    """Returns the content of one of this room's own rule files."""
    return read_file(files("careweave.intake").joinpath("rules", name), kind)


def node(value: object) -> Node:
    """Returns the value as an object with text keys."""
    if not isinstance(value, Mapping):
        raise Incorrect("An object is expected in a rule file.")
    return {str(key): item for key, item in value.items()}


def nodes(parent: Node, key: str) -> list[Node]:
    """Returns the list of objects under `key`; none when it is absent."""
    found = parent.get(key, [])
    if not isinstance(found, list):
        raise Incorrect("A list is expected in a rule file.", where=key)
    return [node(item) for item in found]


def text(parent: Node, key: str) -> str:
    """Returns the text under `key`."""
    found = parent.get(key)
    if not isinstance(found, str):
        raise Incorrect("A text is expected in a rule file.", where=key)
    return found


def texts(parent: Node, key: str) -> list[str]:
    """Returns the texts under `key`, which may be one text or a list; none when absent."""
    found = parent.get(key, [])
    if isinstance(found, str):
        return [found]
    if not isinstance(found, list):
        raise Incorrect("A list is expected in a rule file.", where=key)
    return [str(item) for item in found]
