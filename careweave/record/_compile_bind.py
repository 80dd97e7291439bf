"""Takes the values out of the nodes of a search and leaves its shape."""

from collections.abc import Sequence

from careweave.record._compile_estimate import KeyCounts, choose, is_narrow, parts_of
from careweave.record._compile_terms import (
    AllTerm,
    Amounts,
    AmountTerm,
    AnyTerm,
    DateTerm,
    HopTerm,
    IdsTerm,
    KeysTerm,
    MissingTerm,
    Moments,
    SubjectsTerm,
    Term,
    TextTerm,
    Use,
)
from careweave.record._nodes import (
    AllOf,
    Amount,
    AnyOf,
    ByIds,
    Chain,
    Has,
    HasAmount,
    HasDate,
    HasKeys,
    HasText,
    Missing,
    Moment,
    OfSubjects,
    Predicate,
    Prefix,
    Span,
)
from careweave.record._types import rt_of
from careweave.terms import Fault

_BEYOND = "\U0010ffff"
_LEAST = "\x01"
_MANY_KEYS = 50


class Binder:
    """Collects bound values while it turns nodes into terms. One search, one binder."""

    __slots__ = ("_counts", "values")

    def __init__(self, counts: KeyCounts) -> None:
        """Takes the counts by which hops choose what drives them."""
        self._counts = counts
        self.values: list[object] = []

    def slot(self, value: object) -> int:
        """Returns the number under which the value is bound."""
        self.values.append(value)
        return len(self.values) - 1

    def named(self) -> dict[str, object]:
        """Returns the values by the names that the statement uses."""
        return {f"p{number}": value for number, value in enumerate(self.values)}

    def term(self, node: Predicate) -> Term:
        """Returns the shape of one condition."""
        made: Term
        match node:
            case ByIds():
                made = IdsTerm(self.slot(node.ids))
            case OfSubjects():
                made = SubjectsTerm(self.slot(node.ids))
            case HasKeys():
                made = self._keys(node)
            case Missing():
                made = MissingTerm(self.slot(node.key), node.missing)
            case HasText():
                made = self._text(node)
            case HasDate():
                made = self._date(node)
            case _:
                made = self._compound(node)
        return made

    def terms(self, nodes: Sequence[Predicate]) -> tuple[Term, ...]:
        """Returns the shapes of several conditions."""
        return tuple(self.term(node) for node in nodes)

    def _keys(self, node: HasKeys) -> KeysTerm:
        many = len(node.keys) > _MANY_KEYS
        return KeysTerm(self.slot(node.keys), _use(node), node.negated, many)

    def _compound(self, node: Predicate) -> Term:
        match node:
            case HasAmount():
                return self._amount(node)
            case AnyOf():
                return AnyTerm(tuple(self._all(parts_of(inner)) for inner in node.nodes))
            case AllOf():
                return self._all(parts_of(node))
            case Chain(by_subject=True):
                return self._hop(node.target, node.inner)
            case Has(by_subject=True):
                return self._hop(node.type, node.inner)
            case _:
                raise Fault("A condition that needs a step of its own reached the compiler.")

    def _all(self, nodes: Sequence[Predicate]) -> Term:
        place = choose(nodes, self._counts)[0]
        return self.term(nodes[0]) if len(nodes) == 1 else AllTerm(self.terms(nodes), place)

    def _hop(self, type_name: str, inner: Predicate) -> HopTerm:
        rt = self.slot(rt_of(type_name))
        nodes = parts_of(inner)
        place = choose(nodes, self._counts)[0]
        driver = None if place is None else self.term(nodes[place])
        rest = self.terms([node for number, node in enumerate(nodes) if number != place])
        return HopTerm(rt, type_name == "Patient", driver, rest)

    def _text(self, node: HasText) -> TextTerm:
        spans = node.spans
        lows = self.slot([span.low for span in spans])
        highs = self.slot([_high(span) for span in spans])
        has_parts = any(span.part is not None for span in spans)
        has_exacts = any(span.exact_key is not None for span in spans)
        return TextTerm(
            self.slot(node.key),
            lows,
            highs,
            self.slot([span.part for span in spans]) if has_parts else None,
            self.slot([span.exact_key for span in spans]) if has_exacts else None,
        )

    def _date(self, node: HasDate) -> DateTerm:
        key = None if node.key is None else self.slot(node.key)
        by_prefix: dict[Prefix, list[Moment]] = {}
        for moment in node.moments:
            by_prefix.setdefault(moment.prefix, []).append(moment)
        groups = tuple(self._moments(prefix, found) for prefix, found in sorted(by_prefix.items()))
        return DateTerm(groups, key, node.updated, is_narrow(node))

    def _moments(self, prefix: Prefix, moments: list[Moment]) -> Moments:
        many = len(moments) > 1
        lows = [moment.low for moment in moments]
        highs = [moment.high for moment in moments]
        at = self.slot(lows if many else lows[0])
        self.slot(highs if many else highs[0])
        return Moments(prefix, many, at)

    def _amount(self, node: HasAmount) -> AmountTerm:
        key = self.slot(node.key)
        shapes: dict[tuple[Prefix, bool], list[Amount]] = {}
        for amount in node.amounts:
            shapes.setdefault((amount.prefix, bool(amount.units)), []).append(amount)
        groups = (self._amounts(*shape, found) for shape, found in sorted(shapes.items()))
        return AmountTerm(key, tuple(groups))

    def _amounts(self, prefix: Prefix, has_unit: bool, amounts: list[Amount]) -> Amounts:  # noqa: FBT001
        each = [(amount, unit) for amount in amounts for unit in amount.units or (0,)]
        at = self.slot([amount.low for amount, _ in each])
        self.slot([amount.high for amount, _ in each])
        self.slot([amount.exact for amount, _ in each])
        self.slot([unit for _, unit in each])
        return Amounts(prefix, has_unit, at)


def _use(node: HasKeys) -> Use:
    if node.main:
        return Use.MAIN
    return Use.POSTED if node.posted else Use.TOK


def _high(span: Span) -> str:
    """Returns the end of a range of text; a span without one is a part, or exactly `low`."""
    if span.high is not None:
        return span.high
    return _BEYOND if span.part is not None else span.low + _LEAST
