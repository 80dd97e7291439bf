"""The door for HL7 v2 over MLLP: stores each message, then acknowledges it."""

from careweave.doors.mllp._answers import Judged, Verdict
from careweave.doors.mllp._applied import outcomes_of
from careweave.doors.mllp._counts import Count
from careweave.doors.mllp._limits import MLLP_LIMITS, MllpLimits
from careweave.doors.mllp._listener import Listener, Where
from careweave.doors.mllp._outcomes import Outcomes

__all__ = [
    "MLLP_LIMITS",
    "Count",
    "Judged",
    "Listener",
    "MllpLimits",
    "Outcomes",
    "Verdict",
    "Where",
    "outcomes_of",
]
