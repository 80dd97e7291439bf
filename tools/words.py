"""Prints every text of the pages that can be translated: .venv/bin/python tools/words.py > words.pot.

The English text is the key. Texts are found where templates and code say them literally.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

ROOT = Path(__file__).resolve().parent.parent
DOORS = ROOT / "careweave" / "doors"
PAGES = ("_frame", "workspace", "console")
SAYING = {"say", "say_plain"}


def words() -> dict[str, str]:
    """Returns each text with the first place that says it."""
    found: dict[str, str] = {}
    for text, place in [*_of_templates(), *_of_code(), *_of_views()]:
        found.setdefault(text, place)
    return found


def _of_templates() -> Iterator[tuple[str, str]]:
    environment = Environment(autoescape=True)
    for path in sorted(DOORS.glob("*/templates/**/*.html")):
        tree = environment.parse(path.read_text(encoding="utf-8"))
        for one in tree.find_all(nodes.Filter):
            if one.name in SAYING and isinstance(one.node, nodes.Const):
                yield str(one.node.value), f"{path.relative_to(ROOT)}:{one.lineno}"


def _of_code() -> Iterator[tuple[str, str]]:
    pages = [one for door in PAGES for one in (DOORS / door).rglob("*.py")]
    for path in sorted([*pages, *(ROOT / "careweave" / "views").rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for text, line in _of_function(node):
                    yield text, f"{path.relative_to(ROOT)}:{line}"


def _of_function(function: ast.FunctionDef) -> Iterator[tuple[str, int]]:
    """Yields what a function says: literally, or by a name that it gave to a text before."""
    given: dict[str, list[str]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            given.setdefault(node.targets[0].id, []).extend(_texts_in(node.value))
    for node in ast.walk(function):
        if isinstance(node, ast.Tuple) and len(node.elts) == 2:
            # A labelled part: `details(making, ("Telephone", number))` says its label.
            yield from (
                (text, node.lineno) for text in _texts_in(node.elts[0]) if text[:1].isupper()
            )
        if isinstance(node, ast.Call) and _is_saying(node.func) and node.args:
            first = node.args[0]
            names = given.get(first.id, []) if isinstance(first, ast.Name) else []
            yield from ((text, node.lineno) for text in (*_texts_in(first), *names))


def _texts_in(node: ast.expr) -> list[str]:
    """Returns the text that an expression is, or those that it chooses from."""
    if isinstance(node, ast.IfExp):
        return [*_texts_in(node.body), *_texts_in(node.orelse)]
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in _texts_in(value)]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return []


def _of_views() -> Iterator[tuple[str, str]]:
    """Yields what views say from their tables and files."""
    sys.path.insert(0, str(ROOT))
    from careweave.views import texts  # noqa: PLC0415

    for text in texts():
        yield text, "careweave/views"


def _is_saying(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in SAYING


def places(text: str) -> list[str]:
    """Returns what a text has braces for, in order of the alphabet."""
    return sorted(re.findall(r"\{(\w+)\}", text))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


if __name__ == "__main__":
    for text, place in words().items():
        sys.stdout.write(f'#: {place}\nmsgid {_quoted(text)}\nmsgstr ""\n\n')
