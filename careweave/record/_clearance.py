"""What the check for third parties and serious harm has released, and who has a tie with whom."""

from collections.abc import Collection, Sequence
from datetime import datetime

from careweave.db import Queries, Session
from careweave.record._types import rt_of
from careweave.terms import Sight, SourceId, SubjectId

_QUERIES = Queries("careweave.record")


def clear(
    session: Session,
    entries: Sequence[tuple[str, str, int]],
    *,
    sources: Collection[SourceId],
    at: datetime,
    actor: str,
) -> int:
    """Releases versions of entries (type, id, version) and returns how many it found.

    Only what is still that version and came from one of the sources is released; a later version
    has to be released anew. Source: `reference/agreements.md` 1.4, level T.
    """
    if not entries:
        return 0
    return session.run(
        _QUERIES["clear"],
        rts=[rt_of(type_name) for type_name, _, _ in entries],
        ids=[id_ for _, id_, _ in entries],
        vers=[version for _, _, version in entries],
        sources=sorted(sources),
        at=at,
        by_actor=actor,
    )


def tied(session: Session, sight: Sight, subjects: Collection[SubjectId]) -> frozenset[SubjectId]:
    """Returns those of these subjects with whose person the asker's organisation has a tie now.

    A tie of any kind counts, of any subject of the same person; one that has ended does not.
    """
    if not subjects or sight.at is None:
        return frozenset()
    names = sorted(sight.known_as)
    rows = session.rows(_QUERIES["tied"], subjects=sorted(subjects), names=names, at=sight.at)
    return frozenset(SubjectId(row[0]) for row in rows)
