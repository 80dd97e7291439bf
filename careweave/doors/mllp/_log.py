"""Log lines of this door: fields of a fixed list, nothing of what was sent."""

import json
import traceback
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Noted:
    """What is told: what happened, at the door of which source, with which peer, and how often."""

    event: str
    source: str
    peer: str = ""
    code: str = ""
    n_messages: int = 0
    n_thrown: int = 0
    seconds: float = 0.0


def line(noted: Noted) -> str:
    """Returns the line of one event; what is empty is left out."""
    told: dict[str, object] = {
        "event": noted.event,
        "door": "mllp",
        "source": noted.source,
        "peer": noted.peer,
        "code": noted.code,
        "messages": noted.n_messages,
        "thrown": noted.n_thrown,
        "seconds": round(noted.seconds, 3),
    }
    return json.dumps({key: value for key, value in told.items() if value})


def fault_line(error: Exception, source: str) -> str:
    """Returns where a fault of ours arose. Its text is left out: it may quote what was sent."""
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    places = [f"{frame.filename.rpartition('careweave/')[2]}:{frame.lineno}" for frame in frames]
    return json.dumps(
        {
            "event": "fault",
            "door": "mllp",
            "kind": type(error).__name__,
            "at": places,
            "source": source,
        }
    )
