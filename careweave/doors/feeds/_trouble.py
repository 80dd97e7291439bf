"""A line of the log about an error."""

import json
import traceback


def fault_line(event: str, error: Exception) -> str:
    """Returns where an error arose. Its text is left out: it may quote what was sent."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    places = [f"{frame.filename.rpartition('careweave/')[2]}:{frame.lineno}" for frame in frames]
    kind = type(error).__name__
    return json.dumps({"event": event, "door": "feeds", "kind": kind, "at": places})
