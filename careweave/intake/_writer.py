"""The writer that doors hold: single writes by group commit, conditional ones by themselves."""

from collections.abc import Callable, Sequence
from functools import cached_property
from uuid import uuid4

from careweave import record
from careweave.db import Database, Gather
from careweave.formats import Bundle
from careweave.intake import _batch, _transaction
from careweave.intake._accounts import account_for
from careweave.intake._alone import write_alone
from careweave.intake._apply import apply
from careweave.intake._draft import Drafter
from careweave.intake._facts import SourceSettings
from careweave.intake._making import Maker, check_request
from careweave.intake._pulse import Pulse
from careweave.intake._requests import Outcome, Reads, WriteRequest, Writing, Written
from careweave.intake._rules import Rules, load_rules
from careweave.intake._work import Work
from careweave.terms import Actor, CareweaveError

_PLAIN = SourceSettings()
_LARGE = 200


def new_public_id() -> str:
    """Returns a random public id. Source: reference/store.md, principle 9."""
    return str(uuid4())


def plain_settings(_actor: Actor) -> SourceSettings:
    """Returns the settings of a client that its region says nothing about."""
    return _PLAIN


class Writer:
    """Writes for the clients of one process; used by many threads.

    `settings` says what the region knows of a client's feed; `ids` makes public ids.
    """

    def __init__(
        self,
        database: Database,
        *,
        rules: Rules | None = None,
        settings: Callable[[Actor], SourceSettings] = plain_settings,
        ids: Callable[[], str] = new_public_id,
        pulse: Pulse | None = None,
    ) -> None:
        """Takes the database; without rules, the national defaults; without a pulse, no status."""
        self._database = database
        self._rules = rules
        self._settings = settings
        self._ids = ids
        self._pulse = pulse
        self._gather: Gather[Work, Written] = Gather(self._write_together)

    @cached_property
    def maker(self) -> Maker:
        """Returns what makes works of requests, with the keys of this installation."""
        rules = self._rules or load_rules()
        with self._database.reading() as session:
            drafter = Drafter(rules, record.keys(session), session.zone)
        return Maker(drafter, self._settings, self._ids)

    def write(self, request: WriteRequest, writing: Writing) -> Written:
        """Returns what became of one write, durable; raises when it is refused."""
        check_request(request)
        if request.condition is None and request.idempotency_key is None:
            written = self._gather.submit(self.maker.work(request, writing))
        else:
            with self._database.session() as session:
                written = write_alone(session, request, writing, self.maker)
        self._beat(writing)
        return written

    def transact(self, bundle: Bundle, writing: Writing, *, reads: Reads) -> tuple[Outcome, ...]:
        """Returns what became of each entry of a transaction: all were done, or it raises."""
        with self._database.session(bulk=len(bundle.entries) > _LARGE) as session:
            outcomes = _transaction.transact(session, bundle, writing, self.maker, reads)
        self._beat(writing)
        return outcomes

    def batch(self, bundle: Bundle, writing: Writing, *, reads: Reads) -> tuple[Outcome, ...]:
        """Returns what became of each entry of a batch; none depends on another."""
        outcomes = _batch.batch(self._database, bundle, writing, self.maker, reads)
        self._beat(writing)
        return outcomes

    def _beat(self, writing: Writing) -> None:
        if self._pulse is not None:
            self._pulse.beat(writing.actor, now=writing.at)

    def _write_together(self, works: list[Work]) -> Sequence[Written | CareweaveError]:
        for work in works:
            work.reset()
        with self._database.session() as session:
            apply(session, works, self.maker.drafter)
            account_for(session, works)
        return [work.outcome for work in works]
