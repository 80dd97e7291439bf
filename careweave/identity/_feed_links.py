"""What a source says of its own records in `Patient.link`, followed, waited for, and taken back.

Source: reference/identity.md section 11: A40 and its like arrive as `replaced-by` and `replaces`,
A24 as `seealso`; what is said no more (A37) is taken back exactly.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from careweave.db import Queries, Row, Session
from careweave.identity._asking import Ask, open_reviews
from careweave.identity._by import By, Ground, Method
from careweave.identity._evidence import basis
from careweave.identity._feed_acts import Edge, Followed, edge_of, follow, take_back
from careweave.identity._incoming import Incoming, Means
from careweave.identity._journal import Acted
from careweave.identity._review_rules import review_rules
from careweave.identity._scene import members_of, whose
from careweave.terms import SubjectId

_QUERIES = Queries("careweave.identity")

_KINDS = frozenset({"replaced-by", "replaces", "seealso"})


@dataclass(frozen=True, slots=True)
class _Saying:
    """One link of one Patient entry, and what became of it."""

    subject: SubjectId
    kind: str
    other_id: str
    authority: str
    local_id: str
    source: str
    said_at: datetime
    state: str = "waiting"
    group_id: UUID | None = None

    @property
    def key(self) -> tuple[SubjectId, str, str]:
        """Returns who says it, of whom."""
        return self.subject, self.kind, self.other_id

    @property
    def edge(self) -> Edge:
        """Returns the two records, the same whichever of them says it."""
        return edge_of(self.kind, self.authority, self.local_id, self.other_id)


def apply_links(
    session: Session, records: Sequence[Incoming], *, means: Means
) -> tuple[Acted, ...]:
    """Follows what the newest versions say of other records of their authority.

    Returns the acts in order. A link to a record that is not there waits for it; a veto makes the
    link a question for people. Sending the same again changes nothing.
    """
    if not records:
        return ()
    held, said = _held(session, records), _said(records)
    own = {record.subject for record in records}
    gone = [one for one in held if one.subject in own and one.key not in said]
    known = {one.key for one in held}
    stay = [one for one in held if one not in gone]
    fresh = [said[key] for key in sorted(said) if key not in known]
    by = _by(records[0].source, records[0].at, records[0].cause)
    done = _take_back(session, gone, {one.edge for one in (*stay, *fresh)}, by, means)
    fresh = _as_said_before(fresh, stay)
    _put(session, [one for one in fresh if one.state != "waiting"])
    waiting = [one for one in (*stay, *fresh) if one.state == "waiting"]
    return (*done, *_follow(session, waiting, by, means))


def follow_waiting(session: Session, *, at: datetime, most: int, means: Means) -> tuple[Acted, ...]:
    """Follows links whose other record has come by another way; asks people of what waits long."""
    rows = session.rows(_QUERIES["feed_links_waiting"], before=at, most=most)
    waiting = [_Saying(*row) for row in rows]
    acts = _follow(session, waiting, _by("sweep", at, ""), means)
    since = at - timedelta(hours=review_rules().link_wait_hours)
    still = session.rows(_QUERIES["feed_links_waiting"], before=since, most=most)
    _ask_of_unknown(session, [_Saying(*row) for row in still], at, means)
    return acts


def _by(source: str, at: datetime, cause: str) -> By:
    return By(source, at, Ground.SOURCE_MESSAGE, cause, method=Method.SOURCE_MERGE)


def _held(session: Session, records: Sequence[Incoming]) -> list[_Saying]:
    rows = session.rows(
        _QUERIES["feed_links_about"],
        subjects=[record.subject for record in records],
        authorities=[record.authority for record in records],
        local_ids=[record.local_id for record in records],
    )
    return [_saying(row, records[0].at) for row in rows]


def _saying(row: Row, at: datetime) -> _Saying:
    subject, kind, other_id, authority, local_id, source, state, group_id = row
    return _Saying(subject, kind, other_id, authority, local_id, source, at, state, group_id)


def _said(records: Sequence[Incoming]) -> dict[tuple[SubjectId, str, str], _Saying]:
    """Returns the links of the newest version of each record, without those to itself."""
    newest = {record.subject: record for record in records}
    sayings = [
        _Saying(
            record.subject,
            link.kind,
            link.patient,
            record.authority,
            record.local_id,
            record.source,
            record.at,
        )
        for record in newest.values()
        for link in record.demographics.links
        if link.kind in _KINDS and link.patient != record.local_id
    ]
    return {one.key: one for one in sayings}


def _take_back(
    session: Session, gone: Sequence[_Saying], edges: Collection[Edge], by: By, means: Means
) -> list[Acted]:
    """Takes back what was ordered by links that neither of the two records says any more."""
    if not gone:
        return []
    session.run(
        _QUERIES["feed_links_gone"],
        subjects=[one.subject for one in gone],
        kinds=[one.kind for one in gone],
        others=[one.other_id for one in gone],
    )
    groups = {one.edge: one.group_id for one in gone if one.edge not in edges and one.group_id}
    # One after the other: each reads what the one before has left.
    acts = [take_back(session, groups[edge], by=by, means=means) for edge in sorted(groups)]
    return [acted for acted in acts if acted is not None]


def _as_said_before(fresh: Sequence[_Saying], stay: Sequence[_Saying]) -> list[_Saying]:
    """Returns new sayings as what became of them when the other record said the same."""
    before = {one.edge: one for one in stay if one.state != "waiting"}
    return [
        replace(one, state=before[one.edge].state, group_id=before[one.edge].group_id)
        if one.edge in before
        else one
        for one in fresh
    ]


def _follow(
    session: Session, waiting: Sequence[_Saying], by: By, means: Means
) -> tuple[Acted, ...]:
    """Follows each order once, in one order, and keeps what became of all who said it."""
    if not waiting:
        return ()
    edges = sorted({one.edge for one in waiting})
    known = _known(session, edges)
    # One after the other: a chain of merges is followed from what the one before has left.
    done = {edge: follow(session, edge, known, by=by, means=means) for edge in edges}
    _put(session, [_became(one, done[one.edge]) for one in waiting])
    return tuple(one.acted for one in done.values() if one.acted is not None)


def _became(one: _Saying, followed: Followed) -> _Saying:
    return replace(one, state=followed.state, group_id=followed.group_id)


def _known(session: Session, edges: Sequence[Edge]) -> dict[tuple[str, str], SubjectId]:
    places = sorted({(edge.authority, one) for edge in edges for one in (edge.left, edge.right)})
    rows = session.rows(
        _QUERIES["feed_locals"],
        authorities=[authority for authority, _ in places],
        local_ids=[local_id for _, local_id in places],
    )
    return {(authority, local_id): SubjectId(subject) for authority, local_id, subject in rows}


def _put(session: Session, sayings: Sequence[_Saying]) -> None:
    if not sayings:
        return
    session.run(
        _QUERIES["feed_links_put"],
        subjects=[one.subject for one in sayings],
        kinds=[one.kind for one in sayings],
        others=[one.other_id for one in sayings],
        authorities=[one.authority for one in sayings],
        local_ids=[one.local_id for one in sayings],
        sources=[one.source for one in sayings],
        said_at=[one.said_at for one in sayings],
        states=[one.state for one in sayings],
        group_ids=[one.group_id for one in sayings],
    )


def _ask_of_unknown(
    session: Session, waiting: Sequence[_Saying], at: datetime, means: Means
) -> None:
    """Asks people of links to records that have not come."""
    if not waiting:
        return
    subjects = sorted({one.subject for one in waiting})
    placed = {one.subject: one for one in members_of(session, [*whose(session, subjects).values()])}
    hazards = means.hazards(session, subjects)
    asks = [
        Ask(
            subject,
            "source_merge_conflict",
            (),
            hazards.get(subject, 1),
            1.0,
            basis(placed[subject].member.norm),
            placed[subject].from_seq,
            at,
        )
        for subject in subjects
    ]
    open_reviews(session, asks)
