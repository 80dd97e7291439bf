"""One line of the access log a request: fields of a fixed list, nothing of anybody."""

import json
import traceback
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Served:
    """What is told of one request: no address as asked, no id, no parameter, no value."""

    route: str
    method: str
    status: int
    seconds: float
    request_id: str
    client: str


def line(served: Served) -> str:
    """Returns the line of one request."""
    return json.dumps(
        {
            "event": "request",
            "door": "fhir",
            "route": served.route,
            "method": served.method,
            "status": served.status,
            "ms": round(served.seconds * 1000, 2),
            "request_id": served.request_id,
            "client": served.client,
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
