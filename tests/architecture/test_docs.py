"""The docs name what exists, and what the docs name exists."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "careweave"
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), PACKAGE / "README.md"])
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def test_relative_links_lead_somewhere() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} -> {target}"
        for path in DOCS
        for target in _LINK.findall(path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert wrong == []


def test_the_drawing_of_the_house_names_every_room() -> None:
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    rooms = [p.name for p in PACKAGE.iterdir() if (p / "__init__.py").exists()]
    assert [room for room in rooms if f"`{room}`" not in text] == []


def _rows(text: str) -> list[tuple[str, str, str]]:
    section = text.split("## Security properties", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| (.+?) \| `(.+?)` \| `(.+?)` \|$", section, re.MULTILINE)


def test_each_security_property_names_code_and_a_test_that_exist() -> None:
    rows = _rows((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert len(rows) >= 8
    for law, code, test in rows:
        assert (ROOT / code).exists(), f"{law}: {code}"
        path, _, name = test.partition("::")
        assert (ROOT / path).exists(), f"{law}: {path}"
        assert f"def {name}" in (ROOT / path).read_text(encoding="utf-8"), f"{law}: {name}"


def _generated(name: str) -> str:
    spec = importlib.util.spec_from_file_location("docs_tool", ROOT / "tools" / "docs.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return str(tool.PAGES[name]())


@pytest.mark.parametrize(
    "name",
    ["agreements.md", "errors.md", "metrics.md", "search-parameters.md", "stu3.md", "views.md"],
)
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert _generated(name) == written, "run ./run docs"
