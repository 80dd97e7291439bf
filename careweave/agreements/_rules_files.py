"""The rules that hold everywhere: those of the package, over which files of a region win."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files

from careweave.agreements._notices import Notices, refuse
from careweave.agreements._rules_roles import read_roles, read_ties
from careweave.agreements._rules_small import read_small
from careweave.agreements._rules_tables import read_exceptions, read_labels, read_matrix
from careweave.agreements._values import Rules
from careweave.terms import Json

FOLDER = "roles/"
"""Where a region puts a table that shall hold instead of the package's table of the same name."""

_NAMES = (
    *("matrix.csv", "labels.csv", "label-exceptions.csv", "roles.csv", "ties.csv"),
    "rules.yaml",
)


@cache
def default_rules() -> Rules:
    """Returns the rules that come with the package: the role matrix, labels, ties, limits."""
    notices = Notices()
    rules = rules_of({}, {}, notices)
    refuse(notices.told())
    return rules


def rules_of(
    given: Mapping[str, bytes],
    jurisdictions: Mapping[str, Mapping[str, Json]],
    notices: Notices,
) -> Rules:
    """Returns the rules of a region; `given` are its files by path, below the region.

    A file `roles/NAME` holds whole instead of the package's of that name; what it leaves out is
    nothing.
    """
    held = {name: _one(name, given) for name in _NAMES}
    matrix = read_matrix(*held["matrix.csv"], notices)
    labels = read_labels(*held["labels.csv"], notices)
    rules = replace(labels, matrix=matrix, jurisdictions=jurisdictions)
    rules = read_exceptions(*held["label-exceptions.csv"], notices, rules)
    rules = read_roles(*held["roles.csv"], notices, rules)
    rules = read_ties(*held["ties.csv"], notices, rules)
    return read_small(*held["rules.yaml"], notices, rules)


def _one(name: str, given: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Returns the name of a file as a reader of faults knows it, and its bytes."""
    path = f"{FOLDER}{name}"
    if path in given:
        return path, given[path]
    return f"careweave/{name}", _package(name)


@cache
def _package(name: str) -> bytes:
    return (files("careweave.agreements") / "defaults" / name).read_bytes()


def unknown_files(given: Mapping[str, bytes]) -> Iterator[str]:
    """Yields the paths below `roles/` that are no table of rules."""
    for path in given:
        if path.startswith(FOLDER) and path.removeprefix(FOLDER) not in _NAMES:
            yield path
