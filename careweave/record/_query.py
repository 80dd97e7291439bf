"""Reading a query strictly: every parameter is understood, or the query is refused by name."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from careweave.record._keys import Keys
from careweave.record._nodes import Predicate, Search, Summary
from careweave.record._query_predicates import Pair, predicate
from careweave.record._query_results import CONTROLS, MOST_COUNT, Results
from careweave.record._query_terms import Setting, split
from careweave.record._types import rt_of
from careweave.terms import Incorrect, Issue, Severity

MOST_PARAMETERS = 30
MOST_VALUES = 500

Pairs = Sequence[tuple[str, str]]

_OF_THE_DOOR = frozenset({"_format", "_pretty"})
_OF_ONE_PERSON = frozenset({"_id", "identifier", "patient", "subject"})
_LENIENT = (
    "Lenient handling is for searches that name a patient, an id or an identifier, since leaving "
    "out a condition would answer for other people too."
)


def parse(  # noqa: PLR0913  one call of a door, everything by name
    type_name: str,
    pairs: Pairs,
    *,
    keys: Keys,
    zone: tzinfo,
    now: datetime,
    lenient: bool = False,
    base_url: str = "",
) -> Search:
    """Returns the search that a query over one type asks for.

    Raises Incorrect with one issue for each fault, `where` the parameter as given. `lenient` leaves
    out what is at fault and names it in `ignored`, but only for searches of one person. `base_url`
    is our own address, so that absolute references to us are known as ours.
    Source: FHIR R4 4.0.1, search.html; limits: `reference/security.md` 7.
    """
    rt_of(type_name)
    asked = [(name, value) for name, value in pairs if name not in _OF_THE_DOOR]
    _check_size(asked)
    _check_text(asked)
    setting = Setting(keys, zone, now, base_url)
    results = Results(type_name, keys)
    where: list[Predicate] = []
    honoured: list[tuple[str, str]] = []
    issues: list[Issue] = []
    for name, value in asked:
        try:
            if name in CONTROLS:
                results.take(name, value)
            else:
                where.append(predicate(Pair(type_name, name, value, name, setting)))
        except Incorrect as fault:
            issues += fault.issues
        else:
            honoured.append((name, value))
    if issues:
        _refuse(issues, honoured, lenient=lenient)
    return _search(results, where, honoured, tuple(issue.where or "" for issue in issues))


def _check_size(pairs: Pairs) -> None:
    if len(pairs) > MOST_PARAMETERS:
        message = f"A search has at most {MOST_PARAMETERS} parameters."
        raise Incorrect(message, code="too-costly")
    if sum(len(split(value, ",")) for _, value in pairs) > MOST_VALUES:
        message = f"A search has at most {MOST_VALUES} values in all."
        raise Incorrect(message, code="too-costly")


def _check_text(pairs: Pairs) -> None:
    """Refuses what no resource can hold and no database takes: NUL and half of a character."""
    for name, value in pairs:
        text = name + value
        if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text if not c.isascii()):
            # The name itself might be what is wrong, so it is not repeated.
            raise Incorrect("A parameter holds characters that are no text.", code="value")


def _refuse(issues: list[Issue], honoured: Iterable[tuple[str, str]], *, lenient: bool) -> None:
    if lenient and any(name in _OF_ONE_PERSON for name, _ in honoured):
        return
    if lenient:
        issues = [*issues, Issue(Severity.ERROR, "not-supported", _LENIENT)]
    if len(issues) == 1:
        message, where = issues[0].message, issues[0].where
        raise Incorrect(message, where=where, issues=tuple(issues))
    raise Incorrect(f"The search has {len(issues)} faults.", issues=tuple(issues))


def _search(
    results: Results,
    where: list[Predicate],
    honoured: list[tuple[str, str]],
    ignored: tuple[str, ...],
) -> Search:
    return Search(
        type=results.type,
        where=tuple(where),
        sort=results.sort,
        count=results.count,
        total=results.total,
        summary=Summary.COUNT if results.count == 0 else results.summary,
        elements=results.elements,
        includes=tuple(results.includes),
        cursor=results.cursor,
        honoured=_canonical(honoured),
        ignored=ignored,
    )


def _as_honoured(name: str, value: str) -> tuple[str, str]:
    return (name, str(min(int(value), MOST_COUNT))) if name == "_count" else (name, value)


def _canonical(honoured: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Returns conditions by name, then controls by name; the cursor is no part of the query."""
    kept = [_as_honoured(*pair) for pair in honoured if pair[0] != "_cursor"]
    return tuple(sorted(kept, key=lambda pair: (pair[0] in CONTROLS, *pair)))
