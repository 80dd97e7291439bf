"""How well people are told apart, beside Splink and recordlinkage, then how fast in a region."""

import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench import identity_speed, peers
from bench.figures import Figure
from bench.identity_sets import Set, sets
from careweave.identity.train import (
    Evaluation,
    Operation,
    Pair,
    Pool,
    Rates,
    best_of,
    curve,
    evaluate,
    operate,
    persons_rates,
    pool,
    rates_from,
    safe_of,
    table_rules,
    train,
)

_SEED = 20260401
_TODAY = date(2026, 1, 1)
_CERTAIN = 6.63
"""The weight of a probability of .99. Source: reference/identity.md section 1."""

_STEPS = (-6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0, _CERTAIN, 8.0, 10.0, 12.0, 15.0, 18.0)


@dataclass(frozen=True, slots=True)
class Result:
    """What one program made of one set: pairs, persons, and both at a threshold without labels."""

    program: str
    n_compared: int
    blocking: float
    best: Rates
    safe: Rates
    blind: Rates
    persons_best: Rates
    persons_safe: Rates
    persons_blind: Rates
    seconds: float


def run(*, quick: bool) -> list[Figure]:
    """Measures accuracy on all sets beside the peers, then speed; quick is in a small region."""
    logging.disable(logging.WARNING)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="cw-bench-") as folder:
        for one in sets(Path(folder)):
            figures += _measured(one)
    logging.disable(logging.NOTSET)
    return figures + identity_speed.run(quick=quick)


def _measured(one: Set) -> list[Figure]:
    rows = one.rows()
    truth = one.truth(rows)
    began = time.perf_counter()
    records = pool(rows, table_rules(), today=_TODAY, are_deduplicated=one.is_linked)
    compared = train(records, name=one.name, seed=_SEED)
    took = time.perf_counter() - began
    found = evaluate(records, truth, compared)
    ours = _ours(found, took)
    theirs = [_peer(program, weigh, one, records, truth) for program, weigh in _peers().items()]
    _print(one, len(truth), [ours, *theirs])
    _print_operation(operate(records, truth, compared), found)
    return [] if one.bars.is_hold_out else list(_figures(one, ours, theirs[0]))


def _peers() -> Mapping[str, Callable[[Set], peers.Weights]]:
    return {
        "splink": lambda one: peers.splink(one.name, one.sides, _SEED),
        "recordlinkage": lambda one: peers.recordlinkage(one.name, one.sides),
    }


def _ours(found: Evaluation, seconds: float) -> Result:
    return Result(
        "careweave",
        found.n_compared,
        found.blocking.recall,
        found.best,
        found.safe,
        found.blind,
        found.persons_best,
        found.persons_safe,
        found.persons_blind,
        seconds,
    )


def _peer(
    program: str,
    weigh: Callable[[Set], peers.Weights],
    one: Set,
    records: Pool,
    truth: frozenset[Pair],
) -> Result:
    """Returns what a peer makes of a set; its persons are connected components of its pairs."""
    began = time.perf_counter()
    weights = weigh(one)
    took = time.perf_counter() - began
    points = curve(tuple(weights), tuple(weights.values()), truth)
    grouped = [_components(weights, at, records, truth) for at in _STEPS]
    return Result(
        program,
        len(weights),
        points[-1].recall,
        best_of(points),
        safe_of(points),
        rates_from(points, _CERTAIN),
        best_of(grouped),
        safe_of(grouped),
        next(rates for rates in grouped if rates.at == _CERTAIN),
        took,
    )


def _components(weights: peers.Weights, at: float, records: Pool, truth: frozenset[Pair]) -> Rates:
    of = list(range(len(records.norms)))

    def root(record: int) -> int:
        while of[record] != record:
            of[record] = of[of[record]]
            record = of[record]
        return record

    for (one, other), weight in weights.items():
        if weight >= at:
            of[root(one)] = root(other)
    return persons_rates(records, [root(record) for record in range(len(of))], truth, at=at)


def _print(one: Set, n_true: int, results: Sequence[Result]) -> None:
    kind = ", held out" if one.bars.is_hold_out else ""
    print(f"\n{one.name}{kind}: {n_true:,} true pairs", file=sys.stderr)
    print(_HEAD, file=sys.stderr)
    for result in results:
        print(_line(result), file=sys.stderr, flush=True)


_HEAD = (
    f"{'':14}{'compared':>9} {'blocking':>8}  {'best P / R / F1':^24} {'safe R':>6}"
    f"  {'without labels P / R / F1':^26}  {'persons best P / R / F1':^24} {'safe R':>6}"
    f"  {'persons without labels':^24} {'s':>6}"
)


def _line(result: Result) -> str:
    return (
        f"{result.program:14}{result.n_compared:9,} {result.blocking:8.4f}  {_rates(result.best)}"
        f" {result.safe.recall:6.4f}  {_rates(result.blind):^26}  {_rates(result.persons_best)}"
        f" {result.persons_safe.recall:6.4f}  {_rates(result.persons_blind)} {result.seconds:6.1f}"
    )


def _rates(rates: Rates) -> str:
    return f"{rates.precision:.4f} / {rates.recall:.4f} / {rates.f1:.4f}"


def _print_operation(done: Operation, found: Evaluation) -> None:
    """Prints what the online decision does with all its vetoes."""
    of = max(done.n_known, 1)
    print(
        f"one by one, all vetoes: automatic {done.n_linked / of:.4f}, review {done.n_review / of:.4f},"
        f" missed {done.n_missed / of:.4f}, wrong {done.n_wrong}; pairs at the automatic threshold"
        f" {found.automatic.at:.1f}: {_rates(found.automatic)}",
        file=sys.stderr,
        flush=True,
    )


def _figures(one: Set, ours: Result, splink: Result) -> Iterator[Figure]:
    """Gives the figures that are kept: at least the bar, and at least Splink's of the same run."""
    bars, name = one.bars, one.name
    pairs = "pairs at the labelled best threshold; the target is the bar or Splink's, the higher"
    yield _share(f"f1_{name}", ours.best.f1, pairs, _higher(bars.f1, splink.best.f1))
    safe = "recall at a precision of .999; the target is the bar or Splink's, the higher"
    yield _share(f"safe_{name}", ours.safe.recall, safe, _higher(bars.safe, splink.safe.recall))
    yield _share(f"splink_f1_{name}", splink.best.f1, "Splink in the same run")
    lost = round(100 * (ours.best.f1 - ours.blind.f1), 2)
    blind = "F1 lost by a threshold without labels, against the labelled best"
    yield Figure(f"blind_loss_{name}", lost, "points", blind, bars.blind_points)
    persons = "persons at the labelled best threshold; the target is Splink's of the same run"
    yield _share(f"persons_f1_{name}", ours.persons_best.f1, persons, splink.persons_best.f1)
    unaided = "persons made without labels; the target is the bar"
    yield _share(f"persons_blind_f1_{name}", ours.persons_blind.f1, unaided, bars.persons_f1)
    if bars.persons_safe is not None:
        grouped = "recall of persons at a precision of .999"
        yield _share(f"persons_safe_{name}", ours.persons_safe.recall, grouped, bars.persons_safe)
    if bars.blocking is not None:
        how = "share of the true pairs that was compared"
        yield _share(f"blocking_{name}", ours.blocking, how, bars.blocking)
    if bars.most_pairs is not None:
        yield Figure(f"pairs_{name}", ours.n_compared, "pairs", "compared", bars.most_pairs)


def _higher(bar: float | None, peer: float) -> float:
    return max(bar or 0.0, peer)


def _share(name: str, value: float, method: str, target: float | None = None) -> Figure:
    return Figure(name, value, "share", method, target, lower_is_better=False)
