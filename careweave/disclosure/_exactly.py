"""Looking for a person as somebody at work: by exact criteria, a few to tell apart, within a budget.

Source: `reference/agreements.md` 6.5.
"""

from collections.abc import Mapping, Sequence

from careweave import identity
from careweave.disclosure._actions import criteria_of
from careweave.disclosure._asking import Asking, Disclosed, Way
from careweave.disclosure._find import find, find_as
from careweave.disclosure._match import Matches, match_likely
from careweave.disclosure._searching import criteria_from, is_at_work
from careweave.terms import Issue, Json, Severity

Pairs = Sequence[tuple[str, str]]

TOO_MANY = Issue(
    Severity.INFORMATION,
    "multiple-matches",
    "More than five people match; add the sex or the postcode.",
)


def found_exactly(way: Way, asking: Asking, pairs: Pairs) -> Disclosed:
    """Returns who a search of Patients by exact criteria finds: one Patient for each person."""
    asked = criteria_of("Patient", pairs)
    if asked is None:
        return Disclosed(())
    found = find(way, asking, asked)
    names = tuple(sorted(pair for pair in pairs if pair[0] not in ("_cursor", "_count")))
    return Disclosed(
        tuple(one.row for one in found.found),
        total=len(found.found),
        honoured=names,
        issues=(TOO_MANY,) if found.is_too_many else (),
    )


def match(
    way: Way, asking: Asking, patient: Mapping[str, Json], *, only_certain: bool, most: int
) -> Matches:
    """Returns the persons that a Patient may be about, as far as the caller may see them.

    To a technical system they are graded by likeness; somebody at work is answered exactly.
    Accounted for first. Raises Incorrect when too little is said of the person, and Forbidden for
    what is not exact. Source: `reference/identity.md` section 16; `reference/agreements.md` 6.5.
    """
    if is_at_work(asking):
        criteria = criteria_from(identity.demographics(patient), 1 if only_certain else most)
        return find_as(way, asking, criteria, "Patient/$match")
    return match_likely(way, asking, patient, only_certain=only_certain, most=most)
