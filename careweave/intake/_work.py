"""One write on its way through a transaction."""

from dataclasses import dataclass
from datetime import datetime

from careweave.intake._draft import Draft
from careweave.intake._facts import SourceSettings
from careweave.intake._requests import WriteRequest, Writing, Written
from careweave.record import Held
from careweave.terms import CareweaveError, Fault, SourceId

Ref = tuple[str, str]


@dataclass(frozen=True, slots=True)
class About:
    """What an arrival says of a write: when it happened and came, and whose the entry is."""

    event_at: datetime
    received_at: datetime
    source: SourceId


class Work:
    """One write: what was asked, what was found, and what became of it."""

    __slots__ = (
        "_made",
        "about",
        "draft",
        "error",
        "held",
        "public_id",
        "request",
        "source",
        "writing",
        "written",
    )

    def __init__(
        self,
        request: WriteRequest,
        writing: Writing,
        public_id: str,
        draft: Draft | None,
        source: SourceSettings,
    ) -> None:
        """Takes the request, who writes, the public id of the entry, and its draft if it has one."""
        self.request = request
        self.writing = writing
        self.public_id = public_id
        self.draft = draft
        self._made = draft
        self.source = source
        self.about: About | None = None
        self.held: Held | None = None
        self.written: Written | None = None
        self.error: CareweaveError | None = None

    @property
    def ref(self) -> Ref:
        """Returns type and id of the entry."""
        return self.request.type, self.public_id

    @property
    def is_open(self) -> bool:
        """Says that neither an answer nor an error is there yet."""
        return self.written is None and self.error is None

    @property
    def done(self) -> Written:
        """Returns the answer."""
        if self.written is None:
            raise Fault("A write was left without an answer.")
        return self.written

    @property
    def outcome(self) -> Written | CareweaveError:
        """Returns the answer or the error."""
        return self.error or self.done

    def redraft(self, draft: Draft) -> None:
        """Takes another draft, also for the case that the transaction is tried again."""
        self.draft = self._made = draft

    def reset(self) -> None:
        """Forgets what a transaction that failed had found."""
        self.draft = self._made
        self.held = None
        self.written = None
        self.error = None
