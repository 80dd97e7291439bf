"""Of whom a clause speaks: organisations as slugs, areas as outward postcodes, ages as years."""

import re
from collections.abc import Mapping

from careweave.agreements._nodes import Node
from careweave.agreements._organisations import expanded
from careweave.agreements._values import Organisation
from careweave.terms import Cohort, Tie

_AGE = re.compile(r"(?:>=(?P<low>\d+))?\s*(?:<(?P<high>\d+))?")


def cohort_of(one: Node, organisations: Mapping[str, Organisation]) -> Cohort:
    """Returns the cohort of a clause; what does not expand to anybody is a fault found elsewhere."""
    low, high = ages(one["age"].text())
    return Cohort(
        registered_with=_organisations(one["registered_with"], organisations),
        residents_of=_organisations(one["residents_of"], organisations),
        address_in=outwards(one["address_in"], organisations),
        age_from=low,
        age_below=high,
        tie_kinds=frozenset(Tie(tie) for tie in one["tie_kinds"].texts() if tie in set(Tie)),
    )


def ages(text: str) -> tuple[int | None, int | None]:
    """Returns from which age and below which, None for no bound."""
    found = _AGE.fullmatch(text)
    if found is None:
        return None, None
    low, high = found["low"], found["high"]
    return int(low) if low else None, int(high) if high else None


def _organisations(one: Node, known: Mapping[str, Organisation]) -> frozenset[str]:
    found = (expanded(reference, known) for reference in one.texts())
    return frozenset(slug for slugs in found for slug in slugs or ())


def outwards(one: Node, known: Mapping[str, Organisation]) -> frozenset[str]:
    """Returns the outward postcodes of the areas of organisations."""
    slugs = _organisations(one, known)
    return frozenset(code for slug in slugs for code in known[slug].outwards)
