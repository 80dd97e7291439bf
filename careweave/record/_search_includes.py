"""What comes with a page: rows that its rows refer to, and rows that refer to them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from careweave.record._compile_referring import referring_query
from careweave.record._keyring import keys
from careweave.record._nodes import Include, Place
from careweave.record._read import located
from careweave.record._row import Row, row_of
from careweave.record._search_page import Reading, asked
from careweave.record._search_references import Ref, references_of, value_of
from careweave.record._types import rt_of
from careweave.terms import Issue, Severity

MOST_INCLUDED = 1_000
"""How many rows come with a page at most. Source: `reference/store.md` 4.5."""

_ROUNDS = 3
"""How far `:iterate` goes. Source: `reference/store.md` 4.5."""


@dataclass(frozen=True, slots=True)
class Included:
    """The rows that come with a page, and what to say about those that do not."""

    rows: tuple[Row, ...]
    issues: tuple[Issue, ...] = ()


def included(reading: Reading, includes: Sequence[Include], matches: Sequence[Row]) -> Included:
    """Returns what comes with the matches: each row once, none of the matches again."""
    basket = _Basket(reading, matches)
    fresh: Sequence[Row] = matches
    rounds = [includes, *[[one for one in includes if one.iterate]] * _ROUNDS]
    for wanted in rounds:
        fresh = basket.take(wanted, fresh)
        if not fresh or basket.is_full:
            break
    return Included(tuple(basket.rows), (_full(),) if basket.is_full else ())


class _Basket:
    """Collects rows, each once, until there are too many."""

    __slots__ = ("_held", "_reading", "is_full", "rows")

    def __init__(self, reading: Reading, matches: Iterable[Row]) -> None:
        self._reading = reading
        self._held: set[Ref] = {(row.type, row.id) for row in matches}
        self.rows: list[Row] = []
        self.is_full = False

    def take(self, includes: Sequence[Include], rows: Sequence[Row]) -> list[Row]:
        """Returns the rows that these includes newly bring to `rows`."""
        fresh = self._add(self._forward([one for one in includes if not one.reverse], rows))
        backward = [one for one in includes if one.reverse]
        if backward and rows and not self.is_full:
            fresh += self._add(self._backward(backward, rows))
        return fresh

    def _add(self, rows: Iterable[Row]) -> list[Row]:
        fresh: list[Row] = []
        for row in rows:
            if (row.type, row.id) in self._held:
                continue
            if len(self.rows) == MOST_INCLUDED:
                self.is_full = True
                break
            self._held.add((row.type, row.id))
            self.rows.append(row)
            fresh.append(row)
        return fresh

    def _forward(self, includes: Sequence[Include], rows: Sequence[Row]) -> tuple[Row, ...]:
        """Returns what the rows refer to, by one fetch."""
        by_type: dict[str, list[Include]] = {}
        for include in includes:
            by_type.setdefault(include.source, []).append(include)
        refs = {
            ref: None
            for row in rows
            if row.type in by_type
            for ref in _referred(row, by_type[row.type])
            if ref not in self._held
        }
        return located(self._reading.session, list(refs), sight=self._reading.sight)

    def _backward(self, includes: Sequence[Include], rows: Sequence[Row]) -> Iterable[Row]:
        """Returns what refers to the rows by any of the includes, by one statement."""
        make = keys(self._reading.session)
        found: dict[int, None] = {}
        patients: dict[str, None] = {}
        rts: dict[int, None] = {}
        for include in includes:
            for row in rows:
                if not _may_refer(include, row):
                    continue
                parameter = include.parameter
                if parameter.place is Place.SUBJECT and row.type == "Patient":
                    patients[row.id] = None
                    rts[rt_of(include.source)] = None
                else:
                    parts = (parameter.type, parameter.name, "ref", row.type, row.id)
                    found[make.of(*parts)] = None
        # Rows that are here already may come again: they must not crowd out the others.
        most = MOST_INCLUDED + 1 + len(self._held)
        values = {"keys": [*found], "patients": [*patients], "rts": [*rts], "most": most}
        return map(row_of, asked(self._reading, referring_query(), values))


def _referred(row: Row, includes: Iterable[Include]) -> Iterator[Ref]:
    value = value_of(row)
    for include in includes:
        for ref in references_of(value, include.parameter):
            if include.target in {None, ref[0]}:
                yield ref


def _may_refer(include: Include, row: Row) -> bool:
    targets = (include.target,) if include.target else include.parameter.targets
    return not targets or row.type in targets


def _full() -> Issue:
    return Issue(
        Severity.WARNING,
        "too-costly",
        f"More entries belong to this page than the {MOST_INCLUDED} that are included; ask for"
        " fewer matches a page, or for fewer kinds of inclusion.",
        "_include",
    )
