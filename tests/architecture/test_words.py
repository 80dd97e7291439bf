"""Every command that a page names exists, with every option that it gives."""

import re
from pathlib import Path

import pytest

from tests.lib.reader import blocks

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "region").rglob("*.md")]
)
USAGE = (ROOT / "run").read_text(encoding="utf-8").split('USAGE = """', 1)[1].split('"""', 1)[0]
WORDS = set(re.findall(r"^  ([a-z-]+)(?:  |$)", USAGE, re.MULTILINE))
COMMANDS = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
SECTIONS = {
    tuple(name.split()): text
    for name, text in re.findall(
        r"^## careweave (.+?)\n(.*?)(?=^## |\Z)", COMMANDS, re.MULTILINE | re.DOTALL
    )
}


def _named(path: Path) -> list[str]:
    """The commands of a page: in its shell blocks and in its sentences."""
    text = path.read_text(encoding="utf-8")
    typed = [line for block in blocks(path) for line in block.replace("\\\n", " ").splitlines()]
    spans = re.findall(r"`((?:\./run|careweave) [^`]+)`", text)
    return [
        one.partition("#")[0].strip()
        for one in [*typed, *spans]
        if re.match(r"\./run |careweave ", one)
    ]


def _fault(command: str) -> str | None:
    words = command.split()
    if words.pop(0) == "./run":
        if words[0] not in WORDS and words[0] not in {"WORD", "VERB"}:
            return "no such word of ./run"
        if words[0] not in {"careweave", "demo", "serve"}:
            return None
        words = words[words[0] == "careweave" :]
    if words and words[0] == "--home":
        words = words[2:]
    if not words or words[0] in {"VERB", "..."}:
        return None
    section = next(
        (text for name, text in SECTIONS.items() if list(name) == words[: len(name)]), None
    )
    if section is None:
        return (
            None
            if any(name[0] == words[0] for name in SECTIONS) and len(words) == 1
            else "no such verb"
        )
    options = set(re.findall(r"`\[?(--[a-z-]+)", section))
    unknown = [word for word in words if word.startswith("--") and word not in options]
    return f"no option {unknown}" if unknown else None


def test_the_reference_has_the_verbs() -> None:
    assert ("client", "add") in SECTIONS
    assert {"demo", "test", "check", "bench", "serve", "lock"} <= WORDS


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_names_only_commands_and_options_that_exist(path: Path) -> None:
    wrong = {command: fault for command in _named(path) if (fault := _fault(command))}
    assert wrong == {}
