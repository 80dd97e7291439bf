"""How a trial of a message is shown: to be read by an engineer at two in the morning."""

from careweave.doors.cli._desk import say
from careweave.doors.cli._show import leaves
from careweave.doors.cli._trying import Entry, Trial
from careweave.sources import Source


def say_trial(source: Source, one: Trial) -> None:
    """Prints the message, the entries it gives, and what it leaves out."""
    place = f"line {one.line}" if one.line else f"message {one.number}"
    mapping = source.mapping.name if source.mapping else "no mapping"
    say(f"== {place}: {one.kind or 'unknown kind'}, {one.size} bytes, {mapping}")
    said = {"control id": one.control_id, "version": one.version, "event": one.event_at}
    say("   " + ", ".join(f"{name} {value}" for name, value in said.items() if value))
    verdict = f"{one.outcome.upper()}  {one.reason}  {one.where}".rstrip()
    say(f"-> {verdict}" + (f"\n   {one.suggestion}" if one.suggestion else ""))
    if one.segments:
        say("\nsegments")
        for part in one.segments:
            say(f"  {f'{part.start}-{part.end}':>13}  {part.text}")
    _say_findings(one)
    for entry in one.entries:
        _say_entry(entry)
    _say_unmapped(one)


def _say_findings(one: Trial) -> None:
    if one.findings:
        say("\nfindings")
    for found in one.findings:
        at = "" if found.offset is None else f" (byte {found.offset})"
        say(f"  {found.severity:<11}  {found.code}  {found.where}{at}  {found.about}".rstrip())


def _say_entry(entry: Entry) -> None:
    more = [f"write {entry.write}"]
    more += [f"heading {entry.heading}"] if entry.heading else []
    more += [f"label {label}" for label in entry.labels]
    say(f"\n{entry.type}/{entry.id}  ({', '.join(more)})")
    for path, value in leaves(entry.value):
        say(f"  {path} = {value}")
    for origin in entry.origins:
        chain = f"  by {' '.join(origin.chain)}" if origin.chain else ""
        say(f"  {origin.element} <- {origin.path or 'a constant'}{chain}")


def _say_unmapped(one: Trial) -> None:
    say(f"\nused {one.used_share:.0%} of the filled fields")
    if one.unmapped:
        say("not mapped")
    for field in one.unmapped:
        place = "" if field.start is None else f"  bytes {field.start}-{field.end}"
        say(f"  {field.path} = {field.value!r}{place}")
    for table, code, display in one.unmapped_codes:
        say(f"  no code in table {table}: {code} {display}".rstrip())
    say()
