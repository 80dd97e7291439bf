"""Whether one local id now carries somebody else's data: an overlay at the source. Pure.

Source: reference/identity.md section 6, step 2, and section 11, overlay detection.
"""

from careweave.identity._conflicts import Judging, have_two_numbers
from careweave.identity._forenames import Closeness, closeness
from careweave.identity._likeness import are_births_near, is_full
from careweave.identity._model import Model
from careweave.identity._norm import Norm
from careweave.identity._score import score
from careweave.identity._weigh import Check, cross_check

_OTHER = frozenset({Closeness.APART, Closeness.RIVAL})


def is_overlay(fresh: Norm, before: Norm, model: Model, judging: Judging, source: str) -> bool:
    """Says that a version is of somebody else than the versions before it.

    So it is when the verified number changed; when the two agree less than strangers of no common
    field would; or when two of forename, birth date and sex changed at once. A baby that gets its
    name and a family name changed by marriage are none of these.
    """
    if have_two_numbers(fresh, before):
        return True
    if cross_check(fresh, before) is Check.AGREES:
        return False
    found = score(fresh, before, model, source=source)
    if found.weight - model.prior < judging.limits.overlay_evidence:
        return True
    return n_changed(fresh, before, judging) >= 2


def n_changed(fresh: Norm, before: Norm, judging: Judging) -> int:
    """Returns how many of forename, birth date and sex are now another's; a slip is no change."""
    close = closeness(fresh, before, judging.shares, judging.limits)
    is_dated = is_full(fresh) and is_full(before)
    return sum(
        (
            close in _OTHER,
            is_dated and not are_births_near(fresh, before),
            bool(fresh.sex and before.sex and fresh.sex != before.sex),
        )
    )
