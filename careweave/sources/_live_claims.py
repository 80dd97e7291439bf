"""Who asks: one asking a minute for a source, a person and a heading, whichever process it is.

Source: reference/interop.md 9.1.
"""

from collections.abc import Sequence
from datetime import timedelta

from careweave.db import Queries, Session
from careweave.sources._checks import LiveCheck

_QUERIES = Queries("careweave.sources")
_PAUSE = timedelta(seconds=60)


def claim_live(session: Session, checks: Sequence[LiveCheck]) -> tuple[LiveCheck, ...]:
    """Returns the askings that are this caller's to make; the others were made a moment ago.

    What is claimed counts as not checked until `note_live` says otherwise.
    """
    if not checks:
        return ()
    rows = session.rows(
        _QUERIES["claim_live"],
        sources=[check.source for check in checks],
        subjects=[check.subject for check in checks],
        headings=[str(check.heading) for check in checks],
        asked=[check.asked_at for check in checks],
        pause=_PAUSE,
    )
    mine = set(rows)
    return tuple(
        check for check in checks if (check.source, check.subject, str(check.heading)) in mine
    )
