"""Purposes by number, as choices keep them in a bit mask."""

from careweave.terms import Purpose

# Never reorder and never remove: rows of record.choice carry the position.
_PURPOSES = (
    Purpose.DIRECT_CARE,
    Purpose.PATIENT_ADMINISTRATION,
    Purpose.OPERATIONS,
    Purpose.EMERGENCY,
    Purpose.COORDINATION,
    Purpose.SAFEGUARDING,
    Purpose.OWN_REQUEST,
    Purpose.FAMILY_REQUEST,
    Purpose.PLANNING,
    Purpose.PUBLIC_HEALTH,
    Purpose.RESEARCH,
    Purpose.LEGAL,
)

NO_PURPOSE = 63
"""Stands for a purpose that is not given: only what is chosen for all purposes holds."""


def purposes_of_mask(mask: int) -> frozenset[Purpose]:
    """Returns the purposes of a mask."""
    return frozenset(one for place, one in enumerate(_PURPOSES) if mask >> place & 1)


def number_of_purpose(purpose: Purpose | None) -> int:
    """Returns the bit of a purpose."""
    return NO_PURPOSE if purpose is None else _PURPOSES.index(purpose)
