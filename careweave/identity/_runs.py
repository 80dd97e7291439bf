"""How many of a batch are decided together: only as many as come out the same one by one."""

from collections.abc import Collection, Sequence

from careweave.identity._coming import Coming
from careweave.terms import SubjectId


def ahead_of_links(coming: Sequence[Coming]) -> Sequence[Coming]:
    """Returns the first of these as far as what they say lets them be decided together.

    They end before a record that comes again, for then its first version is to be known, and with
    one whose source links it to others: what that changes, the next must see.
    """
    seen: set[SubjectId] = set()
    for place, one in enumerate(coming):
        if one.incoming.subject in seen:
            return coming[:place]
        if one.incoming.demographics.links:
            return coming[: place + 1]
        seen.add(one.incoming.subject)
    return coming


def run_of(first: Sequence[Coming], linked: Collection[SubjectId]) -> Sequence[Coming]:
    """Returns those that are decided together: up to the first that was linked before."""
    ends = (place for place, one in enumerate(first, 1) if one.incoming.subject in linked)
    return first[: next(ends, len(first))]
