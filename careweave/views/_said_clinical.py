"""Plain readings of clinical entries: observations, problems, encounters, vaccinations, risks."""

from careweave.views import _fhir as fhir
from careweave.views._making import Making
from careweave.views._said import (
    Phase,
    Said,
    details,
    is_over,
    joined,
    names,
    observed,
    period_text,
    phase_of,
    range_text,
)


def observation(value: fhir.Value, making: Making) -> Said:
    """Returns what an Observation says."""
    status = fhir.words(value.get("status"))
    title, said = fhir.concept(value.get("code")), observed(value, making)
    return Said(
        title,
        "" if said == title else said,
        "" if status == "final" else status,
        phase_observed(value),
        details(
            making,
            ("Reference range", range_text(value, making)),
            ("Interpretation", fhir.concept(value.get("interpretation"))),
            ("Note", fhir.notes(value)),
        ),
    )


def phase_observed(value: fhir.Value) -> Phase:
    """Returns where an Observation stands in time, without reading what it says."""
    is_wrong = fhir.words(value.get("status")) in {"entered-in-error", "cancelled"}
    return Phase.REFUTED if is_wrong else Phase.CURRENT


def condition(value: fhir.Value, making: Making) -> Said:
    """Returns what a Condition says; refuted is never shown among what holds."""
    status = fhir.code(value.get("clinicalStatus")) or "active"
    certainty = fhir.code(value.get("verificationStatus"))
    phase = Phase.REFUTED if certainty in {"refuted", "entered-in-error"} else phase_of(status)
    doubt = certainty if certainty not in {"", "confirmed"} else ""
    return Said(
        fhir.concept(value.get("code")),
        joined(fhir.concept(value.get("severity")), fhir.notes(value)),
        doubt if phase is Phase.REFUTED else joined(status, doubt),
        phase,
        details(making, ("Period", period_text(value, making))),
    )


def procedure(value: fhir.Value, making: Making) -> Said:
    """Returns what a Procedure says."""
    status = fhir.words(value.get("status"))
    return Said(
        fhir.concept(value.get("code")),
        joined(fhir.concept(value.get("outcome")), fhir.notes(value)),
        "" if status == "completed" else status,
        Phase.PLANNED if status == "preparation" else Phase.CURRENT,
        details(
            making,
            ("Reason", fhir.concept(value.get("reasonCode"))),
            ("Site", fhir.concept(value.get("bodySite"))),
            ("Period", period_text(value, making)),
        ),
    )


def immunization(value: fhir.Value, making: Making) -> Said:
    """Returns what an Immunization says, also that it was not given and why."""
    is_given = fhir.words(value.get("status")) == "completed"
    why = fhir.concept(value.get("statusReason"))
    number = fhir.at(value.get("protocolApplied"), "doseNumberString")
    dose = fhir.words(number) or str(
        fhir.at(value.get("protocolApplied"), "doseNumberPositiveInt") or ""
    )
    return Said(
        fhir.concept(value.get("vaccineCode")),
        making.say("given") if is_given else joined(making.say("not given"), why),
        "",
        Phase.CURRENT,
        details(
            making,
            ("Dose number", dose),
            ("Batch", fhir.words(value.get("lotNumber"))),
            ("Note", fhir.notes(value)),
        ),
    )


def encounter(value: fhir.Value, making: Making) -> Said:
    """Returns what an Encounter says: why, where, with whom, and how it ended."""
    status = fhir.words(value.get("status"))
    coded = making.terms.encounters.get(fhir.words(fhir.at(value, "class", "code")), "")
    kind = (making.say(coded) if coded else "") or fhir.concept(value.get("type"))
    why = fhir.concept(value.get("reasonCode"))
    service = fhir.concept(value.get("serviceType"))
    where = [fhir.words(fhir.at(one, "location", "display")) for one in places(value)]
    outcome = fhir.concept(fhir.at(value, "hospitalization", "dischargeDisposition"))
    return Said(
        why or kind or service or making.say("Contact"),
        joined(*where[-1:], outcome) or service,
        "" if status == "finished" else status,
        Phase.ENDED if is_over(value, making.now) else phase_of(status),
        details(
            making,
            ("Kind", kind if why else ""),
            ("Service", service),
            ("Period", period_text(value, making)),
            ("With", joined(*names(value.get("participant")))),
            ("Outcome", outcome),
        ),
    )


def places(value: fhir.Value) -> tuple[fhir.Value, ...]:
    """Returns the locations of an Encounter, the present one last."""
    found = fhir.items(value.get("location"))
    return tuple(sorted(found, key=lambda one: one.get("status") == "active"))


def report(value: fhir.Value, making: Making) -> Said:
    """Returns what a DiagnosticReport says."""
    status = fhir.words(value.get("status"))
    return Said(
        fhir.concept(value.get("code")),
        fhir.words(value.get("conclusion")) or fhir.concept(value.get("category")),
        "" if status == "final" else status,
        Phase.CURRENT,
        details(making, ("Conclusion", fhir.concept(value.get("conclusionCode")))),
    )


def risk(value: fhir.Value, making: Making) -> Said:
    """Returns what a RiskAssessment says, and what is done about it."""
    foreseen = [fhir.concept(one.get("outcome")) for one in fhir.items(value.get("prediction"))]
    return Said(
        fhir.concept(value.get("code")) or joined(*foreseen) or making.say("Risk"),
        joined(*foreseen, fhir.words(value.get("mitigation"))),
        "",
        Phase.ENDED if is_over(value, making.now) else Phase.CURRENT,
        details(making, ("Period", period_text(value, making)), ("Note", fhir.notes(value))),
    )


def family(value: fhir.Value, making: Making) -> Said:
    """Returns what a FamilyMemberHistory says."""
    ills = [fhir.concept(one.get("code")) for one in fhir.items(value.get("condition"))]
    relation = fhir.concept(value.get("relationship"))
    return Said(relation or making.say("Relative"), joined(*ills), "", Phase.CURRENT)


def impression(value: fhir.Value, making: Making) -> Said:
    """Returns what a ClinicalImpression says."""
    title = fhir.concept(value.get("code")) or making.say("Formulation")
    text = fhir.words(value.get("summary")) or fhir.words(value.get("description"))
    return Said(
        title,
        "" if text == title else text,
        "",
        Phase.CURRENT,
        details(making, ("Note", fhir.notes(value))),
    )


def flag(value: fhir.Value, making: Making) -> Said:
    """Returns what a Flag says: what it is, and of which kind."""
    status = fhir.words(value.get("status"))
    code = fhir.code(value.get("category"))
    kind = making.terms.alerts.get(code, "") or fhir.words(
        fhir.at(value.get("category"), "coding", "display")
    )
    is_ended = is_over(value, making.now)
    return Said(
        fhir.concept(value.get("code")) or making.say("Alert"),
        making.say(kind) if kind else "",
        "" if status == "active" else status,
        Phase.ENDED if is_ended else phase_of(status),
        details(making, ("Period", period_text(value, making))),
    )
