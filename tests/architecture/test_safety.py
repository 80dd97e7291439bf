"""The safety case names what exists: each control its code, and a test that would fail without it."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "safety").glob("*.md"))
_HAZARD = re.compile(r"^\| (HZ?\d+) \| ", re.MULTILINE)
_CONTROL = re.compile(r"^\| (HZ?\d+): (.+?) \| `(.+?)` \| `(.+?)::(.+?)` \|$", re.MULTILINE)


def test_each_control_names_code_and_a_test_that_exist() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for hazard, control, code, path, name in _CONTROL.findall(text):
            assert (ROOT / code).exists(), f"{hazard} {control}: {code}"
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), f"{hazard}: {name}"


def test_each_hazard_has_a_control_and_each_control_a_hazard() -> None:
    assert PAGES
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        hazards = set(_HAZARD.findall(text))
        assert hazards
        assert {found[0] for found in _CONTROL.findall(text)} == hazards
        assert text.count("\n| H") == len(hazards) + len(_CONTROL.findall(text))
