"""Forgetting what messages said of entries that were erased by law, and the messages themselves."""

from collections.abc import Collection
from datetime import datetime

from careweave.db import Queries, Session
from careweave.intake._work import Ref

_QUERIES = Queries("careweave.intake")


def forget(session: Session, refs: Collection[Ref], *, now: datetime) -> int:
    """Removes what was said of these entries with the bytes that said it; returns of how many.

    A file goes as a whole where one of its rows is about them: its other rows have bytes of their
    own. What waits or failed in a lane in which only such messages stood is refused, its bytes
    removed. The digests stay, so that what is sent again is known and not taken.
    """
    if not refs:
        return 0
    ordered = sorted(refs)
    rows = session.rows(
        _QUERIES["contributions_forget"],
        types=[ref[0] for ref in ordered],
        ids=[ref[1] for ref in ordered],
    )
    messages = sorted({int(row[0]) for row in rows})
    lanes = sorted({lane for row in rows if len(row[1]) == 1 for lane in row[1]})
    parents = {int(row[2]) for row in rows if row[2] is not None}
    failed = [int(row[0]) for row in session.rows(_QUERIES["lanes_forget"], lanes=lanes, now=now)]
    session.defer(_QUERIES["messages_unheard"], ids=sorted({*messages, *parents, *failed}))
    return len(messages)
