"""Facts of care and of life as FHIR R4: plans, contacts, legal matters, documents, alerts."""

from base64 import b64encode

from careweave.demonstration._fhir import (
    ODS_SYSTEM,
    Chart,
    Resource,
    concept,
    instant,
    period,
    tho,
)
from careweave.demonstration._model import Fact
from careweave.demonstration._paper import pdf
from careweave.terms import CANONICAL, HEADING_SYSTEM, Json

_ENGLAND_FLAG = "https://fhir.nhs.uk/England/CodeSystem/England-FlagCategoryPatient"
_BARS_FLAG = "https://fhir.nhs.uk/CodeSystem/flag-categories-bars"
_REASONS = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_PORTAL_USERS = "urn:careweave:demo:portal:user"
# The kind of flag, as the booking and referral standard names it. Source: BaRS 1, flag categories.
_FLAGS = {"adjustment": "RA", "respect": "RT", "scene": "SS", "infection": "IR"}


def appointment(chart: Chart, fact: Fact) -> Resource:
    """Returns the Appointment."""
    return {
        "resourceType": "Appointment",
        "status": fact.word("status", "booked"),
        "description": fact.display,
        "start": instant(fact.at),
        "end": instant(fact.at.replace(minute=59)),
        "participant": [
            {"actor": chart.patient, "status": "accepted"},
            {"actor": chart.staff(fact.number), "status": "accepted"},
        ],
    }


def referral(chart: Chart, fact: Fact) -> Resource:
    """Returns the ServiceRequest of a referral."""
    return _request(chart, fact, "referral")


def request(chart: Chart, fact: Fact) -> Resource:
    """Returns the ServiceRequest of an investigation."""
    return _request(chart, fact, "laboratory")


def _request(chart: Chart, fact: Fact, category: str) -> Resource:
    value: Resource = {
        "resourceType": "ServiceRequest",
        "status": fact.word("status", "active"),
        "intent": "order",
        "category": [{"coding": [{"system": "urn:careweave:demo:category", "code": category}]}],
        "code": _code(fact),
        "subject": chart.patient,
        "authoredOn": instant(fact.at),
        "requester": chart.staff(fact.number),
    }
    return _noted(value, fact)


def task(chart: Chart, fact: Fact) -> Resource:
    """Returns the Task."""
    value: Resource = {
        "resourceType": "Task",
        "status": fact.word("status", "requested"),
        "intent": "order",
        "code": _code(fact),
        "description": fact.display,
        "for": chart.patient,
        "authoredOn": instant(fact.at),
        "requester": chart.staff(fact.number),
    }
    return _noted(value, fact)


def plan(chart: Chart, fact: Fact) -> Resource:
    """Returns the CarePlan; its category says which plan it is."""
    category: Json = _code(fact)
    if not fact.more.get("code"):
        category = {"coding": [{"system": "http://snomed.info/sct", "code": "734163000"}]}
    value: Resource = {
        "resourceType": "CarePlan",
        "status": "completed" if fact.ended_at else fact.word("status", "active"),
        "intent": "plan",
        "title": fact.display,
        "category": [category],
        "subject": chart.patient,
        "period": period(fact),
        "author": chart.staff(fact.number),
    }
    steps = fact.words("steps")
    if steps:
        value["activity"] = [
            {"detail": {"status": "in-progress", "description": step}} for step in steps
        ]
    return _noted(value, fact)


def goal(chart: Chart, fact: Fact) -> Resource:
    """Returns the Goal with its target."""
    value: Resource = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": fact.display},
        "subject": chart.patient,
        "startDate": f"{fact.at:%Y-%m-%d}",
    }
    if fact.more.get("target"):
        measure = concept(fact.word("measure", fact.text))
        value["target"] = [{"measure": measure, "detailString": fact.word("target")}]
    return value


def team(chart: Chart, fact: Fact) -> Resource:
    """Returns the CareTeam: who works with the person."""
    value: Resource = {
        "resourceType": "CareTeam",
        "status": "active",
        "name": fact.display,
        "subject": chart.patient,
        "period": period(fact),
        "participant": [
            {"role": [concept(fact.word("role", "Key worker"))], "member": chart.staff(fact.number)}
        ],
        "managingOrganization": [chart.house],
    }
    if fact.more.get("code"):
        value["reasonCode"] = [_code(fact)]
    return _noted(value, fact)


def contact(chart: Chart, fact: Fact) -> Resource:
    """Returns the RelatedPerson: `contact` is the name, `relation` what they are."""
    family, _, given = fact.text.partition(", ")
    roles: list[Json] = [concept(fact.word("relation", "Relative"))]
    if fact.more.get("next_of_kin"):
        roles.append(_role("v2-0131", "N"))
    if fact.more.get("attorney"):
        roles.append(_role("v3-RoleCode", "HPOWATT"))
    value: Resource = {
        "resourceType": "RelatedPerson",
        "active": fact.ended_at is None,
        "patient": chart.patient,
        "relationship": roles,
        "name": [
            {"family": family, "given": list[Json](given.split())} if given else {"family": family}
        ],
    }
    phones: Json = [{"system": "phone", "value": one} for one in fact.words("phone")]
    return {**value, "telecom": phones} if phones else value


def _role(system: str, code: str) -> Json:
    return tho(system, code)


def legal(chart: Chart, fact: Fact) -> Resource:
    """Returns the Consent that says what holds in law: power of attorney, deputy, decision."""
    scope = fact.word("scope", "patient-privacy")
    value: Resource = {
        "resourceType": "Consent",
        "status": "inactive" if fact.ended_at else fact.word("status", "active"),
        "scope": tho("consentscope", scope),
        "category": [_code(fact)],
        "patient": chart.patient,
        "dateTime": instant(fact.at),
        "organization": [chart.house],
        "policyRule": {"text": " ".join((fact.display, fact.word("note"))).strip()},
        "provision": {
            "type": fact.word("provision", "permit"),
            "period": period(fact),
            **_proxy(fact),
            **_narrowed(fact),
        },
    }
    return value


def _proxy(fact: Fact) -> Resource:
    """Returns whom a person lets act for them, as the portal names its users; mostly nobody."""
    name = fact.word("proxy")
    if not name:
        return {}
    identifier: Json = {"system": _PORTAL_USERS, "value": name}
    return {
        "purpose": [{"system": _REASONS, "code": "FAMRQT"}],
        "actor": [
            {
                "role": tho("v3-ParticipationType", "IRCP"),
                "reference": {"type": "RelatedPerson", "identifier": identifier},
            }
        ],
    }


def _narrowed(fact: Fact) -> Resource:
    """Returns towards which organisation and about which heading something is said, where it is."""
    value: Resource = {}
    if fact.word("towards"):
        identifier: Json = {"system": ODS_SYSTEM, "value": fact.word("towards")}
        whom: Json = {"type": "Organization", "identifier": identifier}
        value["actor"] = [{"role": tho("v3-ParticipationType", "IRCP"), "reference": whom}]
    if fact.word("under"):
        value["class"] = [{"system": HEADING_SYSTEM, "code": fact.word("under")}]
    return value


def section(chart: Chart, fact: Fact) -> Resource:
    """Returns the EpisodeOfCare of a time under a section of the law."""
    return _episode(chart, fact, fact.word("code", "demo-detained"))


def episode(chart: Chart, fact: Fact) -> Resource:
    """Returns the EpisodeOfCare: a caseload, a package, a residence."""
    return _episode(chart, fact, fact.word("code"))


def _episode(chart: Chart, fact: Fact, code: str) -> Resource:
    return {
        "resourceType": "EpisodeOfCare",
        "status": "finished" if fact.ended_at else fact.word("status", "active"),
        "type": [concept(fact.text, code, fact.display)],
        "patient": chart.patient,
        "managingOrganization": chart.house,
        "period": period(fact),
        "careManager": chart.staff(fact.number),
    }


def flag(chart: Chart, fact: Fact) -> Resource:
    """Returns the Flag; `flag` of kind child-protection is the national one."""
    what = fact.word("sort", "safety")
    category: Json = tho("flag-category", what)
    if what == "child-protection":
        code = "child-protection-information-system-flag"
        category = {"coding": [{"system": _ENGLAND_FLAG, "code": code}]}
    elif what in _FLAGS:
        category = {"coding": [{"system": _BARS_FLAG, "code": _FLAGS[what]}]}
    return {
        "resourceType": "Flag",
        "status": "inactive" if fact.ended_at else "active",
        "category": [category],
        "code": concept(fact.text, fact.word("code"), " ".join((fact.display, fact.word("note")))),
        "subject": chart.patient,
        "period": period(fact),
        "author": chart.house,
    }


def document(chart: Chart, fact: Fact) -> Resource:
    """Returns the DocumentReference with a small PDF; its type says what it is."""
    text = " ".join((fact.text, fact.note)).strip()
    name = " ".join((fact.word("file", fact.text), fact.canary)).strip()
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": _code(fact),
        "subject": chart.patient,
        "date": instant(fact.at),
        "author": [chart.staff(fact.number)],
        "description": fact.display,
        "content": [
            {
                "attachment": {
                    "contentType": "application/pdf",
                    "title": f"{name}.pdf",
                    "creation": instant(fact.at),
                    "data": b64encode(pdf(name, text)).decode(),
                }
            }
        ],
    }


def answers(chart: Chart, fact: Fact) -> Resource:
    """Returns the QuestionnaireResponse of an assessment."""
    return _answers(chart, fact, fact.word("form", "care-act-assessment"), chart.staff(fact.number))


def about_me(chart: Chart, fact: Fact) -> Resource:
    """Returns what the person says, in their own words."""
    return _answers(chart, fact, "about-me", chart.patient)


def _answers(chart: Chart, fact: Fact, form: str, author: Json) -> Resource:
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{CANONICAL}/Questionnaire/{form}",
        "status": "completed",
        "subject": chart.patient,
        "authored": instant(fact.at),
        "author": author,
        "item": [
            {
                "linkId": "1",
                "text": fact.word("question", "Summary"),
                "answer": [{"valueString": " ".join((fact.display, fact.word("note"))).strip()}],
            }
        ],
    }


def device(chart: Chart, fact: Fact) -> Resource:
    """Returns the Device: an implant or a thing on loan."""
    return {
        "resourceType": "Device",
        "status": "active",
        "type": _code(fact),
        "patient": chart.patient,
    }


def note(chart: Chart, fact: Fact) -> Resource:
    """Returns the Communication of a call or a message."""
    topic: Resource = {"topic": _code(fact)} if fact.more.get("code") else {}
    return {
        "resourceType": "Communication",
        "status": "completed",
        **topic,
        "subject": chart.patient,
        "sent": instant(fact.at),
        "sender": chart.staff(fact.number),
        "payload": [{"contentString": " ".join((fact.display, fact.word("note"))).strip()}],
    }


def research(chart: Chart, fact: Fact) -> Resource:
    """Returns the Consent to take part in research."""
    return {**legal(chart, fact), "scope": tho("consentscope", "research")}


def _code(fact: Fact) -> Json:
    return concept(fact.text, fact.word("code"), fact.display)


def _noted(value: Resource, fact: Fact) -> Resource:
    return {**value, "note": [{"text": fact.note}]} if fact.note else value
