"""How one message is shown that somebody opened."""

from careweave.doors.cli._desk import say
from careweave.doors.cli._show import plain, say_line, say_table
from careweave.doors.cli._spans import SegmentSpan, segments_of
from careweave.doors.cli._tried import say_findings, say_segments, say_trial
from careweave.doors.cli._trying import Trial
from careweave.formats import read_hl7
from careweave.intake import Opened
from careweave.terms import CareweaveError


def as_json(opened: Opened, tried: Trial | None) -> dict[str, object]:
    """Returns the message as JSON shows it; bytes that are no text stand by their number."""
    told = plain(opened.message)
    return {
        **(told if isinstance(told, dict) else {}),
        "body": opened.body.decode("utf-8", errors="backslashreplace"),
        "attempts": opened.attempts,
        "entries": _entries(opened),
        "mapped": tried,
    }


def say_opened(opened: Opened, tried: Trial | None) -> None:
    """Prints what is known of the message, the attempts on it, and its bytes or its trial."""
    _say_facts(opened)
    _say_attempts(opened)
    if tried is not None:
        say_trial(tried)
        return
    say_findings(opened.message.findings)
    segments = _segments(opened.body)
    if segments:
        say_segments(segments)
    else:
        say()
        for line in opened.body.decode("utf-8", errors="backslashreplace").splitlines():
            say_line(line)


def _entries(opened: Opened) -> list[str]:
    return [f"{type_name}/{key}" for type_name, key in opened.entries]


def _say_facts(opened: Opened) -> None:
    one = opened.message
    said = {
        "source": one.source,
        "received": f"{one.received_at:%Y-%m-%d %H:%M:%S} by {one.channel}",
        "file": one.name,
        "line": one.line,
        "kind": one.kind,
        "control id": one.control_id,
        "event": one.event_at,
        "state": one.state,
        "reason": one.reason,
        "place": one.place,
        "what to do": one.suggestion,
        "mapping": one.mapping,
        "entries": ", ".join(_entries(opened)),
    }
    say_table(("message", str(one.id)), [(name, value) for name, value in said.items() if value])


def _say_attempts(opened: Opened) -> None:
    if opened.attempts:
        say("\nattempts")
        head = ("n", "started", "ended", "mapping", "outcome", "reason")
        rows = [
            (one.n, one.started_at, one.finished_at, one.mapping, one.outcome, one.reason)
            for one in opened.attempts
        ]
        say_table(head, rows)


def _segments(body: bytes) -> tuple[SegmentSpan, ...]:
    if b"MSH" not in body[:64]:
        return ()
    try:
        return segments_of(read_hl7(body))
    except CareweaveError:
        return ()
