"""What the formats of others have in common: what was understood of a file, and what was not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from careweave.agreements._canonical import emit
from careweave.agreements._fields import AGREEMENT
from careweave.agreements._nodes import Node
from careweave.agreements._notices import Notices
from careweave.agreements._schema import check
from careweave.agreements._yaml import read_yaml
from careweave.terms import CANONICAL, Incorrect, Issue, Json, Severity

PROFILE = f"{CANONICAL}/agreement"
"""The address of the terms that other formats have no word for."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file of another format.

    `document` is in the shape of an agreement's file; what the other format does not tell is not
    in it, or stands there without a value. `unmapped` is what was said and could not be taken
    over, by the field of the other format. `missing` are the places that somebody must fill in:
    as long as there are any it is no agreement, and without signatures none is in force.
    """

    document: Mapping[str, Json]
    unmapped: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def imported(
    document: Mapping[str, Json], unmapped: Mapping[str, tuple[Json, ...]] | None = None
) -> Imported:
    """Returns what was read, with the places that are still to be filled in."""
    left = {name: values for name, values in (unmapped or {}).items() if values}
    return Imported(document, left, _missing(document))


def _missing(document: Mapping[str, Json]) -> tuple[str, ...]:
    notices = Notices()
    read = read_yaml(emit(dict(document)), "", notices)
    if read is not None:
        check(read, AGREEMENT, notices)
    return tuple(dict.fromkeys(one.where or one.message for one in notices.told()))


def base_of(document: Mapping[str, Json]) -> str:
    """Returns the address under which a region publishes: that of the agreement, cut off."""
    uri = Node(dict(document))["uri"].text()
    before, found, _ = uri.partition("/agreements/")
    return before if found else CANONICAL


def clauses_of(document: Mapping[str, Json]) -> tuple[Node, ...]:
    """Returns the clauses of a document."""
    return Node(dict(document))["clauses"].items()


def each(clauses: tuple[Node, ...], *path: str) -> Iterator[str]:
    """Yields the words that stand at a place of the clauses, once each, in order."""
    seen: dict[str, None] = {}
    for clause in clauses:
        node = clause
        for name in path:
            node = node[name]
        words = node.texts() or ((node.text(),) if node.text() else ())
        seen.update(dict.fromkeys(words))
    yield from seen


def refused(message: str, *faults: str) -> Incorrect:
    """Returns the refusal of a file of another format, with an issue for each fault."""
    issues = tuple(Issue(Severity.ERROR, "invalid", fault) for fault in faults)
    return Incorrect(message, issues=issues)
