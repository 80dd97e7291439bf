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
    Compared,
    Evaluation,
    Pair,
    Pool,
    Row,
    compare,
    evaluate,
    labelled_pool,
    layout,
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
    """A model as a document, and of how many records and pairs it was learnt."""

    name: str
    document: Mapping[str, Json] = field(repr=False)
    n_records: int
    n_compared: int


@dataclass(frozen=True, slots=True)
class Measured:
    """How well a model does; `n_held` records were looked at, not all of which have a truth."""

    model: str
    evaluation: Evaluation
    n_held: int


def learn_from_tables(tables: Tables, *, name: str, seed: int, today: date) -> Learnt:
    """Returns a model learnt from tables, without labels."""
    return _learnt(_pool(tables, _rows(tables), today), name, seed)


def learn_from_region(session: Session, *, name: str, seed: int, most: int) -> Learnt:
    """Returns a model learnt from at most so many records of the region, without labels."""
    return _learnt(region_pool(session, most=most), name, seed)


def measure_on_tables(
    tables: Tables, *, model: Mapping[str, Json] | None, seed: int, today: date
) -> Measured:
    """Returns how well a model finds who is who in tables; None learns one from them, blind."""
    rows = _rows(tables)
    truth = _truth(tables, rows)
    if not truth:
        raise Incorrect("The tables do not say who is who: name a truth.", where="truth")
    return _measured(_pool(tables, rows, today), truth, model, seed, len(rows))


def measure_on_region(
    session: Session, *, model: Mapping[str, Json] | None, seed: int, most: int
) -> Measured:
    """Returns how well a model finds who is who in the region, by verified numbers that it can't see.

    None learns one from the same records, blind.
    """
    held = labelled_pool(session, most=most)
    if not held.truth:
        raise Incorrect("No two records of the region have the same verified number.")
    return _measured(held.pool, held.truth, model, seed, held.n_records)


def _learnt(records: Pool, name: str, seed: int) -> Learnt:
    compared = train(records, name=name, seed=seed)
    document = compared.model.document
    return Learnt(name, document, len(records.norms), len(compared.pairs))


def _measured(
    records: Pool,
    truth: frozenset[Pair],
    model: Mapping[str, Json] | None,
    seed: int,
    n_held: int,
) -> Measured:
    compared = _compared(records, model, seed)
    return Measured(compared.model.name, evaluate(records, truth, compared), n_held)


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
