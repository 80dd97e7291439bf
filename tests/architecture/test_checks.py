"""Checks that a program of somebody else makes: each is there and can fail."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.check import BIN, CHECKS, ROOT


def ran(name: str, place: Path) -> subprocess.CompletedProcess[str]:
    """What a check says of another place than ours, by our settings."""
    *command, _ = dict(CHECKS)[name]
    settings = ["--configuration", str(ROOT / "pyproject.toml")]
    return subprocess.run(
        [str(BIN / command[0]), *command[1:], *settings, str(place)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('<p><img src="{{ page.body.drawing }}" width="4" height="4"></p>\n', "H013"),
        ("<div>\n{{ page.body.text }}\n", "H025"),
        ('<p class="a" class="b">{{ page.body.text }}</p>\n', "H037"),
    ],
)
def test_the_check_of_templates_can_fail(text: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    said = ran("templates", tmp_path)
    assert said.returncode == 1
    assert code in said.stdout


def test_the_check_of_templates_takes_addresses_as_pages_give_them(tmp_path: Path) -> None:
    text = '<p><a href="/workspace/keys">{{ "Sign-in and sessions" | say }}</a></p>\n'
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    assert ran("templates", tmp_path).returncode == 0


def test_every_check_is_a_program_of_the_lock() -> None:
    assert Path(sys.executable).parent == BIN
    assert [name for name, (program, *_) in CHECKS if not (BIN / program).exists()] == []
