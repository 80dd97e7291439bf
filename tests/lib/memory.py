"""Evaluates the nodes of a search over prepared rows, in memory: what the SQL must answer."""

from dataclasses import dataclass
from datetime import timedelta

from careweave.record import Prepared


@dataclass(frozen=True)
class Kept:
    """A row as it would lie in the store."""

    id: str
    updated: object
    prepared: Prepared
    items: frozenset = frozenset()

    @property
    def subject(self):
        return self.prepared.patients[0] if self.prepared.primary else None


class Memory:
    """Rows, and the answer to a node on each."""

    def __init__(self, rows, keys):
        self.rows = rows
        self.keys = keys

    def search(self, search):
        return {
            row.id
            for row in self.rows
            if row.prepared.type == search.type and all(self.holds(w, row) for w in search.where)
        }

    def holds(self, node, row):
        return getattr(self, f"_{type(node).__name__.lower()}")(node, row)

    def _byids(self, node, row):
        return row.id in node.ids

    def _ofsubjects(self, node, row):
        return row.subject in node.ids

    def _haskeys(self, node, row):
        assert node.posted or not node.main, "what is in the column is posted too"
        found = bool(set(node.keys) & set(row.prepared.tok))
        if not node.negated and node.posted:
            driven = set(row.prepared.posted)
            if node.main:
                driven.add(row.prepared.code)
            assert found == bool(driven & set(node.keys)), "posted and tok must agree"
        return found != node.negated

    def _hastext(self, node, row):
        return any(
            key == node.key and any(self._span(s, v, row) for s in node.spans)
            for key, v in row.prepared.strings
        )

    def _span(self, span, text, row):
        if span.part is not None:
            return span.part in text
        if span.high is not None:
            return span.low <= text < span.high
        exact = span.exact_key is None or span.exact_key in row.prepared.tok
        return text == span.low and exact

    def _hasdate(self, node, row):
        if node.updated:
            spans = [(row.updated, row.updated + timedelta(microseconds=1))]
        elif node.key is None:
            low = row.prepared.low
            spans = [] if low is None else [(low, row.prepared.high)]
        else:
            spans = [(lo, hi) for key, lo, hi in row.prepared.dates if key == node.key]
        return any(self._moment(m, lo, hi) for m in node.moments for lo, hi in spans)

    def _moment(self, m, lo, hi):
        inside = lo >= m.low and hi <= m.high
        return {
            "eq": inside,
            "ne": not inside,
            "gt": hi > m.high,
            "lt": lo < m.low,
            "ge": hi > m.high or inside,
            "le": lo < m.low or inside,
            "sa": lo >= m.high,
            "eb": hi <= m.low,
            "ap": lo < m.high and hi > m.low,
        }[m.prefix]

    def _hasamount(self, node, row):
        return any(
            key == node.key and (not a.units or unit in a.units) and self._amount(a, lo, hi)
            for key, unit, lo, hi in row.prepared.quantities
            for a in node.amounts
        )

    def _amount(self, a, lo, hi):
        inside = lo >= a.low and hi < a.high
        return {
            "eq": inside,
            "ne": not inside,
            "gt": hi > a.exact,
            "lt": lo < a.exact,
            "ge": hi >= a.exact,
            "le": lo <= a.exact,
            "sa": lo > a.exact,
            "eb": hi < a.exact,
            "ap": lo <= a.high and hi >= a.low,
        }[a.prefix]

    def _missing(self, node, row):
        return (node.key not in row.prepared.tok) == node.missing

    def _leads(self, parameter, row, target, *, by_subject):
        key = self.keys.of(parameter.type, parameter.name, "ref", target.prepared.type, target.id)
        if by_subject:
            assert (row.subject == target.id) == (key in row.prepared.tok), "subject is exact"
            return row.subject == target.id
        return key in row.prepared.tok

    def _chain(self, node, row):
        return any(
            self._leads(node.parameter, row, other, by_subject=node.by_subject)
            and self.holds(node.inner, other)
            for other in self.rows
            if other.prepared.type == node.target
        )

    def _has(self, node, row):
        return any(
            self._leads(node.parameter, other, row, by_subject=node.by_subject)
            and self.holds(node.inner, other)
            for other in self.rows
            if other.prepared.type == node.type
        )

    def _inlist(self, node, row):
        here = (row.prepared.type, row.id)
        return any(
            other.prepared.type == "List"
            and other.id in node.ids
            and any(ref[1:] == here for ref in other.prepared.references if ref[0] == "entry.item")
            for other in self.rows
        )

    def _anyof(self, node, row):
        return any(self.holds(one, row) for one in node.nodes)

    def _allof(self, node, row):
        return all(self.holds(one, row) for one in node.nodes)
