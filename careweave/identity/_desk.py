"""Where a batch is decided, record by record, and written with as few statements as can be."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from careweave.db import Session
from careweave.identity._acts import join
from careweave.identity._asking import Ask, open_reviews
from careweave.identity._board import Board
from careweave.identity._by import By, Ground, Method
from careweave.identity._coming import Ready
from careweave.identity._conflicts import Judging
from careweave.identity._decide import Doubt
from careweave.identity._doubting import asks_of, subjects_of
from careweave.identity._early import Early
from careweave.identity._incoming import Means
from careweave.identity._journal import Acted, Group, write
from careweave.identity._member import Member
from careweave.identity._outcome import Change, Outcome
from careweave.identity._review_rules import review_rules
from careweave.identity._storing import Stored, defer_stored
from careweave.terms import PersonId, SubjectId

MACHINE = "machine"
"""The actor of what is decided by rule."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """What was decided of one record, before it is written.

    `group` None when nothing changed but the version that is kept.
    """

    ready: Ready
    member: Member
    verdict: str
    method: str
    confidence: str
    group: Group | None = None
    doubts: tuple[Doubt, ...] = ()


@dataclass(slots=True)
class Desk:
    """Keeps what is decided until it is written; `board` is as if it were written already.

    `early` has sent some of it before it was decided.
    """

    session: Session
    means: Means
    board: Board
    early: Early | None = None
    _stored: list[Stored] = field(default_factory=list[Stored])
    _ruled: list[Ruled] = field(default_factory=list[Ruled])
    _acted: dict[SubjectId, list[Acted]] = field(default_factory=dict[SubjectId, list[Acted]])
    _done: list[Ruled] = field(default_factory=list[Ruled])

    @property
    def judging(self) -> Judging:
        """Returns on what conflicts are judged now."""
        shares = self.means.model.frequencies.get("given", {})
        return Judging(self.means.limits, shares, self.board.barriers)

    def group_id(self) -> UUID:
        """Returns an id for what is decided together."""
        return self.means.new_person()

    def take(self, stored: Stored, ruled: Ruled) -> None:
        """Takes what was decided of one record."""
        self._stored.append(stored)
        self._ruled.append(ruled)
        if stored.has_new_keys:
            ready = stored.ready
            added = {one.key for one in ready.keys} - ready.old_keys
            self.board.note_keys(ready.incoming.subject, added)

    def join(self, ready: Ready, persons: Sequence[PersonId]) -> None:
        """Makes persons one whose verified number is one, after all that was decided before."""
        came = ready.incoming
        by = By(MACHINE, came.at, Ground.SAME_NUMBER, came.cause, method=Method.VERIFIED_NUMBER)
        self.write()
        for other in persons:
            own = self.board.whose(came.subject)
            acted = join(self.session, own, other, by=by, means=self.means)
            self.follow(came.subject, acted)

    def follow(self, subject: SubjectId, acted: Acted) -> None:
        """Takes what another act did for the record at hand, and lets the board follow."""
        self._acted.setdefault(subject, []).append(acted)
        for change in acted.changes:
            self.board.move(change.subject, change.person)

    def note(self, acted: Acted) -> None:
        """Takes what another act did of records of the batch, after all is written."""
        ours = {one.ready.incoming.subject for one in self._done}
        own = [change.subject for change in acted.changes if change.subject in ours]
        self._acted.setdefault(min(own, default=min(ours)), []).append(acted)

    def write(self) -> None:
        """Writes what was decided so far."""
        stored = self._stored if self.early is None else self.early.left(self._stored)
        defer_stored(self.session, stored)
        groups = [one.group for one in self._ruled if one.group is not None]
        acted = iter(write(self.session, groups))
        asks: list[Ask] = []
        hazards = self._hazards()
        for one in self._ruled:
            if one.group is None:
                continue
            done = next(acted)
            self._acted.setdefault(one.ready.incoming.subject, []).append(done)
            at = one.ready.incoming.at
            asks += asks_of(one.member, one.doubts, done.event, at, hazards, review_rules())
        open_reviews(self.session, asks)
        self._done += self._ruled
        self._stored, self._ruled = [], []

    def outcomes(self) -> dict[SubjectId, Outcome]:
        """Returns what became of each record that was taken."""
        return {one.ready.incoming.subject: self._outcome(one) for one in self._done}

    def _hazards(self) -> Mapping[SubjectId, int]:
        """Returns how dangerous a wrong answer is; asked only when something is to be asked."""
        subjects = {
            subject for one in self._ruled for subject in subjects_of(one.member, one.doubts)
        }
        return self.means.hazards(self.session, sorted(subjects)) if subjects else {}

    def _outcome(self, one: Ruled) -> Outcome:
        subject = one.ready.incoming.subject
        acted = self._acted.get(subject, [])
        changes = _last(change for done in acted for change in done.changes)
        own = changes.get(subject)
        moved = own.person if own is not None else None
        return Outcome(
            subject=subject,
            person=moved or self.board.whose(subject),
            verdict=one.verdict,
            confidence=one.confidence,
            method=one.method,
            decision=own.decision if own is not None else one.member.decision,
            review=tuple(str(doubt.kind) for doubt in one.doubts),
            changes=tuple(changes.values()),
            events=tuple(done.event for done in acted),
        )


def _last(changes: Iterable[Change]) -> dict[SubjectId, Change]:
    """Returns the last change of each subject."""
    return {one.subject: one for one in changes}
