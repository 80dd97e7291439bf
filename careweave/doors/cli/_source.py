"""careweave source: the systems that send, what a mapping makes of a file, what is not mapped."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from careweave.db import Database, Embedded
from careweave.doors.cli._covering import say_coverage, say_drift
from careweave.doors.cli._desk import Desk, note
from careweave.doors.cli._operator import operator
from careweave.doors.cli._sending import send
from careweave.doors.cli._show import plain, say_json, say_table
from careweave.doors.cli._tried import say_trial
from careweave.doors.cli._trying import trials
from careweave.intake import start_source, stop_source
from careweave.sources import (
    Source,
    Sources,
    coverage,
    drift,
    extract_at,
    load_sources,
    parts_of,
)
from careweave.terms import CareweaveError, Incorrect, Json, Unsupported

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_THROW_AWAY = b"careweave-source-try"
_FAILED = 65
_MOST_TRIED = 10
_TAKEN = frozenset({"AA", "CA"})


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs list, try, send, coverage, stop and start."""
    source = verbs.add_parser("source", help="the systems that send, and their mappings")
    words = source.add_subparsers(dest="word", required=True, metavar="WORD")
    listed = words.add_parser("list", help="all systems of the region and how they send")
    listed.add_argument("--region", type=Path, help="the region directory (CAREWEAVE_REGION)")
    _json(listed).set_defaults(run=_list)
    tried = words.add_parser("try", help="show what a source makes of a file; nothing is kept")
    tried.add_argument("file", type=Path, metavar="FILE", help="a message, a batch or an extract")
    tried.add_argument("--source", required=True, help="whose description and mapping are used")
    tried.add_argument(
        "--most", type=int, default=_MOST_TRIED, help=f"messages or rows shown ({_MOST_TRIED})"
    )
    tried.add_argument("--region", type=Path, help="the region directory (CAREWEAVE_REGION)")
    tried.add_argument("--lineage", action="store_true", help="show where each element comes from")
    _json(tried).set_defaults(run=_try)
    sent = words.add_parser("send", help="send a file to our listener as the source does (MLLP)")
    sent.add_argument("file", type=Path, metavar="FILE", help="a message or a batch of HL7 v2")
    sent.add_argument("--source", required=True, help="whose port it goes to")
    sent.add_argument("--region", type=Path, help="the region directory (CAREWEAVE_REGION)")
    sent.set_defaults(run=_send)
    covered = words.add_parser("coverage", help="which fields arrive and are not mapped")
    covered.add_argument("--source", help="one source; all if absent")
    _json(covered).set_defaults(run=_coverage)
    _add_switches(words)


def _add_switches(words: "_SubParsersAction[ArgumentParser]") -> None:
    stop = words.add_parser("stop", help="keep what a source sends, and do nothing with it")
    stop.add_argument("name", metavar="SOURCE", help="the source")
    stop.add_argument("--reason", required=True, help="why; kept in the ledger with your name")
    stop.set_defaults(run=_stop)
    start = words.add_parser("start", help="go on with a source that was stopped")
    start.add_argument("name", metavar="SOURCE", help="the source")
    start.add_argument("--reason", required=True, help="why; kept in the ledger with your name")
    start.set_defaults(run=_start)


def _json(verb: "ArgumentParser") -> "ArgumentParser":
    verb.add_argument("--json", action="store_true", help="as JSON, for programs")
    return verb


def _list(desk: Desk, arguments: Namespace) -> int:
    sources = load_sources(desk.region, secret=_THROW_AWAY)
    if arguments.json:
        say_json([_told(source) for source in sources])
        return 0
    head = ("source", "organisation", "by", "mapping", "rhythm", "order")
    say_table(head, [_row(source) for source in sources])
    return 0


def _row(source: Source) -> tuple[object, ...]:
    transport = source.transport
    place = transport.port or transport.pattern or transport.mailbox
    by = f"{transport.kind} {place}".strip() if transport.kind != "fhir" else "fhir"
    mapping = source.mapping.name if source.mapping else None
    return (source.name, source.organisation, by, mapping, source.rhythm, source.order.rule)


def _told(source: Source) -> dict[str, object]:
    return {
        "name": source.name,
        "organisation": source.organisation,
        "system": source.system,
        "feed": source.feed,
        "transport": str(source.transport.kind),
        "port": source.transport.port,
        "mapping": source.mapping.name if source.mapping else None,
        "rhythm_s": source.rhythm,
        "order": str(source.order.rule),
        "entitled": sorted(source.entitled),
        "live": sorted(map(str, source.live)),
    }


def _try(desk: Desk, arguments: Namespace) -> int:
    if arguments.most < 1:
        raise Incorrect("Show at least one message.", where="--most")
    secret = _secret(desk)
    sources = load_sources(desk.region, secret=secret or _THROW_AWAY)
    source = sources.named(arguments.source)
    data = arguments.file.expanduser().read_bytes()
    at = extract_at(arguments.file.name, ZoneInfo(source.zone)) or desk.around.clock()
    parts = parts_of(data, source, secret=secret or _THROW_AWAY, at=at)
    lineage = source.mapping.lineage if source.mapping and arguments.lineage else ()
    found = list(trials(source, parts, most=arguments.most, lineage=lineage))
    if arguments.json:
        say_json({"source": source.name, "messages": found})
    else:
        for one in found:
            say_trial(one)
    if secret is None:
        note("No installation is running here: ids are made with a key that is thrown away.")
    note(f"{len(found)} tried, nothing kept")
    return 0 if all(one.outcome == "mapped" for one in found) else _FAILED


def _send(desk: Desk, arguments: Namespace) -> int:
    source = _described(desk).named(arguments.source)
    if source.transport.port is None:
        raise Unsupported("This source does not send over MLLP; put the file where it looks.")
    data = arguments.file.expanduser().read_bytes()
    parts = parts_of(data, source, secret=_THROW_AWAY, at=desk.around.clock())
    port = source.transport.port + desk.settings.mllp_shift
    answers = list(send((part.body for part in parts), desk.settings.mllp_host, port))
    say_table(("control id", "answer", ""), [(a.control_id, a.code, a.text) for a in answers])
    return 0 if all(answer.code in _TAKEN for answer in answers) else _FAILED


def _secret(desk: Desk) -> bytes | None:
    """Returns the secret of the installation, None where none answers: it is not started for this."""
    running = None if desk.settings.database_url else Embedded.find(desk.settings.home)
    url = desk.settings.database_url or (running.url if running else None)
    if url is None:
        return None
    database = Database(url, size=1)
    try:
        with database.reading() as session:
            return session.secret
    except CareweaveError:
        return None
    finally:
        database.close()


def _coverage(desk: Desk, arguments: Namespace) -> int:
    now = desk.around.clock()
    with desk.database() as database, database.session() as session:
        report = coverage(session, arguments.source, now=now)
        changes = [one for one in drift(session, now) if arguments.source in {None, one.source}]
    if arguments.json:
        say_json({**_named(plain(report)), "drift": changes})
        return 0
    say_coverage(report)
    say_drift(changes)
    return 0


def _named(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _stop(desk: Desk, arguments: Namespace) -> int:
    source = _described(desk).named(arguments.name)
    with desk.database() as database, database.session() as session:
        stop_source(session, source, operator=operator(desk), why=arguments.reason)
    note(f"{source.name} is stopped: what it sends is kept, and nothing is done with it.")
    return 0


def _start(desk: Desk, arguments: Namespace) -> int:
    source = _described(desk).named(arguments.name)
    with desk.database() as database, database.session() as session:
        start_source(session, source, operator=operator(desk), why=arguments.reason)
    note(f"{source.name} goes on.")
    return 0


def _described(desk: Desk) -> Sources:
    return load_sources(desk.region, secret=_THROW_AWAY)
