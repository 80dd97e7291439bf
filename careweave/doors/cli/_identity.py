"""careweave identity: who is who, decided by people, explained, and taken back."""

from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from careweave.doors.cli import _identity_models, _identity_recall, _identity_show, _identity_train
from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._identity_recall import recalled, say_recall
from careweave.doors.cli._identity_words import group, person
from careweave.doors.cli._operator import operator
from careweave.doors.cli._when import whole
from careweave.intake import (
    Acted,
    Answer,
    Deed,
    Ground,
    answer_review,
    claim_review,
    join_people,
    keep_patients_apart,
    link_patient,
    seal_patients,
    take_back,
    undo_review,
    unlink_patient,
)

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

    from careweave.db import Session

Act = Callable[["Session", Namespace, Deed], Acted]


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs of the queue, of decisions, of what explains them, and of the model."""
    top = verbs.add_parser("identity", help="whose record it is: questions, links, reasons")
    words = top.add_subparsers(dest="word", required=True, metavar="WORD")
    _identity_show.add_to(words)
    _identity_recall.add_to(words)
    _add_answers(words)
    _add_links(words)
    _identity_train.add_to(words)
    _identity_models.add_to(words)


def _add_answers(words: "_SubParsersAction[ArgumentParser]") -> None:
    claim = words.add_parser("claim", help="take a question for yourself for 20 minutes")
    claim.add_argument("number", type=whole, metavar="NUMBER", help="of the question")
    claim.set_defaults(run=_claim)
    decide = words.add_parser("decide", help="answer a question that you have claimed")
    decide.add_argument("number", type=whole, metavar="NUMBER", help="of the question")
    answers = [str(one) for one in Answer]
    decide.add_argument("answer", choices=answers, help=", ".join(answers))
    decide.add_argument("--person", type=person, help="the candidate that it is about")
    _add_reasons(decide)
    decide.set_defaults(run=_decide)
    undo = words.add_parser("undo", help="take your answer back, within ten minutes")
    undo.add_argument("number", type=whole, metavar="NUMBER", help="of the question")
    _add_reasons(undo)
    undo.set_defaults(run=_acting(lambda s, a, deed: undo_review(s, a.number, deed)))


def _add_links(words: "_SubParsersAction[ArgumentParser]") -> None:
    link = words.add_parser("link", help="link a patient record to a person")
    link.add_argument("patient", metavar="PATIENT", help="the id of the record's Patient")
    link.add_argument("person", type=person, metavar="PERSON", help="the id of the person")
    link.set_defaults(run=_acting(lambda s, a, d: link_patient(s, a.patient, a.person, d)))
    join = words.add_parser("join", help="make two persons one")
    join.add_argument("left", type=person, metavar="PERSON", help="the id of a person")
    join.add_argument("right", type=person, metavar="PERSON", help="the id of the other")
    join.set_defaults(run=_acting(lambda s, a, deed: join_people(s, a.left, a.right, deed)))
    unlink = words.add_parser("unlink", help="take a patient record out of its person")
    unlink.add_argument("patient", metavar="PATIENT", help="the id of the record's Patient")
    unlink.set_defaults(run=_parting(lambda s, a, deed: unlink_patient(s, a.patient, deed)))
    back = words.add_parser("take-back", help="take back all that was decided together")
    back.add_argument("group", type=group, metavar="GROUP", help="as identity history names it")
    back.set_defaults(run=_parting(lambda s, a, deed: take_back(s, a.group, deed)))
    apart = words.add_parser("keep-apart", help="decide that two records are two people")
    apart.add_argument("left", metavar="PATIENT", help="the id of a record's Patient")
    apart.add_argument("right", metavar="PATIENT", help="the id of the other's")
    apart.set_defaults(run=_acting(lambda s, a, d: keep_patients_apart(s, a.left, a.right, d)))
    seal = words.add_parser("seal", help="seal records for ever (adoption, gender recognition)")
    seal.add_argument("patients", nargs="+", metavar="PATIENT", help="ids of the old identity")
    seal.add_argument("--apart-from", action="append", default=[], metavar="PATIENT", help="new id")
    seal.set_defaults(run=_acting(lambda s, a, d: seal_patients(s, a.patients, a.apart_from, d)))
    for verb in (link, join, unlink, back, apart, seal):
        _add_reasons(verb)


_OF_MACHINES = frozenset({Ground.SOURCE_MESSAGE, Ground.TAKEN_BACK, Ground.SAME_NUMBER})


def _add_reasons(verb: "ArgumentParser") -> None:
    grounds = [str(one) for one in Ground if one not in _OF_MACHINES]
    verb.add_argument("--reason", required=True, help="why; kept in the ledger with your name")
    verb.add_argument(
        "--ground",
        choices=grounds,
        default="judged",
        metavar="GROUND",
        help=f"{', '.join(grounds)} (judged)",
    )
    verb.add_argument("--second", default="", help="who else agreed, where two are needed")


def _deed(desk: Desk, arguments: Namespace) -> Deed:
    return Deed(operator(desk), arguments.reason, Ground(arguments.ground), second=arguments.second)


def _acting(act: Act) -> Callable[[Desk, Namespace], int]:
    """Returns what runs an act in a transaction of its own, and says what became of it."""

    def run(desk: Desk, arguments: Namespace) -> int:
        with desk.database() as database, database.session() as session:
            acted = act(session, arguments, _deed(desk, arguments))
        say_acted(acted)
        return 0

    return run


def _parting(act: Act) -> Callable[[Desk, Namespace], int]:
    """Returns what runs an act that ends links, and says who was shown what because of them."""

    def run(desk: Desk, arguments: Namespace) -> int:
        with desk.database() as database:
            with database.session() as session:
                acted = act(session, arguments, _deed(desk, arguments))
            found = recalled(desk, database, acted.event.group)
        say_acted(acted)
        say_recall(found)
        return 0

    return run


def _claim(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database, database.session() as session:
        item = claim_review(session, arguments.number, operator(desk))
    until = "" if item.claimed_until is None else f"{item.claimed_until:%H:%M:%S} UTC"
    say(f"question {item.number} is yours until {until}")
    return 0


def _decide(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database, database.session() as session:
        answered = answer_review(
            session,
            arguments.number,
            Answer(arguments.answer),
            arguments.person,
            _deed(desk, arguments),
        )
    say(f"question {arguments.number}: {answered.state}")
    if answered.state == "second":
        note("Another reader has to say the same before anything changes.")
    if answered.acted is not None:
        say_acted(answered.acted)
    return 0


def say_acted(acted: Acted) -> None:
    """Prints what an act became, and how it is taken back."""
    say(f"group {acted.event.group}: {acted.event.kind}, {len(acted.changes)} records moved")
    note("careweave identity take-back with this group undoes it.")
