"""careweave episodes: the privacy officer's queue of broken glass and of what was noticed."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from careweave import disclosure
from careweave.disclosure import Finding, Outlet, Review
from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._officer import add_organisation, add_period, number, officer, period_of
from careweave.doors.cli._show import say_json, say_line, say_table
from careweave.ledger import Recorder

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_ALARM = 65
_MUCH = 0.01


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs list, show, claim, review, release and ratio."""
    episodes = verbs.add_parser("episodes", help="broken glass, for the officer who reviews it")
    words = episodes.add_subparsers(dest="word", required=True, metavar="WORD")
    listed = words.add_parser("list", help="what waits for review, the first due first")
    listed.add_argument("--all", action="store_true", help="what is reviewed too")
    listed.set_defaults(run=_list)
    show = words.add_parser("show", help="one of them, with what was typed and noticed")
    show.set_defaults(run=_show)
    claim = words.add_parser("claim", help="take a review up, so that no other officer does")
    claim.set_defaults(run=_claim)
    review = words.add_parser("review", help="write down what was found, for good")
    review.add_argument("--verdict", choices=[str(one) for one in Finding], required=True)
    review.add_argument("--remark", required=True, help="what was looked at and found")
    review.set_defaults(run=_review)
    release = words.add_parser("release", help="let a user open more emergencies today")
    release.add_argument("user", help="who has used up those of the day")
    release.add_argument("--reason", required=True, help="why; kept with your name")
    release.set_defaults(run=_release)
    ratio = words.add_parser("ratio", help="how often people looked by broken glass, by role")
    add_period(ratio, "24 months ago")
    ratio.set_defaults(run=_ratio)
    for verb in (listed, show, claim, review, release, ratio):
        add_organisation(verb)
    for verb in (show, claim, review):
        verb.add_argument("id", type=number, metavar="ID", help="as list prints it")
    for verb in (listed, show):
        verb.add_argument("--json", action="store_true", help="as JSON, for programs")


def _list(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        way = Outlet(database, Recorder(database))
        asking = officer(desk, arguments.organisation)
        found = disclosure.reviews(way, asking, with_reviewed=arguments.all)
    late = sum(one.is_overdue for one in found)
    if arguments.json:
        say_json(found)
    else:
        _say(found)
    if late:
        note(f"OVERDUE: {late} of these should have been reviewed by now")
    return _ALARM if late else 0


def _say(found: Sequence[Review]) -> None:
    head = ("id", "what", "at", "user", "role", "person", "due", "state")
    rows = [
        (one.id, one.what, one.at, one.user, one.role, one.person, one.due_at, _state(one))
        for one in found
    ]
    say_table(head, rows)


def _state(one: Review) -> str:
    if one.verdict is not None:
        return one.verdict
    waits = "OVERDUE" if one.is_overdue else "waits"
    return f"{waits}, taken up by {one.claimed_by}" if one.claimed_by else waits


def _show(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        way = Outlet(database, Recorder(database))
        asking = officer(desk, arguments.organisation)
        found = disclosure.reviews(way, asking, only=arguments.id)
        shown = dict(disclosure.shown_under(way, asking, found[0]))
    if arguments.json:
        say_json({"reviews": found, "shown": shown})
        return 0
    for one in found:
        for name, value in _facts(one):
            say_line(f"{name}: {value}")
        say()
    entries = ", ".join(f"{heading or 'no heading'} {n}" for heading, n in shown.items())
    say(f"entries shown: {entries or 'none'}")
    return 0


def _facts(one: Review) -> Iterator[tuple[str, object]]:
    """Yields what is known of an episode or alert, in the order in which it is read."""
    yield from (("id", one.id), ("what", one.what), ("state", _state(one)))
    by = f"{one.user} as {one.role} by {one.client}"
    yield from (("by", by), ("person", one.person), ("from", one.at))
    said = {
        "until": one.ended_at or one.expires_at,
        "stated": one.n_stated if one.words else None,
        "purpose": one.purpose,
        "heading": one.heading,
        "label": one.label,
        "reason": one.because,
        "in words": one.words,
        "clause": one.clause,
        "due": one.due_at,
        "reviewed": one.reviewed_at,
        "by officer": one.reviewed_by,
        "remark": one.remark,
    }
    yield from ((name, value) for name, value in said.items() if value)


def _claim(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        disclosure.claim_review(database, officer(desk, arguments.organisation), arguments.id)
    say("taken up")
    return 0


def _review(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        asking = officer(desk, arguments.organisation)
        finding = Finding(arguments.verdict)
        disclosure.review(database, asking, arguments.id, finding, arguments.remark)
    say(arguments.verdict)
    return 0


def _release(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        asking = officer(desk, arguments.organisation)
        disclosure.release(database, asking, arguments.user, why=arguments.reason)
    say("released")
    return 0


def _ratio(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        way = Outlet(database, Recorder(database))
        asking = officer(desk, arguments.organisation)
        found = disclosure.broken_glass(way, asking, period_of(desk, arguments))
    head = ("role", "looks", "by broken glass", "share")
    say_table(head, [(one.role, one.n_looks, one.n_broken, f"{one.share:.1%}") for one in found])
    if any(one.share > _MUCH for one in found):
        note("Above 1%, relationships do not arrive: look at the feed first, not at the staff.")
    return 0
