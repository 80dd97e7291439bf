"""What a page says when it could not be: one plain heading, what it means, what to do now."""

from careweave.doors._frame._page import Place, Trouble
from careweave.terms import (
    Busy,
    CareweaveError,
    Conflict,
    Forbidden,
    Incorrect,
    MethodRefused,
    NotFound,
    OverBudget,
    Unavailable,
    Unsupported,
)

_NOTHING_LOST = "Nothing that was saved is lost."
_ELSEWHERE = "The address may be mistyped, or belong to a session that has ended."
_HIDDEN = "Or it leads to something that you may not see: the answer is the same."
_OURS = (
    "The mistake is ours, and it has been noted.",
    _NOTHING_LOST,
    "Try again. If it goes on, tell your service desk the reference below.",
)
_BUSY = "Wait a little, then try again."
_OWN = frozenset({"missing"})
"""Kinds whose page says nothing of the error itself: absent and not visible read alike."""
_TABLE: tuple[tuple[tuple[type[CareweaveError], ...], str, str, tuple[str, ...]], ...] = (
    ((OverBudget, Busy), "Too many at once", "busy", (_BUSY,)),
    ((NotFound,), "This page is not here", "missing", (_ELSEWHERE, _HIDDEN)),
    ((Forbidden,), "You cannot do this", "refused", ()),
    ((Conflict,), "This was changed in the meantime", "refused", (_NOTHING_LOST,)),
    ((Incorrect, MethodRefused), "This could not be read", "error", (_NOTHING_LOST,)),
    ((Unavailable, Unsupported), "Not possible just now", "busy", (_NOTHING_LOST,)),
)


def trouble_of(error: CareweaveError, reference: str, *, home: str) -> Trouble:
    """Returns the page that an error becomes: its own sentence, and what follows from its kind."""
    heading, kind, told = _words(error)
    return Trouble(
        heading=heading,
        sentences=tuple(dict.fromkeys(told)),
        reference=reference,
        steps=(Place("Go to my day", home),),
        kind=kind,
    )


def _words(error: CareweaveError) -> tuple[str, str, tuple[str, ...]]:
    for kinds, heading, kind, follows in _TABLE:
        if isinstance(error, kinds):
            return heading, kind, (*(() if kind in _OWN else (error.message,)), *follows)
    return "Something went wrong here", "error", _OURS
