"""Every acceptance point of the sheet that concerns professionals is a test by its number."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
# Source: reference/interface.md 15; 24S comes with the pathways, the others are the portal's.
POINTS = [
    *(f"{n}a" for n in range(1, 12)),
    *(f"{n}p" for n in range(12, 16)),
    *(f"{n}s" for n in range(16, 24)),
    "25s",
    "29c",
]


def numbered():
    """The numbers in the names of tests of the pages, in a browser or by a client."""
    return {
        number
        for path in TESTS.rglob("test_*.py")
        for number in re.findall(r"^def test_(\d+[apsc])_", path.read_text("utf-8"), re.MULTILINE)
    }


def test_no_acceptance_point_is_without_its_test():
    assert [one for one in POINTS if one not in numbered()] == []


def test_what_waits_for_a_later_issue_is_not_claimed():
    assert "24s" not in numbered()
