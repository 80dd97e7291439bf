"""Who may bring two groups together in spite of a veto. Pure.

Source: reference/identity.md section 7, column "human may overrule", and section 14 (two people).
"""

from collections.abc import Collection, Sequence

from careweave.identity._by import By
from careweave.identity._conflicts import Judging, Veto, group_conflicts
from careweave.identity._incoming import Means
from careweave.identity._journal import Wall
from careweave.identity._member import Barrier, Pair, pair
from careweave.identity._review_rules import ReviewRules
from careweave.identity._scene import Placed, unknown
from careweave.terms import Conflict, Forbidden

_OF_SOURCE = frozenset({Veto.NUMBER, Veto.BIRTH, Veto.DEATH, Veto.NOT_SAME, Veto.SEALED})
"""What stops a merge that a source tells of its own records."""

_BY_TWO = frozenset({Veto.BIRTH, Veto.TWINS, Veto.GENERATION, Veto.DEATH})


def objections(
    ours: Sequence[Placed], theirs: Sequence[Placed], walls: Collection[Wall], means: Means
) -> frozenset[Veto]:
    """Returns every reason why the two groups must not be one person."""
    barriers: dict[Pair, tuple[Barrier, ...]] = {}
    for wall in walls:
        key = pair(wall.left, wall.right)
        barriers[key] = (*barriers.get(key, ()), Barrier(wall.kind, wall.basis))
    judging = Judging(means.limits, means.model.frequencies.get("given", {}), barriers)
    found = group_conflicts([one.member for one in ours], [one.member for one in theirs], judging)
    return frozenset(found)


def stops_source(found: Collection[Veto]) -> bool:
    """Tells whether a veto stops what a source says of its own records."""
    return not _OF_SOURCE.isdisjoint(found)


def lifted(
    ours: Sequence[Placed],
    theirs: Sequence[Placed],
    walls: Collection[Wall],
    *,
    by: By,
    means: Means,
    rules: ReviewRules,
) -> tuple[Wall, ...]:
    """Returns the barriers that a human lifts by bringing the two groups together.

    Raises when the vetoes are not theirs to overrule: for a sealed identity the same error as for
    nobody, so that it says nothing.
    """
    found = objections(ours, theirs, walls, means)
    if Veto.SEALED in found:
        raise unknown()
    if Veto.NUMBER in found:
        raise Conflict(
            "Their verified national numbers differ: put the number right at a source first."
        )
    if not by.is_human:
        # Nothing is lifted by rule: who decides by rule has asked the vetoes before.
        if stops_source(found):
            raise Conflict("A veto stands between these persons.")
        return ()
    if not by.second and (_BY_TWO & found or _is_for_two(ours, theirs, rules)):
        raise Forbidden("Two people must agree to this: name the second.")
    left, right = {one.subject for one in ours}, {one.subject for one in theirs}
    return tuple(w for w in walls if w.kind == "not_same" and _is_between(w, left, right))


def _is_for_two(ours: Sequence[Placed], theirs: Sequence[Placed], rules: ReviewRules) -> bool:
    are_many = max(len(ours), len(theirs)) > rules.records_for_two
    return are_many or any(one.member.norm.is_restricted for one in (*ours, *theirs))


def _is_between(wall: Wall, left: Collection[int], right: Collection[int]) -> bool:
    return (wall.left in left and wall.right in right) or (
        wall.left in right and wall.right in left
    )
