"""What an address of this door is: the table of them is in `_table`.

The Falcon application, the capability statement, the OpenAPI document and the tests that sweep
the door are all made from that table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from careweave.doors.fhir._answer import Answer
from careweave.doors.fhir._call import Call, Parts
from careweave.doors.fhir._metrics import Metrics


class Mark(StrEnum):
    """The decision that each address carries: none is without one."""

    PUBLIC = "public"  # nothing of anybody: no token asked
    OPERATES = "operates"  # figures of the server: from the machine itself, or with a token
    DISCLOSES = "discloses"  # goes out through disclosure
    RECEIVES = "receives"  # comes in through intake


@dataclass(frozen=True, slots=True)
class Visit:
    """One request that needs no caller, with the table of addresses that it may tell of."""

    parts: Parts
    metrics: Metrics
    environ: Mapping[str, str]
    routes: "tuple[Route, ...]"
    open_routes: "tuple[OpenRoute, ...]"


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address that needs a caller.

    `letters` are the SMART v2 scope letters that it needs; `code` is the FHIR interaction or the
    name of the operation; `type` is set where the address itself names the resource type.
    """

    method: str
    template: str
    handler: Callable[[Call], Answer]
    mark: Mark
    code: str
    letters: str = ""
    type: str | None = None


@dataclass(frozen=True, slots=True)
class OpenRoute:
    """One method of one address that anybody may call."""

    method: str
    template: str
    handler: Callable[[Visit], Answer]
    mark: Mark
    code: str
