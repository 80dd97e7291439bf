"""One line of the access log a request: fields of a fixed list, nothing of anybody."""

import json
import traceback

from careweave.doors.fhir._routes import OpenRoute, Route


def line(
    route: Route | OpenRoute, status: int, seconds: float, request_id: str, client: str
) -> str:
    """Returns the line: no address as asked, no id, no parameter, no value."""
    return json.dumps(
        {
            "event": "request",
            "door": "fhir",
            "route": route.template,
            "method": route.method,
            "status": status,
            "ms": round(seconds * 1000, 2),
            "request_id": request_id,
            "client": client,
        }
    )


def fault_line(error: Exception, request_id: str) -> str:
    """Returns where a fault of ours arose. Its text is left out: it may quote what was sent."""
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    places = [f"{frame.filename.rpartition('careweave/')[2]}:{frame.lineno}" for frame in frames]
    return json.dumps(
        {
            "event": "fault",
            "door": "fhir",
            "kind": type(error).__name__,
            "at": places,
            "request_id": request_id,
        }
    )
