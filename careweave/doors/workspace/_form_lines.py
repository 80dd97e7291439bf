"""On which line of a form something stands: who mends a file by hand looks for a line, not a path."""

import re

import yaml

_parts = re.compile(r"([A-Za-z0-9_]+)|\[(\d+)\]").findall


def line_of(body: bytes, path: str) -> int | None:
    """Returns the line, from 1, of an element of JSON by its FHIR path, or of what it is missing from.

    None where the text is too broken to be read.
    """
    try:
        # JSON is YAML, whose reader knows where each node begins.
        node = yaml.compose(body.decode("utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    line = 1
    # The first part names the resource itself.
    for name, place in _parts(path.partition(".")[2]):
        found = _member(node, name) if name else _item(node, int(place))
        if found is None:
            break
        line, node = found
    return line


def _member(node: yaml.Node | None, name: str) -> tuple[int, yaml.Node] | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    found = ((key.start_mark.line + 1, value) for key, value in pairs if key.value == name)
    return next(found, None)


def _item(node: yaml.Node | None, place: int) -> tuple[int, yaml.Node] | None:
    items = node.value if isinstance(node, yaml.SequenceNode) else ()
    return (items[place].start_mark.line + 1, items[place]) if place < len(items) else None
