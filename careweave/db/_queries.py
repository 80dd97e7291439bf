"""Statements by name, read from the `queries.sql` of a room."""

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from careweave.terms import Fault

_NAME = re.compile(r"^-- name: (?P<name>[a-z_0-9]+)$", re.MULTILINE)
_PARAMETER = re.compile(r"%\((?P<name>[a-z_A-Z0-9]+)\)[sbt]|%%")


class Query:
    """One SQL statement that may be sent; only the loader and `whole` make one.

    `text` has parameters as psycopg writes them; `numbered` has them as PostgreSQL does, in the
    order of `names`.
    """

    __slots__ = ("kept", "name", "names", "numbered", "text")

    def __init__(self, name: str, text: str, *, kept: bool) -> None:
        """Takes the text with `%(name)s` parameters; `kept` statements stay prepared for good."""
        order: dict[str, int] = {}

        def number(found: re.Match[str]) -> str:
            if found["name"] is None:
                return "%"
            return f"${order.setdefault(found['name'], len(order) + 1)}"

        self.name = name
        self.text = text
        self.kept = kept
        self.numbered = _PARAMETER.sub(number, text)
        self.names = tuple(order)


class Queries:
    """The statements of one room, read when the first is asked for.

    `Queries("careweave.record")["entries_of"]` is the statement below `-- name: entries_of`.
    """

    def __init__(self, package: str) -> None:
        """Takes the package whose folder holds `queries.sql`."""
        self._package = package
        self._kept: dict[str, Query] = {}

    def __getitem__(self, name: str) -> Query:
        """Returns the statement of that name."""
        found = self._kept.get(name)
        if found is not None:
            return found
        if not self._kept:
            self._kept = _read(self._package)
        if name not in self._kept:
            raise Fault(f"There is no query {name} in {self._package}.")
        return self._kept[name]

    def __iter__(self) -> Iterator[str]:
        """Yields the names in the order of the file."""
        if not self._kept:
            self._kept = _read(self._package)
        return iter(self._kept)


def _read(package: str) -> dict[str, Query]:
    text = files(package).joinpath("queries.sql").read_text("utf-8")
    parts = _NAME.split(text)
    names, bodies = parts[1::2], parts[2::2]
    room = package.rpartition(".")[2]
    if len(set(names)) != len(names):
        raise Fault(f"A query name of {package} is given twice.")
    return {
        name: Query(f"{room}.{name}", body.strip().removesuffix(";"), kept=True)
        for name, body in zip(names, bodies, strict=True)
    }


@lru_cache(maxsize=2000)
def generated(text: str) -> Query:
    """Returns the statement of a generated text; the same text gives the same statement."""
    return Query("generated", text, kept=False)
