"""What a model must hold to be used."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from math import isclose, log2

from careweave.identity._ceilings import ceiling, commonest
from careweave.identity._fields import AnyComparator, comparator
from careweave.identity._reading import fault
from careweave.identity._spec import Comparison, Draft, Frequencies, Level, Thresholds
from careweave.terms import Issue, NotFound

_SUM = 1e-6
"""How far the shares of a comparison may be from 1. Source: reference/identity.md section 19."""

_JOINT = frozenset({"family", "given"})


def faults_of(draft: Draft) -> tuple[Issue, ...]:
    """Returns everything that is wrong with a draft, each with its place; empty where nothing is.

    Source: reference/identity.md section 19.1.
    """
    found = chain(
        _faults_of_frame(draft),
        _faults_of_thresholds(draft.thresholds),
        *(
            _faults_of_comparison(one, f"comparisons[{number}]", draft.frequencies)
            for number, one in enumerate(draft.comparisons)
        ),
        _faults_of_sources(draft),
        _faults_of_frequencies(draft.frequencies),
    )
    return tuple(found)


def _faults_of_frame(draft: Draft) -> Iterator[Issue]:
    if not draft.name:
        yield fault("name", "A model has a name.")
    if not 0 < draft.probability < 1:
        yield fault("prior", "The prior is a probability above 0 and below 1.")
    if not 0 <= draft.kin_share < 1:
        yield fault("kin_share", "The share of relatives is at least 0 and below 1.")
    fields = Counter(one.field for one in draft.comparisons)
    if not fields:
        yield fault("comparisons", "A model compares at least one field.")
    if any(times > 1 for times in fields.values()):
        yield fault("comparisons", "Each field is compared once.")
    if "names" in fields and _JOINT & set(fields):
        yield fault("comparisons", "Names are compared together or by part, not both.")


def _faults_of_thresholds(set_: Thresholds) -> Iterator[Issue]:
    if not set_.auto >= set_.review >= set_.show:
        yield fault("thresholds", "The thresholds fall from auto over review to show.")
    if set_.lead < 0:
        yield fault("thresholds.lead", "The lead is not below 0.")


def _faults_of_comparison(one: Comparison, where: str, frequencies: Frequencies) -> Iterator[Issue]:
    try:
        how = comparator(one.field)
    except NotFound:
        yield fault(f"{where}.field", "This field is not one that can be compared.")
        return
    if len(one.levels) < 2:
        yield fault(f"{where}.levels", "A comparison has at least two levels.")
        return
    if one.null and one.null not in how.tests:
        yield fault(f"{where}.null", "This test is not one of the field.")
    for number, level in enumerate(one.levels):
        yield from _faults_of_level(level, how, f"{where}.levels[{number}]")
    yield from _faults_of_order(one, where)
    yield from _faults_of_shares(one, where)
    yield from _faults_of_rarity(one, how, where, frequencies)


def _faults_of_level(level: Level, how: AnyComparator, where: str) -> Iterator[Issue]:
    if level.test != "else" and level.test not in how.tests:
        yield fault(f"{where}.test", "This test is not one of the field.")
    if level.tf and level.tf not in how.terms:
        yield fault(f"{where}.tf", "The field has no such terms.")
    if not 0 < level.m <= 1:
        yield fault(f"{where}.m", "A share m is above 0 and not above 1.")
    if not 0 < level.u <= 1:
        yield fault(f"{where}.u", "A share u is above 0 and not above 1.")
    if level.tf_base is not None and not 0 < level.tf_base <= 1:
        yield fault(f"{where}.tf_base", "The base of a frequency is above 0 and not above 1.")


def _faults_of_order(one: Comparison, where: str) -> Iterator[Issue]:
    tests = [level.test for level in one.levels]
    if tests[-1] != "else" or "else" in tests[:-1]:
        yield fault(f"{where}.levels", "The last level, and only it, takes all else.")
    if len({level.name for level in one.levels}) < len(one.levels):
        yield fault(f"{where}.levels", "Two levels have the same name.")


def _faults_of_shares(one: Comparison, where: str) -> Iterator[Issue]:
    for message, total in (
        ("The shares m add up to 1.", sum(level.m for level in one.levels)),
        ("The shares u add up to 1.", sum(level.u for level in one.levels)),
    ):
        if not isclose(total, 1, abs_tol=_SUM, rel_tol=0):
            yield fault(f"{where}.levels", message)
    yield from _faults_of_kin(one, where)
    if any(level.m <= 0 or level.u <= 0 for level in one.levels):
        return
    # Exchanged names stand for both names at once where they are compared by part.
    best, *others = (log2(level.m / level.u) for level in one.levels if level.test != "exchanged")
    if best <= max(others, default=best - 1):
        yield fault(f"{where}.levels[0]", "The first level weighs more than every other.")


def _faults_of_kin(one: Comparison, where: str) -> Iterator[Issue]:
    """Relatives agree exactly no more often than one person does with itself."""
    if all(level.kin is None for level in one.levels):
        return
    shares = [level.u if level.kin is None else level.kin for level in one.levels]
    if not all(0 < share <= 1 for share in shares):
        yield fault(f"{where}.levels", "A share kin is above 0 and not above 1.")
    elif not isclose(sum(shares), 1, abs_tol=_SUM, rel_tol=0):
        yield fault(f"{where}.levels", "The shares kin add up to 1.")
    elif shares[0] > max(one.levels[0].m, one.levels[0].u):
        yield fault(f"{where}.levels[0].kin", "The share kin of the first level is not above m.")


def _faults_of_rarity(
    one: Comparison, how: AnyComparator, where: str, frequencies: Frequencies
) -> Iterator[Issue]:
    """An exact agreement must not lower the weight, however common the term is."""
    level = one.levels[0]
    if level.tf not in how.terms or level.m <= 0 or level.u <= 0:
        return
    if level.tf_weight > 0 and commonest(one, frequencies) >= ceiling(one):
        yield fault(f"{where}.levels[0].m", "The share m is above that of the most common term.")


def _faults_of_sources(draft: Draft) -> Iterator[Issue]:
    levels = {one.field: len(one.levels) for one in draft.comparisons}
    for source, fields in draft.sources.items():
        for name, shares in fields.items():
            where = f"sources.{source}.{name}"
            if levels.get(name) != len(shares):
                yield fault(where, "There is one share for each level of a field of the model.")
            elif not all(0 < share <= 1 for share in shares):
                yield fault(where, "A share m is above 0 and not above 1.")
            elif not isclose(sum(shares), 1, abs_tol=_SUM, rel_tol=0):
                yield fault(where, "The shares m add up to 1.")


def _faults_of_frequencies(frequencies: Frequencies) -> Iterator[Issue]:
    for name, shares in frequencies.items():
        if not all(0 < share <= 1 for share in shares.values()):
            yield fault(f"frequencies.{name}", "A share is above 0 and not above 1.")
