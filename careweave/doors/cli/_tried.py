"""How a trial of a message is shown: to be read by an engineer at two in the morning."""

from collections.abc import Sequence

from careweave.doors.cli._desk import say
from careweave.doors.cli._show import leaves, say_line
from careweave.doors.cli._spans import SegmentSpan
from careweave.doors.cli._trying import Entry, Trial
from careweave.terms import Finding


def say_trial(one: Trial) -> None:
    """Prints the message, the entries it gives, and what it leaves out."""
    place = f"line {one.line}" if one.line else f"message {one.number}"
    say_line(f"== {place}: {one.kind or 'unknown kind'}, {one.size} bytes, {one.mapping}")
    said = {"control id": one.control_id, "version": one.version, "event": one.event_at}
    say_line("   " + ", ".join(f"{name} {value}" for name, value in said.items() if value))
    verdict = f"{one.outcome.upper()}  {one.reason}  {one.where}".rstrip()
    say_line(f"-> {verdict}")
    if one.suggestion:
        say_line(f"   {one.suggestion}")
    say_segments(one.segments)
    say_findings(one.findings)
    for entry in one.entries:
        _say_entry(entry)
    _say_unmapped(one)


def say_segments(segments: Sequence[SegmentSpan]) -> None:
    """Prints segments as they were sent, each with the bytes that it lies in."""
    if segments:
        say("\nsegments")
    for part in segments:
        say_line(f"  {f'{part.start}-{part.end}':>13}  {part.text}")


def say_findings(findings: Sequence[Finding]) -> None:
    """Prints what was noticed, and where."""
    if findings:
        say("\nfindings")
    for found in findings:
        at = "" if found.offset is None else f" (byte {found.offset})"
        say_line(f"  {found.severity:<11}  {found.code}  {found.where}{at}  {found.about}".rstrip())


def _say_entry(entry: Entry) -> None:
    more = [f"write {entry.write}"]
    more += [f"heading {entry.heading}"] if entry.heading else []
    more += [f"label {label}" for label in entry.labels]
    say(f"\n{entry.type}/{entry.id}  ({', '.join(more)})")
    for path, value in leaves(entry.value):
        say_line(f"  {path} = {value}")
    for origin in entry.origins:
        chain = f"  by {' '.join(origin.chain)}" if origin.chain else ""
        say(f"  {origin.element} <- {origin.path or 'a constant'}{chain}")


def _say_unmapped(one: Trial) -> None:
    say(f"\nused {one.used_share:.0%} of the filled fields")
    if one.unmapped:
        say("not mapped")
    for field in one.unmapped:
        place = "" if field.start is None else f"  bytes {field.start}-{field.end}"
        say_line(f"  {field.path} = {field.value!r}{place}")
    for table, code, display in one.unmapped_codes:
        say_line(f"  no code in table {table}: {code} {display}".rstrip())
    say()
