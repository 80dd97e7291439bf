"""How much a peer may do at this door."""

from dataclasses import dataclass

from careweave.formats import HL7_LIMITS, Hl7Limits


@dataclass(frozen=True, slots=True)
class MllpLimits:
    """The bounds of connections; times in seconds. Source: `reference/interop.md` 2.2, 3.1.

    `frame_s` is the time to complete a frame once begun, `apply_s` how long an answer waits for the
    mapping where the source wants that, `waiting` how many application acknowledgements a
    connection may have ahead, `restarts` how many frames it may break off.
    """

    message: Hl7Limits = HL7_LIMITS
    connections: int = 1024
    of_source: int = 256
    frame_s: float = 30.0
    idle_s: float = 900.0
    send_s: float = 30.0
    handshake_s: float = 10.0
    apply_s: float = 5.0
    waiting: int = 100
    restarts: int = 10


MLLP_LIMITS = MllpLimits()
