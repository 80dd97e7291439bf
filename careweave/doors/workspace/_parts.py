"""What the pages of professionals are made of."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from careweave.db import Database
from careweave.doors._access import Clients, Codes, Passkeys, Rates, Sessions
from careweave.doors._frame import Brand
from careweave.intake import Live, Receiver
from careweave.ledger import Recorder
from careweave.sources import Sources
from careweave.terms import Clock

_LIVE_PER_MINUTE, _LIVE_AT_ONCE = 20.0, 20.0


def _live_rates() -> Rates:
    return Rates(_LIVE_PER_MINUTE / 60, _LIVE_AT_ONCE, time.monotonic)


@dataclass(frozen=True, slots=True)
class Parts:
    """What one process serves the workspace with.

    `base` is its address: scheme, host and port without a last slash. `live` None means that no
    source is asked at the moment of need, and `live_rates` are how often each user has them asked;
    `sources` are those that pages write to. `environment` says in words what is not real use.
    """

    database: Database
    recorder: Recorder
    receiver: Receiver
    sessions: Sessions
    passkeys: Passkeys
    codes: Codes
    clients: Clients
    clock: Clock
    new_request_id: Callable[[], str]
    random: Callable[[int], bytes]
    base: str
    zone: ZoneInfo
    region: Path
    sources: Callable[[], Sources]
    live: Live | None = None
    brand: Brand = field(default_factory=Brand)
    live_rates: Rates = field(default_factory=_live_rates)
    is_demonstration: bool = False
    environment: str = ""
