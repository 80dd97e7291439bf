"""The clock of a demonstration: its first start is day 10 of the scenario, at eight."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from careweave import demonstration
from careweave.db import Database
from careweave.doors import _access
from careweave.doors.cli._desk import Desk

_OF_AN_EARLIER_RELEASE = "clients.json"


def on_its_clock(desk: Desk, database: Database, home: Path) -> Desk:
    """Returns the desk on the clock of the demonstration, which its database keeps for good.

    The mark that says so in the database is what lets example people sign in. A home that an
    earlier release has made goes on by the true clock, for what it holds was received by it.
    """
    now = desk.around.clock()
    is_old = (home / _OF_AN_EARLIER_RELEASE).exists()
    ahead = timedelta(0) if is_old else demonstration.opening() - now
    with database.session() as session:
        mark = _access.mark_demonstration(session, _access.Demonstration(ahead, now))
    _access.keep_ahead(home, mark.ahead)
    clock = _access.clock_of(home, desk.around.clock)
    return replace(desk, around=replace(desk.around, clock=clock))
