"""How the report of what is not mapped is shown."""

from collections.abc import Sequence

from careweave.doors.cli._desk import say
from careweave.doors.cli._show import say_table
from careweave.sources import CoverageReport, Drift


def say_coverage(report: CoverageReport) -> None:
    """Prints what was used, what was not, and what was noticed."""
    head = ("source", "mapping", "kind", "messages", "fields used")
    kinds = [
        (k.source, k.mapping, k.kind, k.n_messages, f"{k.used_share:.1%}") for k in report.kinds
    ]
    say_table(head, kinds)
    say("\nfields that arrive and are not mapped")
    rows = [
        (
            p.source,
            p.path,
            p.n_messages,
            _values(p.values, has_more=p.has_more),
            p.last_at,
            p.example,
        )
        for p in report.paths
    ]
    say_table(("source", "field", "messages", "values", "last seen", "example"), rows)
    say("\ncodes without a target")
    codes = [(c.source, c.table, c.code, c.display, c.n, c.example) for c in report.codes]
    say_table(("source", "table", "code", "display", "times", "example"), codes)
    say("\nfindings")
    found = [(f.source, f.finding, f.n_messages, f.last_at, f.example) for f in report.findings]
    say_table(("source", "finding", "messages", "last seen", "example"), found)


def _values(counts: tuple[int, ...], *, has_more: bool) -> str:
    """Returns how many different values came, and how often the most frequent ones."""
    often = " ".join(f"{n}x" for n in counts[:3])
    return f"{len(counts)}{'+' if has_more else ''} ({often}{' ...' if len(counts) > 3 else ''})"


def say_drift(changes: Sequence[Drift]) -> None:
    """Prints what changed today against before."""
    if changes:
        say("\nCHANGED TODAY")
    for one in changes:
        was = "" if one.before_share is None else f"  {one.before_share:.0%} -> {one.now_share:.0%}"
        say(f"  {one.source}  {one.kind}  {one.where}{was}")
