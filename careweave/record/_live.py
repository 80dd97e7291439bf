"""Until when an entry counts as current."""

from datetime import UTC, datetime, tzinfo

from careweave.formats import date_range
from careweave.record._paths import first_text
from careweave.terms import Heading, Json

ALWAYS = datetime.max.replace(tzinfo=UTC)
NEVER = datetime.min.replace(tzinfo=UTC)

_OPEN = frozenset(
    {
        "", "accepted", "active", "arrived", "available", "booked", "busy", "busy-tentative",
        "busy-unavailable", "candidate", "checked-in", "current", "draft", "eligible", "follow-up",
        "free", "in-progress", "intended", "on-hold", "on-study", "onhold", "onleave", "pending",
        "planned", "preparation", "proposed", "ready", "received", "recurrence", "relapse",
        "requested", "suspended", "triaged", "unknown", "waitlist",
    }
)  # fmt: skip
"""Statuses of something that is active, planned or in progress."""

_ENDS = (
    "period.end", "abatementDateTime", "abatementPeriod.end", "effectivePeriod.end",
    "occurrencePeriod.end", "performedPeriod.end", "executionPeriod.end", "servicePeriod.end",
    "provision.period.end", "end",
)  # fmt: skip
_ENDED = (
    "statusDate", "lastModified", "dosageInstruction.timing.repeat.boundsPeriod.end",
    "dispenseRequest.validityPeriod.end",
)  # fmt: skip
"""When it ended, told only by what has ended: the end of a supply does not end a medicine."""

_STATUS = ("lifecycleStatus", "clinicalStatus.coding.code", "status")
_WRONG = "entered-in-error"
_MADE = frozenset({"final", "amended", "corrected", "registered", "preliminary"})
_DECISIONS = frozenset({Heading.EOL, Heading.LEG})
"""Headings under which an observation is a decision: it holds until its source takes it back."""


def live_until(
    value: dict[str, Json],
    zone: tzinfo,
    main: tuple[datetime, datetime] | None,
    heading: Heading | None = None,
) -> datetime:
    """Returns until when an entry is current; `main` is its main date, [low, high).

    ALWAYS while active, planned or in progress without an end; the end where there is one; the
    time of the ending event once it ended, as far as the entry tells; NEVER when it was entered in
    error. That an allergy is refuted or over is what its source says of it now, and a decision on
    resuscitation or in law holds until it is taken back: both are current without an end.
    Source: `reference/store.md` 2.12; docs/decisions/0037.
    """
    status = first_text(value, *_STATUS) or ""
    if _WRONG in {status, first_text(value, "verificationStatus.coding.code")}:
        return NEVER
    end = _time(value, _ENDS, zone)
    if _stands(value, heading):
        return end or ALWAYS
    if status in _OPEN and value.get("active") is not False:
        return end or ALWAYS
    return end or _time(value, _ENDED, zone) or _latest(main) or _known(value, zone)


def _stands(value: dict[str, Json], heading: Heading | None) -> bool:
    kind = value.get("resourceType")
    is_decided = kind == "Observation" and value.get("status") in _MADE
    return kind == "AllergyIntolerance" or (is_decided and heading in _DECISIONS)


def _time(value: dict[str, Json], paths: tuple[str, ...], zone: tzinfo) -> datetime | None:
    text = first_text(value, *paths)
    return date_range(text, zone)[1] if text else None


def _latest(main: tuple[datetime, datetime] | None) -> datetime | None:
    if main is None:
        return None
    low, high = main
    return high if high < ALWAYS else low


def _known(value: dict[str, Json], zone: tzinfo) -> datetime:
    return _time(value, ("recordedDate", "issued", "date", "meta.lastUpdated"), zone) or NEVER
