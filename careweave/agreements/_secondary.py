"""The steps that uses beyond care have of their own: project, opt-outs, their list's age.

Source: `reference/agreements.md` section 6, step 3 and 4, and the table of secondary purposes;
`reference/security.md` 13.1.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from careweave.agreements._chosen import objects_to_use
from careweave.agreements._durations import duration
from careweave.agreements._question import Reason
from careweave.agreements._sensitive import is_barred
from careweave.agreements._steps import Case, Stop, Trial
from careweave.agreements._values import Agreement
from careweave.terms import Json

_APPLIES: Final = "apply"
_NATIONAL: Final = "national"
_TYPE_1: Final = "type1"


def project(case: Case, trial: Trial) -> Trial | Stop:
    """Asks for the project that the agreement names, every approval of which is in date."""
    agreement = trial.offer.agreement
    if agreement is None or agreement.project.get("ref") != (case.context.project or None):
        return Stop(Reason.PROJECT)
    day = case.context.at.astimezone(ZoneInfo(case.world.zone)).date()
    approvals = agreement.project.get("approvals")
    found = approvals if isinstance(approvals, list) else []
    is_approved = bool(found) and all(_holds(one, day) for one in found)
    return trial if is_approved else Stop(Reason.PROJECT)


def _holds(approval: Json, day: date) -> bool:
    if not isinstance(approval, Mapping):
        return False
    at, until = approval.get("at"), approval.get("until")
    if not isinstance(at, str) or not isinstance(until, str):
        return False
    return date.fromisoformat(at) <= day <= date.fromisoformat(until)


def fresh(case: Case, trial: Trial) -> Trial | Stop:
    """Asks that the list of opt-outs is no older than its jurisdiction permits."""
    clause, agreement = trial.offer.clause, trial.offer.agreement
    if clause is None or agreement is None or clause.opt_out.get(_NATIONAL) != _APPLIES:
        return trial
    fetched, at = case.context.opt_outs_at, case.context.at
    longest = _longest(case, agreement)
    is_fresh = fetched is not None and longest is not None and fetched <= at < fetched + longest
    return trial if is_fresh else Stop(Reason.OPT_OUT_STALE)


def _longest(case: Case, agreement: Agreement) -> timedelta | None:
    ages = [
        duration(str(one.get("max_age", "")))
        for name in agreement.jurisdiction
        for one in _opt_outs(case.world.rules.jurisdictions.get(name, {}))
        if one.get("id") == _NATIONAL
    ]
    known = [one for one in ages if one is not None]
    return min(known) if known and len(known) == len(ages) else None


def _opt_outs(jurisdiction: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    found = jurisdiction.get("opt_outs")
    lines = found if isinstance(found, list) else []
    return [one for one in lines if isinstance(one, Mapping)]


def bar(case: Case, trial: Trial) -> Trial | Stop:
    """Asks that no law keeps the row from everybody."""
    return Stop(Reason.LAW_BAR, is_silent=True) if is_barred(case) else trial


def opted_out(case: Case, trial: Trial) -> Trial | Stop:
    """Asks that the person has not opted out, unless an exemption is cited."""
    clause = trial.offer.clause
    asked = clause.opt_out if clause else {}
    # What a clause does not speak of applies: nobody is exempt by silence.
    is_out = case.about.is_opted_out and asked.get(_NATIONAL, _APPLIES) == _APPLIES
    is_kept = asked.get(_TYPE_1, _APPLIES) == _APPLIES and objects_to_use(
        case.world, case.context, case.about, case.thing
    )
    return Stop(Reason.OPTED_OUT, is_silent=True) if is_out or is_kept else trial
