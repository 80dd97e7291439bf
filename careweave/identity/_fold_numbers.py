"""Identifiers of a record: national numbers, checked, and all others."""

from collections.abc import Iterable
from dataclasses import dataclass

from careweave.identity._demographics import WrittenNumber
from careweave.identity._fold import fold
from careweave.identity._numbers import agrees_with_chi, check_number
from careweave.identity._rules import Rules

# Source: NHS Data Dictionary, NHS NUMBER STATUS INDICATOR CODE; `traced` is by this platform.
_VERIFIED = frozenset({"01", "number-present-and-verified", "traced"})
_SHORTEST = 3

_Birth = tuple[int, int, int] | None


@dataclass(frozen=True, slots=True)
class FoldedNumbers:
    """The numbers of a record as `Norm` has them, and the remarks on them."""

    nhs: str
    chi: str
    hc: str
    verified: frozenset[str]
    past: tuple[str, ...]
    others: tuple[tuple[str, str], ...]
    flags: frozenset[str]


def fold_numbers(
    written: Iterable[WrittenNumber], known: Rules, *, birth: _Birth, sex: str
) -> FoldedNumbers:
    """Returns the numbers of a record: the first current one of each kind, verified ones first."""
    current: dict[str, str] = {}
    verified: set[str] = set()
    past: dict[str, None] = {}
    others: dict[tuple[str, str], None] = {}
    flags: set[str] = set()
    for one in sorted(written, key=_rank):
        kind = known.number_systems.get(one.system)
        if kind is None:
            others |= _other(one)
            continue
        checked = check_number(
            kind, one.value, known.number_ranges, accepts_test=known.accepts_test
        )
        flags |= checked.faults
        if not checked.digits:
            continue
        if one.is_past or current.get(kind, checked.digits) != checked.digits:
            past[checked.digits] = None
            continue
        current[kind] = checked.digits
        if kind == "chi" and not agrees_with_chi(checked.digits, birth, sex):
            flags.add("chi_mismatch")
        elif one.status in _VERIFIED:
            verified.add(kind)
    for digits in current.values():
        past.pop(digits, None)
    return FoldedNumbers(
        current.get("nhs", ""),
        current.get("chi", ""),
        current.get("hc", ""),
        frozenset(verified),
        tuple(past),
        tuple(others),
        frozenset(flags),
    )


def _rank(one: WrittenNumber) -> tuple[bool, bool]:
    return one.is_past, one.status not in _VERIFIED


def _other(one: WrittenNumber) -> dict[tuple[str, str], None]:
    """Returns an identifier of some system, if it's one: a row of zeros is none."""
    value = fold(one.value).replace(" ", "")
    if one.is_past or not one.system or len(value) < _SHORTEST or len(set(value)) == 1:
        return {}
    return {(one.system, value): None}
