"""The laws of templates: one name, no script or style inside, words that can be translated."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import meta, nodes

from careweave.doors._frame import Door, Frame, make_app

ROOT = Path(__file__).resolve().parents[2]
DOORS = ROOT / "careweave" / "doors"
TEMPLATES = sorted(DOORS.glob("*/templates/**/*.html"))
_ENVIRONMENT = make_app(
    Door(
        name="workspace",
        templates=DOORS,
        origin="",
        new_request_id=str,
        secret=lambda: None,
        frame=lambda title: Frame(door="workspace", title=title),
    )
).jinja_env


def _id(path: Path) -> str:
    return str(path.relative_to(DOORS))


def _tree(path: Path) -> nodes.Template:
    return _ENVIRONMENT.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=_id)
def test_a_template_knows_the_page_alone(path: Path) -> None:
    tree = _tree(path)
    assert meta.find_undeclared_variables(tree) - _imported(tree) <= {"page"}


def _imported(tree: nodes.Template) -> set[str]:
    """The macros that a template imports and the names that it sets itself, wherever that stands."""
    found = {macro.name for macro in tree.find_all(nodes.Macro)}
    found |= {one.name for one in tree.find_all(nodes.Name) if one.ctx == "store"}
    for one in tree.find_all(nodes.FromImport):
        found |= {name if isinstance(name, str) else name[1] for name in one.names}
    return found


_FORBIDDEN = {
    "an inline script": r"<script(?![^>]*\bsrc=)",
    "an inline style": r"<style|\sstyle\s*=",
    "an event in an attribute": r"\son[a-z]+\s*=\s*[\"']",
    "data in an address": r"(?:src|href)\s*=\s*[\"']data:",
    "a third party": r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//",
    "a script in htmx": r"hx-on|js:|hx-trigger\s*=\s*[\"'][^\"']*\[",
    "trust without escaping": r"\|\s*safe\b",
    "a table laid out by numbers": r"tabindex\s*=\s*[\"'][1-9]",
}


@pytest.mark.parametrize("path", TEMPLATES, ids=_id)
def test_a_template_holds_nothing_that_the_content_policy_refuses(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = {what for what, pattern in _FORBIDDEN.items() if re.search(pattern, text)}
    assert found == set()


def _words(path: Path) -> Iterator[tuple[str, int]]:
    for one in _tree(path).find_all(nodes.TemplateData):
        for match in re.finditer(r">([^<>{}]*[A-Za-z]{2,}[^<>{}]*)<", one.data):
            yield match.group(1).strip(), one.lineno


@pytest.mark.parametrize("path", TEMPLATES, ids=_id)
def test_every_word_of_a_template_can_be_translated(path: Path) -> None:
    # Names of units and of the trade stand as they are.
    bare = [(text, line) for text, line in _words(path) if text not in {"CSV", "NHS"}]
    assert bare == []


@pytest.mark.parametrize("path", TEMPLATES, ids=_id)
def test_pictures_have_their_words(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for tag in re.findall(r"<img[^>]*>", text):
        assert "alt=" in tag
    for tag in re.findall(r"<svg[^>]*>", text):
        assert "aria-hidden" in tag or "aria-labelledby" in tag
