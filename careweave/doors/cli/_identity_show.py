"""careweave identity: what is asked, what was decided and why; with demographics when asked for."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from careweave import disclosure
from careweave.disclosure import FIELDS, Asking, Compared, Outlet
from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._identity_words import person
from careweave.doors.cli._operator import operator
from careweave.doors.cli._show import say_json, say_line, say_table
from careweave.doors.cli._when import whole
from careweave.intake import (
    Explanation,
    Happened,
    Item,
    Operator,
    explain_decision,
    person_history,
    records_of_person,
    review_item,
    reviews,
)
from careweave.ledger import Recorder
from careweave.terms import Actor, Purpose, SourceId, SubjectId

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

    from careweave.db import Database

_NO_SOURCE = SourceId(0)


def add_to(words: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs review, explain and history."""
    review = words.add_parser("review", help="questions that wait for somebody, or one of them")
    review.add_argument("number", nargs="?", type=whole, metavar="NUMBER", help="one question")
    review.add_argument("--kind", help="only of this kind: candidate, join, overlay, ...")
    review.add_argument("--most", type=whole, default=50, help="how many (50)")
    review.add_argument(
        "--reason", help="show the records side by side; why, kept in the ledger with your name"
    )
    review.add_argument("--json", action="store_true", help="as JSON, for programs")
    review.set_defaults(run=_review)
    explain = words.add_parser("explain", help="why a decision was taken, in sentences")
    explain.add_argument("number", type=whole, metavar="NUMBER", help="of the decision")
    explain.add_argument("--figures", action="store_true", help="with weights and probability")
    explain.add_argument(
        "--reason", help="show the records side by side; why, kept in the ledger with your name"
    )
    explain.add_argument("--json", action="store_true", help="as JSON, for programs")
    explain.set_defaults(run=_explain)
    history = words.add_parser("history", help="all that was decided of a person")
    history.add_argument("person", type=person, metavar="PERSON", help="the id of the person")
    history.add_argument("--json", action="store_true", help="as JSON, for programs")
    history.set_defaults(run=_history)


def _review(desk: Desk, arguments: Namespace) -> int:
    if arguments.number is not None:
        return _question(desk, arguments)
    with desk.database() as database, database.session() as session:
        found = reviews(session, kind=arguments.kind, most=arguments.most)
    if arguments.json:
        say_json(found)
        return 0
    head = ("number", "hazard", "kind", "asked", "due", "state", "reader", "readers", "candidates")
    say_table(head, [_row(item) for item in found])
    return 0


def _row(item: Item) -> tuple[object, ...]:
    n_readers = 2 if item.needs_two else 1
    row = (item.number, item.hazard, item.kind, item.opened_at, item.due_at, item.state)
    return (*row, item.claimed_by, n_readers, len(item.candidates))


def _question(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        with database.session() as session:
            item = review_item(session, arguments.number)
        subjects = (item.subject, *(one for each in item.candidates for one in each.subjects))
        shown = _compared(desk, database, subjects, arguments.reason)
    if arguments.json:
        say_json({"question": item, "records": shown})
        return 0
    say_table(("question", str(item.number)), _facts(item))
    for candidate in item.candidates:
        against = f"; against it: {', '.join(candidate.vetoes)}" if candidate.vetoes else ""
        say(f"\nmay be person {candidate.person}: {len(candidate.subjects)} records{against}")
    _say_compared(shown, arguments.reason)
    return 0


def _facts(item: Item) -> list[tuple[str, object]]:
    said = {"kind": item.kind, "hazard": item.hazard, "state": item.state, "due": item.due_at}
    return [(name, value) for name, value in said.items() if value not in {None, ""}]


def _explain(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        with database.session() as session:
            found = explain_decision(session, arguments.number)
            others = records_of_person(session, found.person)
        shown = _compared(desk, database, (found.subject, *others), arguments.reason)
    if arguments.json:
        say_json({"decision": found, "records": shown})
        return 0
    for sentence in found.sentences:
        say_line(sentence)
    if arguments.figures:
        say()
        rows = [(one.field, one.level, f"{one.weight:+.2f}") for one in found.fields]
        say_table(("field", "level", "weight"), [*_sums(found), *rows])
    _say_compared(shown, arguments.reason)
    return 0


def _sums(found: Explanation) -> Iterator[tuple[object, ...]]:
    sums = (("all together", found.weight), ("before anything", found.prior), ("lead", found.lead))
    return ((name, "", f"{weight:+.2f}") for name, weight in sums if weight is not None)


def _history(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database, database.session() as session:
        found = person_history(session, arguments.person)
    if arguments.json:
        say_json(found)
        return 0
    head = ("event", "at", "what", "by", "group", "decision", "verdict", "how", "why")
    say_table(head, [row for one in found for row in _ruled(one)])
    return 0


def _ruled(one: Happened) -> Iterator[tuple[object, ...]]:
    for ruled in one.rulings:
        row = (one.seq, one.at, one.kind, one.actor, one.group, ruled.decision)
        yield (*row, ruled.verdict, ruled.method, ruled.reason)


def _compared(
    desk: Desk, database: "Database", subjects: Sequence[SubjectId], why: str | None
) -> tuple[Compared, ...]:
    """Returns the records side by side where a reason is given; looking is accounted first."""
    if why is None:
        return ()
    way = Outlet(database, Recorder(database))
    return disclosure.compare(way, asking_of(operator(desk)), subjects, why=why)


def asking_of(who: Operator) -> Asking:
    """Returns the operator as one who asks to be shown something."""
    purpose = Purpose.PATIENT_ADMINISTRATION
    actor = Actor(who.name, who.organisation, _NO_SOURCE, who.organisation, purpose, frozenset())
    return Asking(actor, purpose, who.door, who.request_id, who.at)


def _say_compared(shown: Sequence[Compared], why: str | None) -> None:
    if why is None:
        note("With --reason the records are shown side by side; that you looked is kept.")
        return
    say()
    head = ("", *(f"{one.organisation} {one.system}" for one in shown))
    rows: list[tuple[object, ...]] = [
        ("Patient", *(one.patient for one in shown)),
        ("person", *(one.person for one in shown)),
        ("told", *(one.told_at for one in shown)),
    ]
    for name in FIELDS:
        said = [one.says.get(name, ("not shown",)) for one in shown]
        for at in range(max(map(len, said), default=0)):
            cells = (values[at] if at < len(values) else "" for values in said)
            rows.append((name if at == 0 else "", *cells))
    say_table(head, rows)
