"""Forgetting what messages said of entries that were erased by law, and the messages themselves."""

from collections.abc import Collection, Iterable
from datetime import datetime

from careweave.db import Queries, Row, Session
from careweave.intake._receive_keys import lane_key
from careweave.intake._work import Ref

_QUERIES = Queries("careweave.intake")


def forget(session: Session, refs: Collection[Ref], *, now: datetime) -> int:
    """Removes what was said of these entries with the bytes that said it; returns of how many.

    With them go the bytes of messages that name nobody else, also where they failed or gave
    nothing; those that wait or failed in their lanes are refused. Where rows of files spoke of the
    entries, the files of their source go as wholes, those that wait for somebody too: an extract
    says of each day what it said before, and its other rows have bytes of their own. The digests
    stay, so that what is sent again is known and not taken.
    """
    if not refs:
        return 0
    ordered = sorted(refs)
    said = session.rows(
        _QUERIES["contributions_forget"],
        types=[ref[0] for ref in ordered],
        ids=[ref[1] for ref in ordered],
    )
    messages = sorted({int(row[0]) for row in said})
    lanes = _lanes(said, session.secret)
    alike = session.rows(_QUERIES["messages_alike"], ids=messages, lanes=lanes)
    failed = session.rows(
        _QUERIES["lanes_forget"],
        lanes=_lanes([*said, *alike], session.secret),
        ids=sorted(int(row[0]) for row in alike),
        now=now,
    )
    rows = [*said, *alike, *failed]
    session.defer(
        _QUERIES["messages_unheard"],
        ids=sorted({int(row[0]) for row in rows} | {int(row[2]) for row in rows if row[2]}),
        sources=sorted({str(row[3]) for row in rows if row[2]}),
    )
    return len(messages)


def _lanes(rows: Iterable[Row], secret: bytes) -> list[int]:
    """Returns the lanes of which these messages have one, but for those of nobody in particular."""
    alone = [(int(row[1][0]), str(row[3])) for row in rows if len(row[1]) == 1]
    shared = {lane_key(secret, f"{source}:*unknown*") for _, source in alone}
    return sorted({lane for lane, _ in alone} - shared)
