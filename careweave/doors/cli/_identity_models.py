"""careweave identity model: by what it is judged who is who, and who signed it off."""

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._operator import operator
from careweave.doors.cli._show import plain, say_json, say_table
from careweave.formats import read_value
from careweave.intake import (
    KeptModel,
    ModelForm,
    Would,
    activate_model,
    adopted_model,
    hold_model_against,
    likely_placeholders,
    model_document,
    model_in_force,
    models,
    settle_identity,
)
from careweave.terms import Incorrect, Json

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction


def add_to(words: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs model and placeholders."""
    model = words.add_parser("model", help="the models: listed, or one put in force")
    verbs = model.add_subparsers(dest="what", required=True, metavar="WHAT")
    listed = verbs.add_parser("list", help="models that are or were in force; who signed them")
    listed.add_argument("--json", action="store_true", help="as JSON, for programs")
    listed.set_defaults(run=_list)
    shown = verbs.add_parser("show", help="the model in force, as a document to keep or change")
    shown.add_argument("--splink", action="store_true", help="as Splink keeps a model")
    shown.set_defaults(run=_show)
    adopt = verbs.add_parser("adopt", help="take back what Splink learned; print the new model")
    adopt.add_argument("file", type=Path, help="what show --splink gave, as Splink saved it")
    adopt.add_argument("--name", required=True, help="the name of the new model")
    adopt.set_defaults(run=_adopt)
    compare = verbs.add_parser("compare", help="what another model would decide of everybody")
    compare.add_argument("file", type=Path, help="the model, as identity train wrote it")
    compare.add_argument("--json", action="store_true", help="as JSON, for programs")
    compare.set_defaults(run=_compare)
    activate = verbs.add_parser("activate", help="put a model in force from now on")
    activate.add_argument("file", type=Path, help="the model, as identity train wrote it")
    activate.add_argument(
        "--reason", required=True, help="why you sign it off; kept in the ledger with your name"
    )
    activate.set_defaults(run=_activate)
    settle = words.add_parser(
        "settle", help="after a first load: let everybody go to whom they belong by the model"
    )
    settle.add_argument("--reason", required=True, help="why; kept in the ledger with your name")
    settle.set_defaults(run=_settle)
    shared = words.add_parser(
        "placeholders", help="values that one source seems to use for nothing"
    )
    shared.add_argument("--json", action="store_true", help="as JSON, for programs")
    shared.set_defaults(run=_placeholders)


def _list(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database, database.session() as session:
        found, now = models(session), model_in_force(session)
    if arguments.json:
        say_json({"in_force": now, "models": [_told(one) for one in found]})
        return 0
    say(f"in force: {now}")
    head = ("model", "signed off by", "in force from", "until", "digest")
    rows = [
        (one.model, one.signed_off_by, one.activated_at, one.retired_at, one.digest.hex()[:16])
        for one in found
    ]
    say_table(head, rows)
    return 0


def _told(one: KeptModel) -> dict[str, object]:
    told = plain(one)
    return {**(told if isinstance(told, dict) else {}), "digest": one.digest.hex()}


def _show(desk: Desk, arguments: Namespace) -> int:
    form = ModelForm.SPLINK if arguments.splink else ModelForm.OWN
    with desk.database() as database, database.session() as session:
        say_json(model_document(session, form=form))
    return 0


def _adopt(desk: Desk, arguments: Namespace) -> int:
    document = _document(arguments.file)
    with desk.database() as database, database.session() as session:
        say_json(adopted_model(session, document, name=arguments.name))
    return 0


def _document(file: Path) -> dict[str, Json]:
    document = read_value(file.read_bytes())
    if not isinstance(document, dict):
        raise Incorrect("A model is a JSON object.", where=str(file))
    return document


def _activate(desk: Desk, arguments: Namespace) -> int:
    document = _document(arguments.file)
    with desk.database() as database, database.session(bulk=True) as session:
        who = operator(desk)
        name = activate_model(session, document, operator=who, why=arguments.reason)
    say(f"in force: {name}")
    note("What was decided before stays; the model decides on what comes from now on.")
    return 0


def _compare(desk: Desk, arguments: Namespace) -> int:
    document = _document(arguments.file)
    with desk.database() as database:
        found = hold_model_against(database, document, now=operator(desk).at)
    if arguments.json:
        say_json({"by_source": _counts(found.by_source), "by_group": _counts(found.by_group)})
        return 0
    _say_counts("source", found.by_source)
    _say_counts("group", found.by_group)
    note("Nothing was changed: this is what the model would decide of who is known now.")
    return 0


def _counts(found: Mapping[tuple[str, Would], int]) -> dict[str, dict[str, int]]:
    names = sorted({name for name, _ in found})
    return {name: {str(one): found.get((name, one), 0) for one in Would} for name in names}


def _say_counts(head: str, found: Mapping[tuple[str, Would], int]) -> None:
    rows = [(name, *counts.values()) for name, counts in _counts(found).items()]
    say_table((head, *map(str, Would)), rows)


def _settle(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database:
        done = settle_identity(database, operator=operator(desk), why=arguments.reason)
    say(f"moved: {done.n_acts}")
    return 0


def _placeholders(desk: Desk, arguments: Namespace) -> int:
    with desk.database() as database, database.session(bulk=True) as session:
        found = likely_placeholders(session, operator=operator(desk))
    if arguments.json:
        say_json(found)
        return 0
    head = ("source", "field", "value", "records", "share", "share elsewhere")
    rows = [
        (one.source, one.field, one.value, one.n, f"{one.share:.4f}", f"{one.elsewhere:.6f}")
        for one in found
    ]
    say_table(head, rows)
    return 0
