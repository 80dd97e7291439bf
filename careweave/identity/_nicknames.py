"""Which given names stand for each other: Bill for William, Muhammad for Mohammed."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def nicknames() -> Mapping[str, frozenset[str]]:
    """Returns, for each folded name, the names that it may stand for or that may stand for it.

    A line of the list is a name and its forms: all of a line stand for each other.
    """
    text = (files("careweave.identity") / "nicknames.csv").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for row in csv.DictReader(text.splitlines()):
        forms = {row["name"], *row["variants"].split()}
        for form in forms:
            found.setdefault(form, set()).update(forms - {form})
    return {name: frozenset(others) for name, others in found.items()}


def is_nickname(left: str, right: str) -> bool:
    """True when one name is a known short, familiar or foreign form of the other."""
    return right in nicknames().get(left, ())


@cache
def known_forenames() -> frozenset[str]:
    """Returns folded given names that are borne: of two of them neither is a slip of the other."""
    text = (files("careweave.identity") / "forenames.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())
