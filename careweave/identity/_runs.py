"""How many of a batch are decided together: only as many as come out the same one by one."""

from collections.abc import Sequence

from careweave.db import Session
from careweave.identity._coming import Coming
from careweave.identity._feed_links import linked
from careweave.terms import SubjectId


def run_of(session: Session, coming: Sequence[Coming]) -> Sequence[Coming]:
    """Returns the first of these that are decided together.

    A run ends before a record that comes again, for then its first version is to be known, and
    with one whose source links it to others, or did: what that changes, the next must see.
    """
    first = _until_links(coming)
    if len(first) <= 1:
        return first
    bound = linked(session, [one.incoming for one in first])
    ends = (place for place, one in enumerate(first, 1) if one.incoming.subject in bound)
    return first[: next(ends, len(first))]


def _until_links(coming: Sequence[Coming]) -> Sequence[Coming]:
    seen: set[SubjectId] = set()
    for place, one in enumerate(coming):
        if one.incoming.subject in seen:
            return coming[:place]
        if one.incoming.demographics.links:
            return coming[: place + 1]
        seen.add(one.incoming.subject)
    return coming
