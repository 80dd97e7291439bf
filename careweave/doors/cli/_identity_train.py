"""careweave identity train and evaluate: models learnt from records, and how well they do."""

from argparse import ArgumentTypeError, Namespace
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._show import json_text, say_json, say_table
from careweave.doors.cli._when import whole
from careweave.formats import read_value
from careweave.intake import (
    Fairness,
    Learnt,
    Measured,
    Rates,
    Share,
    Tables,
    learn_from_region,
    learn_from_tables,
    measure_on_region,
    measure_on_tables,
)
from careweave.terms import Incorrect, Json

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_MOST = 50_000
_OPERATION = ("n_known", "n_linked", "n_review", "n_missed", "n_wrong")
_RATES = (
    ("pairs compared at all (blocking)", "blocking"),
    ("pairs, threshold chosen without labels", "blind"),
    ("pairs, automatic threshold", "automatic"),
    ("pairs, best threshold by the labels", "best"),
    ("pairs, most at precision .999", "safe"),
    ("persons, threshold chosen without labels", "persons_blind"),
    ("persons, best threshold by the labels", "persons_best"),
    ("persons, most at precision .999", "persons_safe"),
)


def add_to(words: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs train and evaluate."""
    train = words.add_parser("train", help="learn a model from records, without labels")
    _add_records(train)
    train.add_argument("--name", required=True, help="of the model, new each time")
    train.add_argument("--to", type=Path, required=True, help="the file that the model is put in")
    train.set_defaults(run=_train)
    evaluate = words.add_parser("evaluate", help="how well a model finds who is who")
    _add_records(evaluate)
    evaluate.add_argument("--model", type=Path, help="its file; one is learnt blind if absent")
    evaluate.add_argument("--truth", default="", help="the column that tells the person")
    evaluate.add_argument(
        "--truth-pattern", default="", help="finds the person in the id: its first group"
    )
    evaluate.add_argument(
        "--pairs", nargs=3, metavar=("FILE", "LEFT", "RIGHT"), help="pairs of ids of one person"
    )
    evaluate.add_argument("--figure", type=Path, help="draw how groups fare into this file (SVG)")
    evaluate.add_argument("--json", action="store_true", help="as JSON, for programs")
    evaluate.set_defaults(run=_evaluate)


def _add_records(verb: "ArgumentParser") -> None:
    verb.add_argument(
        "tables",
        nargs="*",
        type=Path,
        metavar="TABLE",
        help="CSV files, each a source; the region's own records if absent",
    )
    verb.add_argument(
        "--column",
        action="append",
        default=[],
        type=_column,
        metavar="NAME=ROLE",
        help="what a column of the tables holds: given, family, name, birth_date, sex, house, "
        "street, city, postcode, phone, email, number, key (finds, is not compared), extra, group",
    )
    verb.add_argument("--id", default="id", help="the column with the id of a row (id)")
    verb.add_argument("--one-per-source", action="store_true", help="no file has anybody twice")
    verb.add_argument("--most", type=whole, default=_MOST, help=f"records of the region ({_MOST})")
    verb.add_argument("--seed", type=whole, default=1, help="of what is drawn at random (1)")


def _column(text: str) -> tuple[str, str]:
    name, sign, role = text.rpartition("=")
    if not sign or not name:
        message = "a column is NAME=ROLE"
        raise ArgumentTypeError(message)
    return name, role


def _tables(arguments: Namespace) -> Tables:
    pairs = getattr(arguments, "pairs", None)
    return Tables(
        arguments.tables,
        dict(arguments.column),
        id=arguments.id,
        truth=getattr(arguments, "truth", ""),
        truth_pattern=getattr(arguments, "truth_pattern", ""),
        pairs=None if pairs is None else (Path(pairs[0]), pairs[1], pairs[2]),
        are_deduplicated=arguments.one_per_source,
    )


def _train(desk: Desk, arguments: Namespace) -> int:
    name, seed = arguments.name, arguments.seed
    if arguments.tables:
        today = desk.around.clock().date()
        found = learn_from_tables(_tables(arguments), name=name, seed=seed, today=today)
    else:
        with desk.database() as database, database.session(bulk=True) as session:
            found = learn_from_region(session, name=name, seed=seed, most=arguments.most)
    arguments.to.write_text(json_text(found.document) + "\n", encoding="utf-8")
    say(f"{name}: learnt of {found.n_records} records and {found.n_compared} pairs")
    _say_calibration(found)
    note("Look at it with careweave identity evaluate --model FILE; then sign it off.")
    return 0


def _say_calibration(found: Learnt) -> None:
    told = found.calibration
    if told is None:
        note("Thresholds are set without labels: too few verified numbers agree.")
        return
    high = told.false.interval[1]
    say(
        f"by {told.false.n} pairs with verified numbers: automatic from weight {told.auto:.2f}, "
        f"false {told.false.value:.5f} (at most {high:.5f}); review from {told.review:.2f}"
    )


def _evaluate(desk: Desk, arguments: Namespace) -> int:
    model, seed = _model(arguments.model), arguments.seed
    today = desk.around.clock().date()
    if arguments.tables:
        found = measure_on_tables(_tables(arguments), model=model, seed=seed, today=today)
    else:
        with desk.database() as database, database.session(bulk=True) as session:
            found = measure_on_region(
                session, model=model, seed=seed, most=arguments.most, today=today
            )
    if arguments.figure is not None:
        arguments.figure.write_text(found.figure, encoding="utf-8")
    if arguments.json:
        say_json(_told(found))
    else:
        _say(found)
        _say_groups(found.groups)
    return 0


def _model(path: Path | None) -> dict[str, Json] | None:
    if path is None:
        return None
    document = read_value(path.read_bytes())
    if not isinstance(document, dict):
        raise Incorrect("A model is a JSON object.", where="--model")
    return document


def _say(found: Measured) -> None:
    told = found.evaluation
    say(f"model {found.model}: {told.n_records} records of {found.n_held}, {told.n_compared} pairs")
    head = ("what", "precision", "recall", "F1", "from weight", "found", "right", "true")
    say_table(head, [_row(name, getattr(told, field)) for name, field in _RATES])
    one = found.operation
    say(
        f"one after the other, with all vetoes: of {one.n_known} records of people known before "
        f"{one.n_linked} linked, {one.n_review} to review, {one.n_missed} missed; "
        f"{one.n_wrong} wrong links"
    )


def _say_groups(groups: Sequence[Fairness]) -> None:
    say()
    head = (
        "kind",
        "group",
        "pairs",
        "not compared",
        "missed",
        "95 %",
        "wrong links",
        "95 %",
        "ratio",
    )
    say_table(head, [_group(one) for one in groups])
    note("Missed: pairs of one person that were not brought together. Ratio: to the best group.")


def _group(one: Fairness) -> tuple[object, ...]:
    ratio = f"{one.ratio:.2f}" if isfinite(one.ratio) else "-"
    unseen, _ = _share(one.unseen)
    return (
        one.kind,
        one.group,
        one.missed.n,
        unseen,
        *_share(one.missed),
        *_share(one.false),
        ratio,
    )


def _share(one: Share) -> tuple[str, str]:
    if not one.is_shown:
        return "few", ""
    low, high = one.interval
    return f"{one.value:.4f}", f"{low:.4f}-{high:.4f}"


def _row(name: str, rates: Rates) -> tuple[object, ...]:
    shares = (f"{share:.4f}" for share in (rates.precision, rates.recall, rates.f1))
    return (name, *shares, f"{rates.at:.2f}", rates.n_found, rates.n_right, rates.n_true)


def _told(found: Measured) -> dict[str, object]:
    told = found.evaluation
    rates = {field: _rates(getattr(told, field)) for _, field in _RATES}
    counts = {"n_held": found.n_held, "n_records": told.n_records, "n_compared": told.n_compared}
    groups = [_told_group(one) for one in found.groups]
    one = found.operation
    operation = {name: getattr(one, name) for name in _OPERATION}
    told_all: dict[str, object] = {"model": found.model, **counts, **rates}
    return {**told_all, "operation": operation, "groups": groups}


def _told_group(one: Fairness) -> dict[str, object]:
    shares = {"not_compared": one.unseen, "missed": one.missed, "wrong": one.false}
    told = {name: _told_share(share) for name, share in shares.items()}
    ratio = one.ratio if isfinite(one.ratio) else None
    return {"kind": one.kind, "group": one.group, **told, "ratio": ratio}


def _told_share(one: Share) -> dict[str, object]:
    if not one.is_shown:
        return {"few": True}
    return {"n": one.n, "share": one.value, "interval": one.interval}


def _rates(rates: Rates) -> dict[str, object]:
    at = rates.at if isfinite(rates.at) else None
    shares = {"precision": rates.precision, "recall": rates.recall, "f1": rates.f1, "at": at}
    counts = {"n_found": rates.n_found, "n_right": rates.n_right, "n_true": rates.n_true}
    return {**shares, **counts}
