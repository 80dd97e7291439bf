"""What systems with FHIR STU3 send: one bundle a file, in the shapes that councils still use.

Source: FHIR 3.0.2; reference/interop.md 9.
"""

from collections.abc import Iterator
from datetime import timedelta

from careweave.demonstration._fhir import Chart, Resource, patient
from careweave.demonstration._model import Fact, Holding, Sent
from careweave.demonstration._records import resource_of, tellings
from careweave.demonstration._region import Desk
from careweave.demonstration._state import is_of_person, who_at
from careweave.formats import write_json
from careweave.terms import Json

_LIST_OF_ONE = {
    "Flag": ("category",),
    "RelatedPerson": ("relationship",),
}
_STATUSES = ("clinicalStatus", "verificationStatus")


def bundles(desk: Desk, holding: Holding) -> Iterator[Sent]:
    """Gives one bundle a telling, each with the person as they are then known."""
    told = tellings(holding)
    horizon = holding.known_at + timedelta(hours=12)
    loaded = [one for one in told if one.sent_at <= horizon]
    if loaded:
        yield _bundle(desk, holding, [one.fact for one in loaded], loaded[0].fact)
    for one in told[len(loaded) :]:
        yield _bundle(desk, holding, [one.fact], one.fact, later=one.sent_at != one.fact.sent_at)


def _bundle(
    desk: Desk, holding: Holding, facts: list[Fact], first: Fact, *, later: bool = False
) -> Sent:
    at = first.ended_at if later and first.ended_at else first.sent_at
    chart = Chart(desk, who_at(holding, facts[-1]))
    made = [patient(chart)]
    made += [resource_of(chart, fact) for fact in facts if not is_of_person(fact)]
    entries: list[Json] = [
        {"fullUrl": f"urn:careweave:demo:{one['resourceType']}/{one['id']}", "resource": older(one)}
        for one in made
    ]
    value: Json = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    name = f"care_{at:%Y%m%dT%H%M%S}_{holding.who.local.lower()}_{first.number}.json"
    return Sent(desk.sources["stu3"], at, name, write_json(value))


def older(resource: Resource) -> Resource:
    """Returns an R4 resource of this room in the shape that STU3 had."""
    value = dict(resource)
    kind = str(value["resourceType"])
    for name in _LIST_OF_ONE.get(kind, ()):
        given = value.get(name)
        if isinstance(given, list) and given:
            value[name] = given[0]
    for name in _STATUSES:
        if name in value:
            value[name] = _code(value[name])
    for new, old in _RENAMED.get(kind, {}).items():
        if new in value:
            value[old] = value.pop(new)
    for name in ("managingOrganization", "author", "serviceProvider", "performer", "careManager"):
        value.pop(name, None)
    return _CHANGES.get(kind, _same)(value)


def _same(value: Resource) -> Resource:
    return value


def _code(value: Json) -> Json:
    codings = value["coding"] if isinstance(value, dict) else None
    first = codings[0] if isinstance(codings, list) else None
    return first["code"] if isinstance(first, dict) else None


def _team(value: Resource) -> Resource:
    value["participant"] = [{"role": {"text": "Key worker"}}]
    return value


def _referral(value: Resource) -> Resource:
    value["resourceType"] = "ReferralRequest"
    value["serviceRequested"] = [value.pop("code")]
    value.pop("requester", None)
    value.pop("category", None)
    return value


def _task(value: Resource) -> Resource:
    value.pop("requester", None)
    return value


def _encounter(value: Resource) -> Resource:
    value.pop("participant", None)
    return value


_RENAMED = {
    "Condition": {"recordedDate": "assertedDate", "recorder": "asserter"},
    "AllergyIntolerance": {"recordedDate": "assertedDate"},
    "DocumentReference": {"date": "indexed"},
    "Encounter": {"reasonCode": "reason"},
    "CarePlan": {},
}
_CHANGES = {
    "CareTeam": _team,
    "ServiceRequest": _referral,
    "Task": _task,
    "Encounter": _encounter,
}
