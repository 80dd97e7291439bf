"""Models learnt from records and measured on them: those of the region, or tables of people.

Source: reference/identity.md section 13; docs/decisions/0024-blind-thresholds.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from careweave.db import Session
from careweave.identity import load_model
from careweave.identity.train import (
    Calibration,
    Compared,
    Evaluation,
    Fairness,
    Groups,
    Labelled,
    Operation,
    Pair,
    Pool,
    Row,
    calibrate,
    calibrated,
    compare,
    evaluate,
    fairness,
    figure,
    groups_of,
    labelled_pool,
    layout,
    operate,
    persons,
    pool,
    read_pairs,
    read_table,
    region_pool,
    table_rules,
    train,
    truth_from,
    truth_of,
)
from careweave.terms import Incorrect, Json

_TITLE = "Records of one person that were not brought together, by group"


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables of people and how they are read: the role of each column, and where the truth is.

    `truth` is a column, `truth_pattern` finds the person in the id, `pairs` is a file of pairs with
    the names of its two columns. Every file is a source of its own; with `are_deduplicated` none
    has anybody twice.
    """

    paths: Sequence[Path]
    columns: Mapping[str, str]
    id: str = "id"
    truth: str = ""
    truth_pattern: str = ""
    pairs: tuple[Path, str, str] | None = None
    are_deduplicated: bool = False


@dataclass(frozen=True, slots=True)
class Learnt:
    """A model as a document, and of how many records and pairs it was learnt.

    `calibration` is what verified numbers said of its thresholds, None where there are too few.
    """

    name: str
    document: Mapping[str, Json] = field(repr=False)
    n_records: int
    n_compared: int
    calibration: Calibration | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """How well a model does; `n_held` records were looked at, not all of which have a truth.

    `operation` is what became of the records as they came one after the other; `groups` tell how
    people fare who differ in age, sex, name or address, and `figure` draws that (SVG).
    """

    model: str
    evaluation: Evaluation
    n_held: int
    operation: Operation
    groups: tuple[Fairness, ...]
    figure: str = field(repr=False)


def learn_from_tables(tables: Tables, *, name: str, seed: int, today: date) -> Learnt:
    """Returns a model learnt from tables, without labels."""
    records = _pool(tables, _rows(tables), today)
    compared = train(records, name=name, seed=seed)
    document = compared.model.document
    return Learnt(name, document, len(records.norms), len(compared.pairs))


def learn_from_region(session: Session, *, name: str, seed: int, most: int) -> Learnt:
    """Returns a model learnt from at most so many records of the region, without labels.

    Where enough verified numbers agree, the thresholds are set by them: hidden, they are labels.
    """
    records = region_pool(session, most=most)
    compared = train(records, name=name, seed=seed)
    held = labelled_pool(session, most=most)
    found = calibrate(compare(held.pool, compared.model), held.truth) if held.truth else None
    model = compared.model if found is None else calibrated(compared.model, found)
    return Learnt(name, model.document, len(records.norms), len(compared.pairs), found)


def measure_on_tables(
    tables: Tables, *, model: Mapping[str, Json] | None, seed: int, today: date
) -> Measured:
    """Returns how well a model finds who is who in tables; None learns one from them, blind."""
    rows = _rows(tables)
    truth = _truth(tables, rows)
    if not truth:
        raise Incorrect("The tables do not say who is who: name a truth.", where="truth")
    held = Labelled(_pool(tables, rows, today), truth, len(rows))
    told = groups_of(held.pool, year=today.year, given=[row.groups for row in rows])
    return _measured(held, told, _compared(held.pool, model, seed))


def measure_on_region(
    session: Session, *, model: Mapping[str, Json] | None, seed: int, most: int, today: date
) -> Measured:
    """Returns how well a model finds who is who in the region, by verified numbers that it can't see.

    None learns one from the same records, blind.
    """
    held = labelled_pool(session, most=most)
    if not held.truth:
        raise Incorrect("No two records of the region have the same verified number.")
    told = groups_of(held.pool, year=today.year)
    return _measured(held, told, _compared(held.pool, model, seed))


def _measured(held: Labelled, told: Groups, compared: Compared) -> Measured:
    at = compared.blind.best
    together = persons(held.pool, compared, at=at)
    groups = fairness(held.pool, held.truth, compared.pairs, together, told)
    return Measured(
        model=compared.model.name,
        evaluation=evaluate(held.pool, held.truth, compared),
        n_held=held.n_records,
        operation=operate(held.pool, held.truth, compared),
        groups=groups,
        figure=figure(groups, title=_TITLE),
    )


def _compared(records: Pool, model: Mapping[str, Json] | None, seed: int) -> Compared:
    if model is None:
        return train(records, name="learnt-here", seed=seed)
    return compare(records, load_model(model))


def _rows(tables: Tables) -> tuple[Row, ...]:
    how = layout(
        tables.columns, id=tables.id, truth=tables.truth, truth_pattern=tables.truth_pattern
    )
    return tuple(row for path in tables.paths for row in read_table(path, how, source=path.stem))


def _pool(tables: Tables, rows: Sequence[Row], today: date) -> Pool:
    return pool(rows, table_rules(), today=today, are_deduplicated=tables.are_deduplicated)


def _truth(tables: Tables, rows: Sequence[Row]) -> frozenset[Pair]:
    if tables.pairs is None:
        return truth_of(rows, are_deduplicated=tables.are_deduplicated)
    path, left, right = tables.pairs
    return truth_from(rows, read_pairs(path, left, right))
