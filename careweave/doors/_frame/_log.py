"""What a fault leaves in the log: where it arose, never what it was about."""

import json
import traceback

_FRAMES = 12


def fault_line(error: Exception, request_id: str) -> str:
    """Returns where a fault of ours arose. Its text is left out: it may quote what was sent."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = [f"{frame.filename.rpartition('careweave/')[2]}:{frame.lineno}" for frame in frames]
    return json.dumps(
        {
            "event": "fault",
            "door": "pages",
            "kind": type(error).__name__,
            "at": places,
            "request_id": request_id,
        }
    )
