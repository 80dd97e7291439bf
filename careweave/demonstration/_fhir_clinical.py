"""Facts of bodies and minds as FHIR R4: problems, medicines, allergies, results, contacts."""

from careweave.demonstration._dose import read_dose
from careweave.demonstration._fhir import (
    UCUM,
    Chart,
    Resource,
    act_code,
    concept,
    instant,
    measured,
    period,
    tho,
)
from careweave.demonstration._model import Fact
from careweave.terms import Json

_HALF_HOUR = 30


def problem(chart: Chart, fact: Fact) -> Resource:
    """Returns the Condition of a problem."""
    is_refuted = fact.word("status") == "refuted"
    status = "resolved" if fact.ended_at else fact.word("status", "active")
    value: Resource = {
        "resourceType": "Condition",
        "verificationStatus": tho("condition-ver-status", "refuted" if is_refuted else "confirmed"),
        "category": [tho("condition-category", "problem-list-item")],
        "code": _code(fact),
        "subject": chart.patient,
        "onsetDateTime": f"{fact.at:%Y-%m-%d}",
        "recordedDate": f"{fact.at:%Y-%m-%d}",
        "recorder": chart.staff(fact.number),
    }
    status = "inactive" if is_refuted else status
    value["clinicalStatus"] = tho("condition-clinical", status)
    if fact.ended_at:
        value["abatementDateTime"] = f"{fact.ended_at:%Y-%m-%d}"
    return value


def support_reason(chart: Chart, fact: Fact) -> Resource:
    """Returns the Condition that is the primary support reason."""
    system = "urn:careweave:demo:condition-category"
    reason: Json = {"coding": [{"system": system, "code": "primary-support-reason"}]}
    return {**problem(chart, fact), "category": [reason]}


def allergy(chart: Chart, fact: Fact) -> Resource:
    """Returns the AllergyIntolerance; status `refuted` says it was looked into and is none."""
    status = fact.word("status", "active")
    is_refuted = status == "refuted"
    value: Resource = {
        "resourceType": "AllergyIntolerance",
        "verificationStatus": tho(
            "allergyintolerance-verification", "refuted" if is_refuted else "confirmed"
        ),
        "clinicalStatus": tho("allergyintolerance-clinical", "inactive" if is_refuted else status),
        "type": fact.word("type", "allergy"),
        "code": _code(fact),
        "patient": chart.patient,
        "recordedDate": f"{fact.at:%Y-%m-%d}",
    }
    if fact.more.get("criticality"):
        value["criticality"] = fact.word("criticality")
    if fact.more.get("reaction"):
        value["reaction"] = [{"manifestation": [concept(fact.word("reaction"))]}]
    return value


def none_known(chart: Chart, fact: Fact) -> Resource:
    """Returns the List that says that no allergy is known."""
    return _list(chart, fact, "Allergy list", "nilknown")


def complete(chart: Chart, fact: Fact) -> Resource:
    """Returns the List of medicines that a system says is complete."""
    return _list(chart, fact, "Medication list", "")


def _list(chart: Chart, fact: Fact, text: str, empty: str) -> Resource:
    value: Resource = {
        "resourceType": "List",
        "status": "current",
        "mode": "snapshot",
        "title": fact.display,
        "code": concept(text),
        "subject": chart.patient,
        "date": instant(fact.at),
        "source": chart.staff(fact.number),
    }
    if empty:
        value["emptyReason"] = tho("list-empty-reason", empty)
    return _noted(value, fact)


def medicine(chart: Chart, fact: Fact) -> Resource:
    """Returns the MedicationRequest of something prescribed."""
    status = "stopped" if fact.ended_at else fact.word("status", "active")
    value: Resource = {
        "resourceType": "MedicationRequest",
        "status": status,
        "intent": "order",
        "category": [tho("medicationrequest-category", "community")],
        "medicationCodeableConcept": _code(fact),
        "subject": chart.patient,
        "authoredOn": instant(fact.at),
        "requester": chart.staff(fact.number),
        "dosageInstruction": [_dosage(fact)],
    }
    if fact.more.get("anticipatory"):
        value["reasonCode"] = [concept("Anticipatory medicine")]
    if fact.ended_at or fact.more.get("reason"):
        value["statusReason"] = {"text": fact.word("reason", "Stopped")}
    return _noted(value, fact)


def statement(chart: Chart, fact: Fact) -> Resource:
    """Returns the MedicationStatement of something that the person says they take."""
    value: Resource = {
        "resourceType": "MedicationStatement",
        "status": "stopped" if fact.ended_at else fact.word("status", "active"),
        "medicationCodeableConcept": _code(fact),
        "subject": chart.patient,
        "effectiveDateTime": instant(fact.at),
        "dateAsserted": instant(fact.at),
        "dosage": [_dosage(fact)],
    }
    return _noted(value, fact)


def dispensed(chart: Chart, fact: Fact) -> Resource:
    """Returns the MedicationDispense of something handed out."""
    value: Resource = {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "medicationCodeableConcept": _code(fact),
        "subject": chart.patient,
        "performer": [{"actor": chart.staff(fact.number)}],
        "whenHandedOver": instant(fact.at),
        "dosageInstruction": [_dosage(fact)],
    }
    return _noted(value, fact)


def _dosage(fact: Fact) -> Json:
    text = fact.word("dose", "as directed")
    value: Resource = {"text": text}
    dose = read_dose(text)
    if dose is None:
        return value
    value["timing"] = {"code": {"text": dose.frequency}}
    amount: Json = {"value": dose.amount, "unit": dose.unit}
    if dose.ucum:
        amount = {"value": dose.amount, "unit": dose.unit, "system": UCUM, "code": dose.ucum}
    value["doseAndRate"] = [{"doseQuantity": amount}]
    return value


def result(chart: Chart, fact: Fact) -> Resource:
    """Returns the Observation of a laboratory."""
    return _observation(chart, fact, "laboratory")


def sign(chart: Chart, fact: Fact) -> Resource:
    """Returns the Observation of a vital sign."""
    return _observation(chart, fact, "vital-signs")


def exam(chart: Chart, fact: Fact) -> Resource:
    """Returns the Observation of an examination."""
    return _observation(chart, fact, "exam")


def score(chart: Chart, fact: Fact) -> Resource:
    """Returns the Observation of an assessment's score."""
    return _observation(chart, fact, "survey")


def social(chart: Chart, fact: Fact) -> Resource:
    """Returns the Observation of how somebody lives."""
    return _observation(chart, fact, "social-history")


def said(chart: Chart, fact: Fact) -> Resource:
    """Returns the Observation of a decision, a need or a strength; its code says which."""
    return _observation(chart, fact, "")


def _observation(chart: Chart, fact: Fact, category: str) -> Resource:
    value: Resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": _code(fact),
        "subject": chart.patient,
        "effectiveDateTime": instant(fact.at),
        "performer": [chart.staff(fact.number)],
        **measured(fact.word("value", fact.display), fact.word("unit")),
    }
    if category:
        value["category"] = [tho("observation-category", category)]
    if "low" in fact.more:
        unit: Resource = {"unit": fact.word("unit")}
        low, high = fact.more["low"], fact.more.get("high")
        value["referenceRange"] = [{"low": {"value": low, **unit}, "high": {"value": high, **unit}}]
    return _noted(value, fact)


def visit(chart: Chart, fact: Fact) -> Resource:
    """Returns the Encounter of a contact that is no stay; one ahead of its day is planned."""
    return _encounter(chart, fact, fact.word("class", "AMB"), "finished")


def stay(chart: Chart, fact: Fact) -> Resource:
    """Returns the Encounter of a stay: under way until it ended."""
    return _encounter(chart, fact, "IMP", "finished" if fact.ended_at else "in-progress")


def _encounter(chart: Chart, fact: Fact, kind: str, status: str) -> Resource:
    value: Resource = {
        "resourceType": "Encounter",
        "status": fact.word("status", status),
        "class": act_code(kind),
        "subject": chart.patient,
        "period": period(fact),
        "reasonCode": [_code(fact)],
        "participant": [{"individual": chart.staff(fact.number)}],
        "serviceProvider": chart.house,
    }
    if fact.more.get("service"):
        value["serviceType"] = concept(fact.word("service"))
    return value


def vaccination(chart: Chart, fact: Fact) -> Resource:
    """Returns the Immunization, also one that was not given."""
    return {
        "resourceType": "Immunization",
        "status": fact.word("status", "completed"),
        "vaccineCode": _code(fact),
        "patient": chart.patient,
        "occurrenceDateTime": f"{fact.at:%Y-%m-%d}",
    }


def procedure(chart: Chart, fact: Fact) -> Resource:
    """Returns the Procedure."""
    value: Resource = {
        "resourceType": "Procedure",
        "status": "completed",
        "code": _code(fact),
        "subject": chart.patient,
        "performedDateTime": instant(fact.at),
    }
    return _noted(value, fact)


def family(chart: Chart, fact: Fact) -> Resource:
    """Returns what is known of the illness of a relative."""
    return {
        "resourceType": "FamilyMemberHistory",
        "status": "completed",
        "patient": chart.patient,
        "relationship": concept(fact.word("relation", "Mother")),
        "condition": [{"code": _code(fact)}],
    }


def formulation(chart: Chart, fact: Fact) -> Resource:
    """Returns the formulation of a mental health team."""
    return {
        "resourceType": "ClinicalImpression",
        "status": "completed",
        "code": concept(fact.text, fact.word("code", "demo-formulation"), fact.display),
        "subject": chart.patient,
        "date": instant(fact.at),
        "assessor": chart.staff(fact.number),
        "summary": " ".join((fact.text, fact.note)).strip(),
    }


def risk(chart: Chart, fact: Fact) -> Resource:
    """Returns the RiskAssessment."""
    return {
        "resourceType": "RiskAssessment",
        "status": "final",
        "code": _code(fact),
        "subject": chart.patient,
        "occurrencePeriod": period(fact),
        "performer": chart.staff(fact.number),
        "mitigation": fact.word("note", "Discussed with the team"),
    }


def _code(fact: Fact) -> Json:
    return concept(fact.text, fact.word("code"), fact.display)


def _noted(value: Resource, fact: Fact) -> Resource:
    return {**value, "note": [{"text": fact.note}]} if fact.note else value
