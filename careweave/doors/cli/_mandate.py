"""careweave mandate: court orders and other legal mandates, entered by two people."""

from argparse import Namespace
from typing import TYPE_CHECKING, TypeVar

from careweave import disclosure
from careweave.disclosure import KeptOrder, Order, Outlet
from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._identity_words import person
from careweave.doors.cli._officer import number, officer
from careweave.doors.cli._show import say_json, say_table
from careweave.doors.cli._when import MEANING, moment
from careweave.ledger import Recorder
from careweave.terms import Heading, Incorrect, Label

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction
    from datetime import datetime

_PLATFORM = "platform"

T = TypeVar("T", Heading, Label)


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs add, list and end."""
    mandate = verbs.add_parser("mandate", help="court orders that name a person")
    words = mandate.add_subparsers(dest="word", required=True, metavar="WORD")
    add = words.add_parser("add", help="enter an order that two people have read")
    add.add_argument("--person", type=person, required=True, help="the id of whom it names")
    add.add_argument("--issuer", required=True, help="who gave it: the court, the authority")
    add.add_argument("--instrument", required=True, help="the order and the law that it cites")
    add.add_argument("--heading", action="append", required=True, help="that it names; may repeat")
    add.add_argument("--bar", action="append", default=[], help="of law that it cites; may repeat")
    add.add_argument("--recipient", required=True, help="the organisation that may see")
    add.add_argument("--from", dest="since", metavar="WHEN", help=f"{MEANING} (now)")
    add.add_argument("--until", required=True, metavar="WHEN", help="before when")
    add.add_argument("--second", required=True, help="the other person who has read the order")
    add.set_defaults(run=_add)
    listed = words.add_parser("list", help="all orders, the newest first")
    listed.add_argument("--recipient", help="for one organisation; for all if absent")
    listed.add_argument("--json", action="store_true", help="as JSON, for programs")
    listed.set_defaults(run=_list)
    end = words.add_parser("end", help="end an order before its time")
    end.add_argument("id", type=number, metavar="ID", help="as list prints it")
    end.add_argument("--reason", required=True, help="why; kept with your name")
    end.set_defaults(run=_end)


def _add(desk: Desk, arguments: Namespace) -> int:
    asking = officer(desk, _PLATFORM)
    with desk.database() as database:
        with database.reading() as session:
            world = disclosure.world(session, asking.at)
        id_ = disclosure.enter_mandate(
            database,
            asking,
            _order(desk, arguments, asking.at),
            second=arguments.second,
            recipients=world.organisations,
            bars=world.rules.bars,
        )
    note("Entered; it lifts what it names and cites, for this organisation and person alone.")
    say(str(id_))
    return 0


def _order(desk: Desk, arguments: Namespace, now: "datetime") -> Order:
    zone = desk.settings.time_zone
    since = moment(arguments.since, now=now, zone=zone, where="--from")
    until = moment(arguments.until, now=now, zone=zone, where="--until")
    return Order(
        person=arguments.person,
        issuer=arguments.issuer,
        instrument=arguments.instrument,
        headings=frozenset(_word(Heading, one, "--heading") for one in arguments.heading),
        bars=frozenset(_word(Label, one, "--bar") for one in arguments.bar),
        recipient=arguments.recipient,
        since=since or now,
        until=until or now,
    )


def _word(words: type[T], text: str, where: str) -> T:
    try:
        return words(text)
    except ValueError:
        raise Incorrect("This is none of the codes.", where=where) from None


def _list(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        way = Outlet(database, Recorder(database))
        asking = officer(desk, _PLATFORM)
        found = disclosure.mandates(way, asking, recipient=arguments.recipient)
    if arguments.json:
        say_json(found)
        return 0
    head = ("id", "person", "recipient", "from", "until", "headings", "bars", "by", "ended")
    say_table(head, [_row(one) for one in found])
    return 0


def _row(one: KeptOrder) -> tuple[object, ...]:
    order = one.order
    what = (" ".join(sorted(order.headings)), " ".join(sorted(order.bars)))
    by = f"{one.entered_by}, {one.second_by}"
    return (
        one.id,
        order.person,
        order.recipient,
        order.since,
        order.until,
        *what,
        by,
        one.ended_at,
    )


def _end(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        asking = officer(desk, _PLATFORM)
        disclosure.end_mandate(database, asking, arguments.id, why=arguments.reason)
    say("ended")
    return 0
