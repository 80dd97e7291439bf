"""careweave apply: makes the files of a region the running configuration, as a dated version."""

from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from careweave import disclosure
from careweave.agreements import Notice, Standings, in_force, told_difference, warnings
from careweave.db import Applying, Database, configuration_files, configurations
from careweave.disclosure import Planned, Through
from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._region_files import region_files
from careweave.doors.cli._views import refuse_views
from careweave.doors.cli._when import MEANING, moment, whole
from careweave.terms import Incorrect, Issue, Severity

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_PLATFORM, _DOOR = "platform", "cli"
_SHOWN_AT_ONCE = 50
_DIGITS = 12
_DEMONSTRATOR = "careweave demo"
_REASONS = 3
"""How many reasons are told why an agreement is not in force; a party each would fill the screen."""


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs."""
    apply = verbs.add_parser(
        "apply", help="say what the files of a region change, and make them the configuration"
    )
    apply.add_argument("directory", nargs="?", type=Path, help="the region (CAREWEAVE_REGION)")
    apply.add_argument("--revert", type=whole, metavar="N", help="bring version N back instead")
    apply.add_argument("--by", default="", help="who applies it")
    apply.add_argument("--second", default="", help="the other person who agrees to it")
    apply.add_argument("--note", default="", help="why; kept with the version")
    apply.add_argument("--from", dest="since", metavar="WHEN", help=f"from when on: {MEANING}")
    apply.add_argument("--yes", action="store_true", help="apply it; otherwise only say")
    apply.add_argument(
        "--demonstration",
        action="store_true",
        help="take the open keys of a demonstration for signatures too",
    )
    apply.set_defaults(run=_apply)
    listed = verbs.add_parser("configurations", help="the versions of the configuration")
    listed.add_argument("--most", type=whole, default=_SHOWN_AT_ONCE, help="how many")
    listed.set_defaults(run=_list)


@dataclass(frozen=True, slots=True)
class _Moments:
    """When it is now, and from when on a version is to be in force."""

    now: datetime
    since: datetime


def _apply(desk: Desk, arguments: Namespace) -> int:
    if arguments.revert is not None and arguments.directory is not None:
        message = "A version that is brought back brings its own files; name no folder with it."
        raise Incorrect(message, where="--revert")
    when = _moments(desk, arguments)
    with desk.database() as database:
        planned = _planned(desk, database, arguments)
        for notice in (*planned.notices, *_ending(planned, when.since)):
            note(f"warning: {notice.text}")
        for line in _told(database, planned, when):
            say(line)
        if not arguments.yes:
            note("Nothing was applied; say --yes to apply it.")
            return 0
        version = _keep(database, planned, arguments, when)
    say(f"applied: version {version}, in force from {_shown(desk, when.since)}")
    note("Every process follows within five seconds of that moment.")
    return 0


def _moments(desk: Desk, arguments: Namespace) -> _Moments:
    now = desk.around.clock()
    since = moment(arguments.since, now=now, zone=desk.settings.time_zone, where="from") or now
    if since < now:
        raise Incorrect("Nothing is applied from a moment that has passed.", where="--from")
    return _Moments(now, since)


def _planned(desk: Desk, database: Database, arguments: Namespace) -> Planned:
    takes = arguments.demonstration or desk.settings.demonstration_keys
    folder: Path = arguments.directory or desk.region
    with database.reading() as session:
        disclosure.begin(session, takes_demonstration_keys=takes)
        files = (
            region_files(folder)
            if arguments.revert is None
            else configuration_files(session, arguments.revert)
        )
        refuse_views(files)
        _refuse_forms(desk, files)
        return disclosure.plan(session, files, takes_demonstration_keys=takes)


def _refuse_forms(desk: Desk, files: Mapping[str, bytes]) -> None:
    """Raises Incorrect with everything that is wrong with the forms of pages."""
    faults = desk.around.doors.faults_of_forms(files)
    if faults:
        issues = tuple(Issue(Severity.ERROR, "invalid", one) for one in faults)
        raise Incorrect("\n".join(faults), issues=issues)


def _ending(planned: Planned, at: datetime) -> Iterator[Notice]:
    """Yields what ends soon of agreements that would be in force."""
    for agreement in planned.world.agreements:
        if not in_force(planned.world, agreement, at):
            yield from warnings(planned.world, agreement, at)


def _told(database: Database, planned: Planned, when: _Moments) -> Iterator[str]:
    """Yields what would change: agreements first, then for whom and of how many people."""
    note("Counting in the record what this changes ...")
    with database.session(bulk=True) as session:
        # What is in force at that moment without this change is what it is held against.
        before = disclosure.world(session, when.since)
        found = disclosure.effects(session, before, planned.world, planned.staff, at=when.since)
    yield from _standings(found.standings)
    yield "In effect:"
    said = [
        f"  {text}"
        for one in found.effects
        for text in told_difference(planned.world, one.difference, one.moved)
    ]
    yield from said or ["  nothing changes for anybody."]


def _standings(found: Standings) -> Iterator[str]:
    for title, names in (("Comes into force", found.begun), ("Is no longer in force", found.ended)):
        for name in names:
            yield f"{title}: {name}"
    for name, reasons in found.idle:
        yield f"Not in force: {name}"
        for reason in reasons[:_REASONS]:
            yield f"  {reason}"
        more = len(reasons) - _REASONS
        if more > 0:
            yield "  and 1 more reason" if more == 1 else f"  and {more} more reasons"


def _keep(database: Database, planned: Planned, arguments: Namespace, when: _Moments) -> int:
    applying = Applying(arguments.by, arguments.second, arguments.note, when.now, when.since)
    through = Through(_PLATFORM, _DOOR, str(uuid4()))
    with database.session() as session:
        return disclosure.apply(session, planned, applying, through, reverted_from=arguments.revert)


def _list(desk: Desk, arguments: Namespace) -> int:
    now = desk.around.clock()
    with desk.database() as database, database.reading() as session:
        found = configurations(session, most=arguments.most)
    effective = [one.version for one in found if one.applying.effective_from <= now]
    for one in found:
        said = one.applying
        state = "in force" if one.version == max(effective, default=0) else ""
        again = "" if one.reverted_from is None else f" (version {one.reverted_from} again)"
        say(
            f"{one.version:>4} {_shown(desk, said.effective_from)} {state:8}"
            f" {one.digest.hex()[:_DIGITS]} {said.by} and {said.second}: {said.note}{again}"
        )
    if not found:
        note("Nothing was applied yet: every organisation sees its own entries only.")
    return 0


def _shown(desk: Desk, at: datetime) -> str:
    return at.astimezone(desk.settings.time_zone).isoformat(timespec="seconds")


def apply_demonstration(desk: Desk, database: Database) -> None:
    """Applies the example region with its open keys, unless just that is in force already.

    What somebody else applied stays: a demonstration that starts again takes back nothing.
    """
    files = region_files(desk.region)
    now = desk.around.clock()
    with database.session() as session:
        newest = configurations(session, most=1)
        if newest and newest[0].applying.by != _DEMONSTRATOR:
            note("The configuration that somebody applied by hand stays.")
            return
        if newest and configuration_files(session, newest[0].version) == files:
            return
        planned = disclosure.plan(session, files, takes_demonstration_keys=True)
        said = "The example region, applied at the start of the demonstration."
        applying = Applying(_DEMONSTRATOR, "its example region", said, now, now)
        disclosure.apply(session, planned, applying, Through(_PLATFORM, _DOOR, str(uuid4())))
