"""Imports one piece: checked, classified and appended in one transaction with its manifest row."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from careweave import ledger, record
from careweave.db import Database, Queries, Session
from careweave.intake._accounts import account
from careweave.intake._ages import label_the_young
from careweave.intake._apply import append
from careweave.intake._draft import Drafter
from careweave.intake._facts import SourceSettings
from careweave.intake._import_files import MOST_LINES, Piece
from careweave.intake._import_read import Line, Refusal, read_piece
from careweave.intake._keyed import Namespace
from careweave.intake._kin import related, stored_parents
from careweave.intake._references import check_references
from careweave.intake._requests import Interaction, WriteRequest, Writing
from careweave.intake._spread import spread
from careweave.intake._work import Ref, Work
from careweave.terms import CareweaveError, Conflict, SubjectId

_QUERIES = Queries("careweave.intake")


@dataclass(frozen=True, slots=True)
class Importer:
    """What one process needs to import pieces of one source; `is_alone` when no other does."""

    database: Database
    drafter: Drafter
    names: Namespace
    writing: Writing
    source: SourceSettings
    is_alone: bool

    def at(self, moment: datetime) -> "Importer":
        """Returns the importer for what becomes known at a moment."""
        return replace(self, writing=replace(self.writing, at=moment))


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a piece: how many entries changed or were the same, and what was refused."""

    n_stored: int
    n_same: int
    refused: tuple[Refusal, ...]


class _Part:
    """The works of one piece, by entry, with their lines and what was refused."""

    def __init__(self, importer: Importer, piece: Piece) -> None:
        self.importer = importer
        self.piece = piece
        self.works: dict[Ref, Work] = {}
        self.lines: dict[Ref, int] = {}
        self.refused: list[Refusal] = []

    def refuse(self, line: int, error: CareweaveError) -> None:
        self.refused.append(Refusal(self.piece.file.path.name, line, error.issues))


def import_piece(importer: Importer, piece: Piece) -> Done:
    """Returns what became of a piece; all that it stores is durable.

    A piece with more entries than one transaction takes is done in several, in order; the last one
    says in the manifest that the piece is done.
    """
    part = _Part(importer, piece)
    for found in read_piece(piece, importer.names):
        if isinstance(found, Refusal):
            part.refused.append(found)
        else:
            _prepare(part, found)
    _relate(part)
    works = list(part.works.values())
    n_slices = max(1, -(-len(works) // MOST_LINES))
    for place in range(n_slices):
        _store(part, works[place * MOST_LINES :][:MOST_LINES], is_last=place + 1 == n_slices)
    for ref, work in part.works.items():
        if work.error is not None:
            part.refuse(part.lines[ref], work.error)
    stored = [work.written for work in works if work.written is not None]
    n_stored = sum(written.changed for written in stored)
    return Done(n_stored, len(stored) - n_stored, tuple(part.refused))


def settle_labels(importer: Importer) -> None:
    """Passes on the labels of what was imported to what other processes stored at the same moment.

    What is to be done lies in the database, so that a run after one that was killed does it too.
    """
    while _settle_some(importer):
        pass


def _settle_some(importer: Importer) -> bool:
    source = importer.writing.actor.source
    with importer.database.session(bulk=True) as session:
        rows = session.rows(_QUERIES["unsettled_take"], source=source, most=MOST_LINES)
        kept = record.parents(session, rows, sources=frozenset({source}))
        grown = {ref: labels for ref, (_, labels) in kept.items() if labels}
        spread(session, grown, importer.writing, importer.source, importer.drafter)
    return bool(rows)


def _prepare(part: _Part, line: Line) -> None:
    importer, ref = part.importer, (line.resource.type, line.public_id)
    try:
        if ref in part.works:
            message = "The same resource stands twice here; the first was taken."
            raise Conflict(message, where=line.resource.type, code="duplicate")
        check_references(line.resource)
        draft = importer.drafter.draft(line.resource, line.public_id, importer.source)
    except CareweaveError as error:
        part.refuse(line.line, error)
        return
    request = WriteRequest(Interaction.UPDATE, ref[0], id=ref[1], resource=line.resource)
    part.works[ref] = Work(request, importer.writing, ref[1], draft, importer.source)
    part.lines[ref] = line.line


def _relate(part: _Part) -> None:
    """Lets the entries of the piece, and stored parents, have their say on each other."""
    importer = part.importer
    drafts = {ref: work.draft for ref, work in part.works.items() if work.draft is not None}
    with importer.database.reading() as session:
        sources = frozenset({importer.writing.actor.source})
        stored = stored_parents(session, drafts.values(), sources, drafts, holds=False)
    after = related(drafts, stored, importer.drafter, lambda _: importer.source)
    for ref, work in part.works.items():
        work.redraft(after[ref])


def _store(part: _Part, works: Sequence[Work], *, is_last: bool) -> None:
    """Stores works in one transaction; when that conflicts, each in its own."""
    try:
        with part.importer.database.session(bulk=True) as session:
            _append(session, part.importer, works)
            if is_last:
                _keep(session, part)
    except Conflict:
        _store_singly(part, works)
        if is_last:
            with part.importer.database.session() as session:
                _keep(session, part)


def _store_singly(part: _Part, works: Sequence[Work]) -> None:
    for work in works:
        work.reset()
        try:
            with part.importer.database.session(bulk=True) as session:
                _append(session, part.importer, [work])
        except Conflict as again:
            work.reset()
            work.error = again


def _append(session: Session, importer: Importer, works: Sequence[Work]) -> None:
    """Appends the works with one account, at labels no lower than those that are held."""
    sources = frozenset({importer.writing.actor.source})
    held = record.held(session, [work.ref for work in works], sources=sources, lock=True)
    for work in works:
        work.held = held.get(work.ref)
        if work.held is not None and work.draft is not None:
            work.draft = importer.drafter.keeping(work.draft, work.held.labels)
    label_the_young(session, works, importer.drafter)
    append(session, works, importer.drafter)
    if not importer.is_alone:
        _defer_unsettled(session, importer.writing, works)
    _account(session, importer.writing, works)


def _defer_unsettled(session: Session, writing: Writing, works: Sequence[Work]) -> None:
    """Writes down what changed and carries labels: a child stored meanwhile may have missed them."""
    refs = [
        work.ref
        for work in works
        if work.written is not None
        and work.written.changed
        and work.draft is not None
        and work.draft.classification.labels
    ]
    if refs:
        session.defer(
            _QUERIES["unsettled_add"],
            source=writing.actor.source,
            types=[type_name for type_name, _ in refs],
            ids=[key for _, key in refs],
        )


def _account(session: Session, writing: Writing, works: Sequence[Work]) -> None:
    """Appends one account of all that changed, with the subjects touched."""
    changed = [w.written for w in works if w.written is not None and w.written.changed]
    if not changed:
        return
    types = Counter(written.type for written in changed)
    subjects: set[SubjectId] = {w.subject for w in changed if w.subject is not None}
    what = " ".join(f"{name}:{n}" for name, n in sorted(types.items()))
    ledger.append(session, [account(writing, "import", what, len(changed), sorted(subjects))])


def _keep(session: Session, part: _Part) -> None:
    """Writes into the manifest that the piece is done."""
    works = part.works.values()
    session.run(
        _QUERIES["keep_piece"],
        source=part.importer.writing.actor.source,
        file=part.piece.file.digest,
        start=part.piece.start,
        finish=part.piece.finish,
        n_stored=sum(work.written is not None for work in works),
        n_refused=len(part.refused) + sum(work.error is not None for work in works),
        at=part.importer.writing.at,
    )
