"""What the pages of professionals are made of."""

from collections.abc import Callable
from dataclasses import dataclass

from careweave.db import Database
from careweave.intake import Live, Receiver
from careweave.ledger import Recorder
from careweave.terms import Clock


@dataclass(frozen=True, slots=True)
class Parts:
    """What one process serves the workspace with; `base` is its address, without a last slash.

    `live` None means that no source is asked at the moment of need.
    """

    database: Database
    recorder: Recorder
    receiver: Receiver
    clock: Clock
    new_request_id: Callable[[], str]
    base: str
    live: Live | None = None
