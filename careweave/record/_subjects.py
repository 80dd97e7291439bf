"""The compartments: one per patient or client record of one id authority."""

from collections.abc import Collection, Sequence

from careweave.db import Queries, Session
from careweave.terms import SubjectId

_QUERIES = Queries("careweave.record")
_MOST = 200_000


class Known(dict[tuple[str, str], SubjectId]):
    """The committed subjects that this process remembers; they never change, but may be erased."""


def subjects(session: Session, authority: str, local_ids: Collection[str]) -> dict[str, SubjectId]:
    """Returns the subject of each local id of one authority; missing ones are made.

    The local id '' is the shelf of the authority: entries that concern no patient.
    """
    known = session.memo(Known, lambda _: Known())
    found = {
        local_id: known[authority, local_id]
        for local_id in local_ids
        if (authority, local_id) in known
    }
    missing = sorted(set(local_ids) - found.keys())
    if missing:
        found |= _stored(session, known, authority, missing)
    return {local_id: found[local_id] for local_id in local_ids}


def subjects_of(session: Session, patient_ids: Sequence[str]) -> tuple[SubjectId, ...]:
    """Returns the subjects that any authority has under these public Patient ids."""
    rows = session.rows(_QUERIES["subjects_of"], local_ids=list(patient_ids))
    return tuple(SubjectId(row[0]) for row in rows)


def _stored(
    session: Session, known: Known, authority: str, local_ids: list[str]
) -> dict[str, SubjectId]:
    found = _look_up(session, known, authority, local_ids)
    missing = [local_id for local_id in local_ids if local_id not in found]
    if not missing:
        return found
    rows = session.rows(_QUERIES["subjects_mint"], authority=authority, local_ids=missing)
    found |= {local_id: SubjectId(made) for local_id, made in rows}
    # Another transaction may have made some at the same moment; by now it has committed.
    left = [local_id for local_id in missing if local_id not in found]
    return found | _look_up(session, known, authority, left) if left else found


def _look_up(
    session: Session, known: Known, authority: str, local_ids: list[str]
) -> dict[str, SubjectId]:
    if len(known) > _MOST:
        session.forget(Known)
    found: dict[str, SubjectId] = {}
    query = _QUERIES["subjects_of_authority"]
    rows = session.rows(query, authority=authority, local_ids=local_ids)
    for local_id, subject, settled in rows:
        found[local_id] = SubjectId(subject)
        # What this transaction has made may yet be rolled back.
        if settled:
            known[authority, local_id] = SubjectId(subject)
    return found
