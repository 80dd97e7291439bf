"""One order of a source about two of its own records: followed, refused, or waiting.

Source: reference/identity.md section 11.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from careweave.db import Queries, Session
from careweave.identity._by import By
from careweave.identity._hazard import Question, ask_of
from careweave.identity._incoming import Means
from careweave.identity._inverting import invert
from careweave.identity._journal import Acted, Group, write
from careweave.identity._merging import Refused, merge, merge_local, tie
from careweave.identity._scene import members_of, whose
from careweave.terms import Conflict, Json, SubjectId

_QUERIES = Queries("careweave.identity")

_CONFLICT = "source_merge_conflict"

Known = Mapping[tuple[str, str], SubjectId]
"""The subjects of public ids, by authority and id."""


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """Two records of one authority, by public id: `left` merged into `right`, or tied to it."""

    kind: str
    authority: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of an order: `state` is applied, refused or waiting."""

    state: str
    group_id: UUID | None = None
    acted: Acted | None = None


def edge_of(kind: str, authority: str, local_id: str, other_id: str) -> Edge:
    """Returns what a link says, the same whichever of the two records says it."""
    if kind == "replaced-by":
        return Edge("merge", authority, local_id, other_id)
    if kind == "replaces":
        return Edge("merge", authority, other_id, local_id)
    return Edge("tie", authority, *sorted((local_id, other_id)))


def follow(session: Session, edge: Edge, known: Known, *, by: By, means: Means) -> Followed:
    """Does what a source orders, if both records are there and nothing forbids it.

    What is so already counts as done; a refusal is a question for people.
    """
    left, right = known.get((edge.authority, edge.left)), known.get((edge.authority, edge.right))
    if left is None or right is None:
        return Followed("waiting")
    if edge.kind == "tie":
        return _outcome(
            session, left, right, tie(session, left, right, by=by, means=means), by, means
        )
    done = _merged_before(session, left, right)
    if done is not None:
        return Followed("applied", done)
    try:
        acted = merge(session, right, left, by=by, means=means)
    except Conflict:
        # Merged elsewhere before, or in a circle: nobody but a human can tell which holds.
        return _refused(session, left, right, by, means)
    return _outcome(session, left, right, acted, by, means)


def take_back(session: Session, group_id: UUID, *, by: By, means: Means) -> Acted | None:
    """Takes back what an order did; None when nothing of it stands."""
    try:
        return invert(session, group_id, by=by, means=means)
    except Conflict:
        return None


def apply_refused(session: Session, subject: SubjectId, *, by: By, means: Means) -> Acted | None:
    """Does by hand what a source had ordered of a record and a veto had refused."""
    row = session.row(_QUERIES["feed_link_refused"], subject=subject)
    if row is None:
        return None
    kind, left, right = edge_kind(row[0]), SubjectId(row[1]), SubjectId(row[2])
    if kind == "tie":
        done = tie(session, left, right, by=by, means=means)
        return done if isinstance(done, Acted) else None
    survivor, retired = (right, left) if row[0] == "replaced-by" else (left, right)
    return merge_local(session, survivor, retired, by=by, means=means)


def edge_kind(kind: str) -> str:
    """Returns whether a kind of link merges two records or ties them."""
    return "tie" if kind == "seealso" else "merge"


def _merged_before(session: Session, retired: SubjectId, survivor: SubjectId) -> UUID | None:
    rows = session.rows(_QUERIES["group_states"], subjects=[retired])
    if [(row[1], row[2]) for row in rows] != [("retired", survivor)]:
        return None
    row = session.row(_QUERIES["merge_group"], subject=retired)
    return None if row is None else UUID(str(row[0]))


def _outcome(
    session: Session,
    left: SubjectId,
    right: SubjectId,
    done: Acted | Refused | None,
    by: By,
    means: Means,
) -> Followed:
    match done:
        case Acted():
            return Followed("applied", done.event.group, done)
        case Refused(is_silent=True):
            return Followed("refused")
        case Refused():
            return _refused(session, left, right, by, means)
        case None:
            return Followed("applied")


def _refused(session: Session, left: SubjectId, right: SubjectId, by: By, means: Means) -> Followed:
    """Notes that an order was not followed, and asks people."""
    told: dict[str, Json] = {"subjects": [left, right]}
    group = Group("refuse", by.names, by.cause, means.new_person(), by.at, remarks=told)
    acted = write(session, (group,))[0]
    placed = {
        one.subject: one for one in members_of(session, [*whose(session, (left, right)).values()])
    }
    ours, theirs = [placed[left]], [placed[right]]
    asked = Question(_CONFLICT, ours, theirs, acted.event.seq, by.at, is_conflict=True)
    ask_of(session, asked, means)
    return Followed("refused", None, acted)
