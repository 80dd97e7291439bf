"""A connection that is cut at any statement costs a worker time, and no message an attempt."""

import itertools
from contextlib import suppress

import pytest

from careweave.db import Database
from careweave.db._link import Link
from careweave.intake import Worker
from careweave.terms import Busy, Unavailable
from tests.lib.arrivals import encounter, message, patient
from tests.lib.inbox import NOW, Inbox


def test_a_wire_that_is_cut_at_any_statement_costs_no_attempt(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(database)
    ask = Link.ask
    for cut_at in range(1, 30):
        kept = inbox.take(
            message(patient(), encounter(status="planned"), control=str(cut_at), event=cut_at)
        )
        asked = itertools.count(1)

        def cut(self, items, asked=asked, cut_at=cut_at):
            if next(asked) == cut_at:
                self.pg.finish()
            return ask(self, items)

        # Another process each time: what one remembers, it learns while its wire is cut.
        fresh = Database(database.url)
        worker = Worker(fresh, lambda: inbox.sources, lambda: NOW)
        monkeypatch.setattr(Link, "ask", cut)
        for _ in range(3):
            with suppress(Unavailable, Busy):
                worker.work_once()
        monkeypatch.undo()
        fresh.close()
        assert inbox.state(kept.message) == "done", cut_at
    assert inbox.rows("SELECT outcome, reason FROM intake.attempt") == []
