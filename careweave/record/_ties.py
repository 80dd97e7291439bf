"""Ties: the evidence of a relationship that entries give, as rows beside them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from careweave.db import Queries, Session
from careweave.record._dictionaries import dictionaries, fresh
from careweave.record._growth import orgs_of
from careweave.record._prepared import TieProof
from careweave.record._written import Written
from careweave.terms import Fault, SourceId, Tie

_QUERIES = Queries("careweave.record")

# Never reorder and never remove: rows carry the position.
# Source: `reference/store.md` 2.12.
_KINDS = (
    "registration",
    "encounter",
    "referral",
    "caseload",
    "la-episode",
    "enquiry",
    "incident",
    "residence",
    "pharmacy",
)


def number_of_kind(kind: str) -> int:
    """Returns the number of a kind of tie."""
    if kind not in _KINDS:
        raise Fault("A proof names a kind of tie that the store does not know.")
    return _KINDS.index(kind) + 1


def kind_of_number(number: int) -> Tie:
    """Returns the kind of tie of a number."""
    return Tie(_KINDS[number - 1])


def defer_ties(session: Session, written: Sequence[Written], at: datetime) -> None:
    """Sends the ties that these entries prove along with the next statement."""
    proofs = [(one, proof) for one in written for proof in one.ties]
    if not proofs:
        return
    own = _organisations(session, {one.change.source for one, _ in proofs})
    slugs = [proof.organisation or own[one.change.source] for one, proof in proofs]
    orgs = orgs_of(session, set(slugs))
    place = {one.rid: number for number, one in enumerate(written, start=1)}
    session.defer(
        _QUERIES["ties_add"],
        subject=[one.subject for one in written],
        rid=[one.rid for one in written],
        org=[orgs[slug] for slug in slugs],
        kind=[number_of_kind(proof.kind) for _, proof in proofs],
        team=[proof.team for _, proof in proofs],
        since=[_since(one, proof, at) for one, proof in proofs],
        until=[proof.until or datetime.max.replace(tzinfo=at.tzinfo) for _, proof in proofs],
        place=[place[one.rid] for one, _ in proofs],
    )


def _since(one: Written, proof: TieProof, at: datetime) -> datetime:
    return proof.since or one.change.received_at or at


def _organisations(session: Session, sources: Collection[SourceId]) -> Mapping[SourceId, str]:
    known = dictionaries(session).sources
    if not all(source in known for source in sources):
        known = fresh(session).sources
    return {source: known[source].organisation for source in sources}
