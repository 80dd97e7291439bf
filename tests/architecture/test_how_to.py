"""What the how-to pages tell people to type is understood."""

import re
import shlex
from pathlib import Path

import pytest

from careweave.doors.cli._main import parser

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "decide-whose-record.md"
TYPED = re.findall(r"\./run careweave (identity [^\n`]+)", PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", TYPED)
def test_each_command_of_the_officer_is_one(line: str) -> None:
    assert parser().parse_args(shlex.split(line)).run


def test_the_page_tells_of_all_that_an_officer_does() -> None:
    words = {line.split()[1] for line in TYPED}
    acts = {"claim", "decide", "undo", "link", "join", "unlink", "take-back", "keep-apart", "seal"}
    assert words >= {*acts, "review", "explain", "history", "recall", "placeholders", "evaluate"}


OFFICER = ROOT / "docs" / "how-to" / "privacy-officer.md"
ID = "0195a000-0000-7000-8000-000000000000"
ASKED = [
    line.replace("\\\n", " ").replace("$ID", ID).replace("$PERSON", ID)
    for line in re.findall(
        r"\./run careweave ((?:\\\n|[^\n`])+)", OFFICER.read_text(encoding="utf-8")
    )
]


@pytest.mark.parametrize("line", ASKED)
def test_each_command_of_the_privacy_officer_is_one(line: str) -> None:
    assert parser().parse_args(shlex.split(line)).run


def test_the_page_tells_of_all_that_a_privacy_officer_does() -> None:
    words = {tuple(line.split()[:2]) for line in ASKED}
    episodes = {
        ("episodes", one) for one in ("list", "show", "claim", "review", "release", "ratio")
    }
    audit = {("audit", one) for one in ("looked", "read", "export", "verify")}
    assert words >= {*episodes, *audit, *(("mandate", one) for one in ("add", "list", "end"))}
