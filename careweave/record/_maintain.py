"""Maintenance, run by jobs of the way in: what contradicts itself, erasure, statistics."""

from dataclasses import dataclass
from datetime import datetime

from careweave.db import Queries, Session
from careweave.formats import read_json, splice
from careweave.record._keyring import keys
from careweave.record._prepare import prepare
from careweave.record._subjects import Known
from careweave.record._types import type_of
from careweave.record._written import EXTRACTOR
from careweave.terms import SubjectId

_QUERIES = Queries("careweave.record")

_MOST_KEYS = 200_000
_LEAST_ROWS = 50

_LAWS = {
    "fault_class": "The access class of an entry is that of its source, heading and labels.",
    "fault_digest": "The digest of an entry is that of its body; a deleted one has no body.",
    "fault_version_digest": "The digest of an old version is that of its body.",
    "fault_versions": "The versions of an entry have no gap.",
    "fault_moments": "A version ends where the next one begins.",
    "fault_token": "Every token row has an entry that carries its key.",
    "fault_rows": "Every search row, further subject and tie has an entry.",
    "fault_subject": "The subject of an entry is known.",
}
_EXTRACTION = "The tokens of an entry are those that its body gives."


@dataclass(frozen=True, slots=True)
class Finding:
    """A law of the store that `n` rows break."""

    law: str
    n: int


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased; `refs` are type and public id of the entries."""

    n_entries: int
    n_versions: int
    refs: tuple[tuple[str, str], ...] = ()


def faults(session: Session, *, after: int = 0, sample: int = 1000) -> tuple[Finding, ...]:
    """Returns the laws of the store that some rows break; nothing when all is well.

    All but one are proved over every row. That search rows are those that the body gives is proved
    for the first `sample` entries of the subjects beyond `after`. Needs a bulk session.
    """
    counts = {law: _count(session, query) for query, law in _LAWS.items()}
    counts[_EXTRACTION] = _n_misread(session, after, sample)
    return tuple(Finding(law, n) for law, n in counts.items() if n)


def statistics(session: Session) -> int:
    """Counts how often the commonest keys occur, for the choice of plans; returns how many keys.

    Needs a bulk session; what was counted before is replaced.
    """
    # A transaction that has written holds back all who read in the order of transactions: the
    # sealer and the feeds. So it counts first.
    n_keys = session.run(_QUERIES["statistics_count"], least=_LEAST_ROWS, most=_MOST_KEYS)
    session.defer(_QUERIES["statistics_clear"])
    return n_keys


def analyse(session: Session) -> None:
    """Tells the planner how much there is now; after an import. Needs a bulk session."""
    session.row(_QUERIES["analyse"])


def erase(
    session: Session, subject: SubjectId, *, ground: str, by_actor: str, at: datetime
) -> Erased:
    """Removes everything that the record holds of a subject and returns how much that was.

    Kept are the numbers of the entries and the legal ground; others who hold copies are told by an
    outbox row of op L. Accounts of disclosures stay with the ledger. Running it again is harmless.
    Others who write wait until the transaction ends, so it should end soon.
    """
    session.defer(_QUERIES["erase_locks"])
    row = session.row(_QUERIES["erase"], subject=subject, ground=ground, by_actor=by_actor, at=at)
    session.forget(Known)
    if row is None:
        return Erased(0, 0)
    n_entries, n_versions, types, ids = row[:4]
    return Erased(n_entries, n_versions, tuple(zip(map(type_of, types), ids, strict=True)))


def _count(session: Session, query: str) -> int:
    row = session.row(_QUERIES[query])
    return row[0] if row else 0


def _n_misread(session: Session, after: int, sample: int) -> int:
    making = keys(session)
    rows = session.rows(_QUERIES["fault_sample"], after=after, xv=EXTRACTOR, most=sample)
    n_wrong = 0
    for id_, version, updated, code, tok, body, cut, meta, posted in rows:
        # As it is shown: the keys of its tags are those that the way in gave it.
        shown = splice(body, tuple(cut), id=id_, version=version, updated=updated, meta=meta)
        ready = prepare(read_json(shown), keys=making, zone=session.zone, public_id=id_)
        kept = (code, set(tok), set(posted))
        n_wrong += kept != (ready.code, set(ready.tok), set(ready.posted))
    return n_wrong
