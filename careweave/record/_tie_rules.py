"""What an entry proves about the relationship of its subject to an organisation.

Source: `reference/store.md` 2.12. Every kind that the entry could prove is given; intake keeps
those that the source may prove. What has ended is kept with its end, for the grace of each kind.
A line of a package of home care proves the case-load of the provider that it names.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo

from careweave.formats import date_range
from careweave.record._paths import at, first_text
from careweave.record._prepared import TieProof
from careweave.record._references import CONTAINED, FOREIGN, literal
from careweave.terms import CANONICAL, Json

EPISODE_KINDS = f"{CANONICAL}/CodeSystem/episode-kind"
"""Codes in EpisodeOfCare.type that name the kind of tie; without one its source says which."""

_KINDS_OF_EPISODE = frozenset({"registration", "caseload", "la-episode", "enquiry", "residence"})
_UNNAMED = ("caseload", "la-episode", "enquiry", "residence")
_KINDS_OF_TEAM = ("caseload", "la-episode")
_OPEN_ENCOUNTER = frozenset({"arrived", "triaged", "in-progress", "onleave"})
_NO_ENCOUNTER = frozenset({"planned", "cancelled", "entered-in-error", "unknown", ""})
_OPEN_EPISODE = frozenset({"active", "onhold", "finished"})
_TAKEN_ON = frozenset({"accepted", "in-progress", "completed"})
_TEAM = frozenset({"active", "suspended", "inactive"})
_INCIDENT = timedelta(hours=12)

Rule = Callable[[dict[str, Json], tzinfo], Iterator[TieProof]]


def tie_proofs(type_name: str, value: dict[str, Json], zone: tzinfo) -> tuple[TieProof, ...]:
    """Returns what an entry proves; nothing for most types."""
    rule = _RULES.get(type_name)
    return tuple(rule(value, zone)) if rule else ()


def _patient(value: dict[str, Json], _zone: tzinfo) -> Iterator[TieProof]:
    if value.get("active") is False:
        return
    for organisation in _organisations(value, "generalPractitioner"):
        yield TieProof("registration", organisation, "", None, None)


def _encounter(value: dict[str, Json], zone: tzinfo) -> Iterator[TieProof]:
    status = first_text(value, "status") or ""
    if status in _NO_ENCOUNTER:
        return
    since, until = _period(value, zone)
    organisation = next(_organisations(value, "serviceProvider"), None)
    if status in _OPEN_ENCOUNTER or (status == "finished" and until is not None):
        yield TieProof("encounter", organisation, "", since, until)
        yield TieProof("pharmacy", None, "", since, until)
    if since is not None:
        yield TieProof("incident", None, "", since, since + _INCIDENT)


def _episode(value: dict[str, Json], zone: tzinfo) -> Iterator[TieProof]:
    since, until = _period(value, zone)
    status = first_text(value, "status")
    # A finished episode without an end says nothing of its time, so it proves nothing.
    if status not in _OPEN_EPISODE or (status == "finished" and until is None):
        return
    organisation = next(_organisations(value, "managingOrganization"), None)
    team = next(_teams(value), "")
    for kind in _kinds_of_episode(value):
        yield TieProof(kind, organisation, team, since, until)


def _kinds_of_episode(value: dict[str, Json]) -> tuple[str, ...]:
    for coding in at(value, "type.coding"):
        if isinstance(coding, dict) and coding.get("system") == EPISODE_KINDS:
            code = coding.get("code")
            if isinstance(code, str) and code in _KINDS_OF_EPISODE:
                return (code,)
    return _UNNAMED


def _team(value: dict[str, Json], zone: tzinfo) -> Iterator[TieProof]:
    since, until = _period(value, zone)
    status = first_text(value, "status")
    # A team that works no longer and does not say since when proves nothing.
    if status not in _TEAM or (status != "active" and until is None):
        return
    for organisation in _organisations(value, "managingOrganization"):
        for kind in _KINDS_OF_TEAM:
            yield TieProof(kind, organisation, first_text(value, "id") or "", since, until)


def _task(value: dict[str, Json], zone: tzinfo) -> Iterator[TieProof]:
    """Yields the referral that whoever received it has taken on."""
    what = first_text(value, "focus.reference", "basedOn.reference")
    if value.get("status") not in _TAKEN_ON or what is None:
        return
    since, until = _period(value, zone, "executionPeriod")
    if literal(what)[0] != "ServiceRequest" or (value["status"] == "completed" and until is None):
        return
    yield TieProof("referral", next(_organisations(value, "owner"), None), "", since, until)


_RULES: dict[str, Rule] = {
    "Patient": _patient,
    "Encounter": _encounter,
    "EpisodeOfCare": _episode,
    "CareTeam": _team,
    "Task": _task,
}


def _organisations(value: dict[str, Json], path: str) -> Iterator[str]:
    for reference in at(value, path):
        if not isinstance(reference, dict):
            continue
        text = reference.get("reference")
        if isinstance(text, str) and text:
            yield from _organisation(text)
        elif (code := first_text(reference, "identifier.value")) is not None:
            system = first_text(reference, "identifier.system") or ""
            yield f"identifier {system}|{code}"


def _organisation(text: str) -> Iterator[str]:
    kind, name = literal(text)
    if kind == "Organization":
        yield f"Organization/{name}"
    elif kind == FOREIGN:
        yield f"url {name}"


def _teams(value: dict[str, Json]) -> Iterator[str]:
    for text in at(value, "team.reference"):
        if isinstance(text, str):
            kind, name = literal(text)
            if kind not in {CONTAINED, FOREIGN}:
                yield name


def _period(
    value: dict[str, Json], zone: tzinfo, name: str = "period"
) -> tuple[datetime | None, datetime | None]:
    start, end = first_text(value, f"{name}.start"), first_text(value, f"{name}.end")
    since = date_range(start, zone)[0] if start else None
    return since, date_range(end, zone)[1] if end else None
