"""careweave feeds: how each feed does."""

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING

from careweave.doors.cli._desk import Desk, note
from careweave.doors.cli._show import plain, say_json, say_table, since
from careweave.intake import quarantine_sizes
from careweave.sources import FeedStatus, feed_status, not_in_force
from careweave.terms import NotFound

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction
    from datetime import datetime

_ALARM = 65


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verb."""
    feeds = verbs.add_parser(
        "feeds", help="how each feed does: last seen, rate, lag, quarantine; ends with 65 on alarm"
    )
    feeds.add_argument("--source", help="one source; all if absent")
    feeds.add_argument("--json", action="store_true", help="as JSON, for programs")
    feeds.set_defaults(run=_run)


def _run(desk: Desk, arguments: Namespace) -> int:
    now = desk.around.clock()
    with desk.database() as database, database.session() as session:
        sizes = quarantine_sizes(session)
        found = [one for one in feed_status(session, now) if arguments.source in {None, one.source}]
        faults = not_in_force(session)
    if arguments.source is not None and not found:
        message = "There is no feed of a source of that name; `careweave source list` names them."
        raise NotFound(message)
    if arguments.json:
        say_json([_told(one, sizes) for one in found])
    else:
        _say(found, sizes, now)
    alarms = [one for one in found if one.is_alarming]
    if alarms and not arguments.json:
        note(f"{len(alarms)} of {len(found)} feeds need somebody")
    if faults:
        note("What lies in the folder of the region is not in force; what was before still is:")
        for fault in faults:
            note(f"  {fault}")
    return _ALARM if alarms or faults else 0


def _say(found: list[FeedStatus], sizes: Mapping[str, int], now: "datetime") -> None:
    head = ("source", "feed", "state", "last seen", "an hour", "lag p50", "lag p95", "wait p95")
    rows = [
        (
            *(one.source, one.feed, one.state.upper() if one.is_alarming else one.state),
            *(since(one.last_seen_at, now), one.per_hour, one.lag_p50, one.lag_p95, one.wait_p95),
            *(sizes.get(one.source, 0), one.why),
        )
        for one in found
    ]
    say_table((*head, "waiting", "why"), rows)


def _told(one: FeedStatus, sizes: Mapping[str, int]) -> dict[str, object]:
    told = plain(one)
    named = dict(told) if isinstance(told, dict) else {}
    return {**named, "quarantined": sizes.get(one.source, 0), "alarm": one.is_alarming}
