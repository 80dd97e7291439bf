"""What the processes of the server counted, in the Prometheus text format."""

from collections.abc import Mapping, Sequence

from careweave.doors.fhir._figures import (
    CELLS,
    FAULTS,
    GAUGES,
    LEVEL,
    REQUESTS,
    STARTED,
    TIMES,
    Metric,
)
from careweave.doors.fhir._tally import Sheet, total


def text_of(found: Sequence[Sheet], gauges: Mapping[str, float]) -> bytes:
    """Returns the sums over the processes, with the gauges given."""
    sums, levels = total(found), {**_levels(found), **gauges}
    lines = [
        *_lines(REQUESTS, _plain(REQUESTS, sums)),
        *_lines(TIMES, _histogram(TIMES, sums)),
        *_lines(FAULTS, _plain(FAULTS, sums)),
    ]
    for metric in GAUGES:
        if metric.name in levels:
            lines += _lines(metric, [f"careweave_{metric.name} {levels[metric.name]:.15g}"])
    return ("\n".join(lines) + "\n").encode()


def _levels(found: Sequence[Sheet]) -> dict[str, float]:
    living = [sheet for sheet in found if sheet.is_living]
    sums = total(living)
    marked = {key.split("\t")[1]: n for key, n in sums.items() if key.startswith(f"{LEVEL}\t")}
    return marked | {
        "start_time_seconds": min((one.values.get(STARTED, 0.0) for one in found), default=0.0),
        "processes": float(len(living)),
        "process_starts": float(len(found)),
    }


def _counts(of: Metric, sums: Mapping[str, float]) -> list[tuple[tuple[str, ...], float]]:
    """Returns the counts of one metric by their labels, sorted."""
    split = ((key.split("\t"), n) for key, n in sums.items())
    return sorted((tuple(labels), n) for (name, *labels), n in split if name == of.name)


def _lines(metric: Metric, figures: list[str]) -> list[str]:
    name = f"careweave_{metric.name}"
    return [f"# HELP {name} {metric.help}", f"# TYPE {name} {metric.kind}", *figures]


def _plain(metric: Metric, sums: Mapping[str, float]) -> list[str]:
    return [
        f"careweave_{metric.name}{{{_labels(metric, values)}}} {n:.0f}"
        for values, n in _counts(metric, sums)
    ]


def _histogram(metric: Metric, sums: Mapping[str, float]) -> list[str]:
    lines, name = [], f"careweave_{metric.name}"
    cells = dict(_counts(metric, sums))
    for place in sorted({labels[:-1] for labels in cells}):
        labels, so_far = _labels(metric, place), 0.0
        for bound in CELLS[:-1]:
            so_far += cells[*place, bound]
            lines.append(f'{name}_bucket{{{labels},le="{bound}"}} {so_far:.0f}')
        lines.append(f"{name}_sum{{{labels}}} {cells[*place, 'sum']:.6f}")
        lines.append(f"{name}_count{{{labels}}} {so_far:.0f}")
    return lines


def _labels(metric: Metric, values: tuple[str, ...]) -> str:
    return ",".join(f'{name}="{value}"' for name, value in zip(metric.labels, values, strict=True))
