"""Which id each part keeps when a person is parted. Pure.

Source: reference/identity.md section 11: the old id comes back to the part that had it; else it
stays with the part that holds the verified number, else with the earliest link.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from careweave.identity._scene import Placed, Stay
from careweave.terms import PersonId, SubjectId


@dataclass(frozen=True, slots=True)
class Former:
    """A person that a part came from: the event that took it away, and whom of it that moved."""

    person: PersonId
    seq: int
    movers: frozenset[SubjectId]


def formers(
    part: Collection[SubjectId],
    rest: Collection[SubjectId],
    trails: Mapping[SubjectId, Sequence[Stay]],
) -> list[Former]:
    """Returns the persons that the part came from and the rest did not with it, the last first."""
    moved: dict[tuple[int, PersonId], set[SubjectId]] = defaultdict(set)
    for subject in (*part, *rest):
        stays = trails.get(subject, ())
        for newer, older in pairwise(stays):
            moved[newer.from_seq, older.person].add(subject)
    own = [
        Former(person, seq, frozenset(movers))
        for (seq, person), movers in moved.items()
        if movers.isdisjoint(rest)
    ]
    return sorted(own, key=lambda former: (-former.seq, former.person))


def keeps_id(part: Sequence[Placed], rest: Sequence[Placed]) -> bool:
    """Tells whether the part keeps the id of the person, when neither had one before."""
    has_number = any(one.member.norm.verified for one in part)
    if has_number != any(one.member.norm.verified for one in rest):
        return has_number
    return _earliest(part) < _earliest(rest)


def _earliest(members: Sequence[Placed]) -> tuple[int, SubjectId]:
    return min((one.from_seq, one.subject) for one in members)


def with_retired(
    subjects: Collection[SubjectId], members: Sequence[Placed]
) -> frozenset[SubjectId]:
    """Returns these with all that were merged into them at their source: they go where these go."""
    found = set(subjects)
    grown = -1
    while grown != len(found):
        grown = len(found)
        found |= {one.subject for one in members if one.replaced_by in found}
    return frozenset(found)
