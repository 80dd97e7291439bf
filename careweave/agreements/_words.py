"""What the words of agreements are called in plain English."""

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from careweave.terms import Role


def named(kind: str, code: str) -> str:
    """Returns the plain words of a code; the code itself where nobody has found words for it."""
    return _all().get((kind, code), code)


def role_named(role: Role, settings: Iterable[str] = ()) -> str:
    """Returns what somebody in a role is called; one setting may have a name of its own."""
    given = sorted(settings)
    if len(given) == 1 and ("role", f"{role} {given[0]}") in _all():
        return named("role", f"{role} {given[0]}")
    return named("role", role)


def roles_named(role: Role, setting: str = "") -> str:
    """Returns what several people in a role are called."""
    code = f"{role} {setting}" if ("role", f"{role} {setting}") in _all() else str(role)
    return _all().get(("roles", code), f"{named('role', code)}s")


def listed(words: Iterable[str], last: str = "and") -> str:
    """Returns words as English lists them: "a, b and c"."""
    given = list(words)
    if len(given) < 2:
        return "".join(given)
    return f"{', '.join(given[:-1])} {last} {given[-1]}"


def plural(words: str) -> str:
    """Returns the name of a role as the name of many: "A&E clinicians"."""
    many = {"person": "people", "general practice team": "general practice teams"}
    first, _, rest = words.partition(" or ")
    if rest:
        return f"{plural(first)} and {plural(rest)}"
    if words.startswith("person "):
        return many["person"] + words.removeprefix("person")
    return many.get(words, words[:-1] + "ies" if words.endswith("proxy") else f"{words}s")


def a_or_an(words: str) -> str:
    """Returns words with their article: "an A&E clinician", "a carer"."""
    return f"{'an' if words[0] in 'AaEeIiOo' else 'a'} {words}"


@cache
def _all() -> Mapping[tuple[str, str], str]:
    text = (files("careweave.agreements") / "words.csv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return {(row["kind"], row["code"]): row["words"] for row in csv.DictReader(lines)}
