"""Who asks at the command line for an organisation: its privacy officer, or its desk."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import datetime
from uuid import UUID

from careweave.disclosure import Asking
from careweave.doors.cli._desk import Desk
from careweave.doors.cli._operator import operator
from careweave.doors.cli._when import MEANING, moment
from careweave.ledger import Period
from careweave.terms import Actor, Purpose, SourceId, months_before

_NO_SOURCE = SourceId(0)
_MONTHS_TOLD = 24
"""How far back looks are listed unless it is asked for. Source: `reference/security.md` 5.5."""


def officer(desk: Desk, organisation: str) -> Asking:
    """Returns whoever sits here as one who runs the service for an organisation."""
    who = operator(desk)
    purpose = Purpose.OPERATIONS
    actor = Actor(who.name, organisation, _NO_SOURCE, organisation, purpose, frozenset())
    return Asking(actor, purpose, who.door, who.request_id, who.at)


def add_organisation(verb: ArgumentParser) -> None:
    """Adds the option that says for which organisation one asks."""
    verb.add_argument("--organisation", required=True, help="whose officer asks")


def add_case(verb: ArgumentParser) -> None:
    """Adds the option for the case for which accounts are read."""
    verb.add_argument("--case", required=True, help="the number of the case; kept in the ledger")


def add_period(verb: ArgumentParser, since: str) -> None:
    """Adds the options of a period; `since` says when it begins by itself."""
    verb.add_argument("--from", dest="since", metavar="WHEN", help=f"{MEANING} ({since})")
    verb.add_argument("--until", metavar="WHEN", help="before when (now)")


def period_of(desk: Desk, arguments: Namespace) -> Period:
    """Returns the period that the options mean: by itself the last two years until now."""
    now, zone = desk.around.clock(), desk.settings.time_zone
    since = moment(arguments.since, now=now, zone=zone, where="--from")
    until = moment(arguments.until, now=now, zone=zone, where="--until")
    return Period(since or _earlier(now), until or now)


def number(text: str) -> UUID:
    """Returns the id of an episode, an alert or a mandate, for options."""
    try:
        return UUID(text)
    except ValueError:
        message = "an id is a UUID, as list prints it"
        raise ArgumentTypeError(message) from None


def _earlier(now: datetime) -> datetime:
    return months_before(now, _MONTHS_TOLD)
