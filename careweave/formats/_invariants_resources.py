"""The invariants of the R4 resource types that the region uses.

Source: FHIR R4 4.0.1, the constraints by their keys.
"""

from decimal import Decimal

from careweave.formats._invariants import (
    Invariant,
    Value,
    has,
    has_choice,
    has_code,
    is_in_order,
    parts,
)
from careweave.terms import Severity

_UCUM = "http://unitsofmeasure.org"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_ERRONEOUS = ("entered-in-error",)
_ENDED = ("resolved", "remission", "inactive")
_WITHOUT_TIMES = frozenset({"proposed", "cancelled", "waitlist"})
_CANCELLED = frozenset({"no-show", "cancelled"})


class _Any:
    """The rule that at least one of these elements exists."""

    __slots__ = ("_names",)

    def __init__(self, *names: str) -> None:
        """Takes the names of the elements."""
        self._names = names

    def __call__(self, value: Value) -> bool:
        """Says whether the value keeps the rule."""
        return has(value, *self._names)


class _NotBoth:
    """The rule that two elements exclude each other."""

    __slots__ = ("_one", "_other")

    def __init__(self, one: str, other: str) -> None:
        """Takes the names of the two elements."""
        self._one = one
        self._other = other

    def __call__(self, value: Value) -> bool:
        """Says whether the value keeps the rule."""
        return not (has(value, self._one) and has(value, self._other))


def _absence_or_value(value: Value) -> bool:
    return not (has(value, "dataAbsentReason") and has_choice(value, "value"))


def _value_is_with_the_component(value: Value) -> bool:
    if "component" not in value or not has_choice(value, "value"):
        return True
    own = _codings(value)
    return not any(_codings(component) & own for component in parts(value, "component"))


def _codings(value: Value) -> set[str]:
    # As text, because a coding is compared with all that it has.
    codings = (coding for code in parts(value, "code") for coding in parts(code, "coding"))
    return {repr(sorted(coding.items(), key=str)) for coding in codings}


def _problem_has_status(value: Value) -> bool:
    is_problem = has_code(
        value, "category", f"{_TERMINOLOGY}/condition-category", ("problem-list-item",)
    )
    return has(value, "clinicalStatus") or not is_problem or _is_erroneous_condition(value)


def _is_erroneous_condition(value: Value) -> bool:
    return has_code(value, "verificationStatus", f"{_TERMINOLOGY}/condition-ver-status", _ERRONEOUS)


def _abated_is_ended(value: Value) -> bool:
    ended = has_code(value, "clinicalStatus", f"{_TERMINOLOGY}/condition-clinical", _ENDED)
    return ended or not has_choice(value, "abatement")


def _erroneous_condition_has_no_status(value: Value) -> bool:
    return not (has(value, "clinicalStatus") and _is_erroneous_condition(value))


def _is_erroneous_allergy(value: Value) -> bool:
    system = f"{_TERMINOLOGY}/allergyintolerance-verification"
    return has_code(value, "verificationStatus", system, _ERRONEOUS)


def _allergy_has_status(value: Value) -> bool:
    return has(value, "clinicalStatus") or _is_erroneous_allergy(value)


def _erroneous_allergy_has_no_status(value: Value) -> bool:
    return not (has(value, "clinicalStatus") and _is_erroneous_allergy(value))


def _behalf_is_of_practitioner(value: Value) -> bool:
    member = value.get("member")
    if not has(value, "onBehalfOf") or not isinstance(member, dict):
        return not has(value, "onBehalfOf") or member is None
    kind, separator, rest = str(member.get("reference", "")).partition("/")
    is_typed = bool(separator) and "/" not in rest and kind[:1].isupper()
    return not is_typed or kind == "Practitioner"


def _privacy_has_patient(value: Value) -> bool:
    scopes = ("patient-privacy", "research", "adr", "treatment")
    is_scoped = has_code(value, "scope", f"{_TERMINOLOGY}/consentscope", scopes)
    return has(value, "patient") or not is_scoped


def _target_has_measure(value: Value) -> bool:
    return has(value, "measure") or not has_choice(value, "detail")


def _deleted_only_in_changes(value: Value) -> bool:
    return value.get("mode") == "changes" or not any(
        has(entry, "deleted") for entry in parts(value, "entry")
    )


def _dates_only_in_working(value: Value) -> bool:
    return value.get("mode") == "working" or not any(
        has(entry, "date") for entry in parts(value, "entry")
    )


def _dose_or_rate(value: Value) -> bool:
    return has(value, "dose") or has_choice(value, "rate")


def _handed_over_after_preparation(value: Value) -> bool:
    return is_in_order(value.get("whenPrepared"), value.get("whenHandedOver"))


def _no_home_telecom(value: Value) -> bool:
    return not any(part.get("use") == "home" for part in parts(value, "telecom"))


def _no_home_address(value: Value) -> bool:
    return not any(part.get("use") == "home" for part in parts(value, "address"))


def _probability_is_percentage(value: Value) -> bool:
    probability = value.get("probabilityDecimal")
    return not isinstance(probability, Decimal | int) or probability <= 100


def _range_is_percentage(value: Value) -> bool:
    return all(
        bound.get("code") == "%" and bound.get("system") == _UCUM
        for found in parts(value, "probabilityRange")
        for name in ("low", "high")
        for bound in parts(found, name)
    )


def _detail_has_code(value: Value) -> bool:
    return has(value, "code") or not has(value, "orderDetail")


def _modified_after_authored(value: Value) -> bool:
    return is_in_order(value.get("authoredOn"), value.get("lastModified"))


def _both_times_or_none(value: Value) -> bool:
    return has(value, "start") == has(value, "end")


def _booked_has_times(value: Value) -> bool:
    return (has(value, "start") and has(value, "end")) or value.get("status") in _WITHOUT_TIMES


def _reason_only_when_cancelled(value: Value) -> bool:
    return not has(value, "cancelationReason") or value.get("status") in _CANCELLED


def _age_or_birth(value: Value) -> bool:
    return not (has_choice(value, "age") and has_choice(value, "born"))


def _estimate_has_age(value: Value) -> bool:
    return has_choice(value, "age") or not has(value, "estimatedAge")


def _members_only_if_actual(value: Value) -> bool:
    return not has(value, "member") or value.get("actual") is True


def _is_one_content(value: Value) -> bool:
    contents = (has_choice(value, "value"), has(value, "resource"), has(value, "part"))
    return sum(contents) == 1


RESOURCE_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "Patient.contact",
        "pat-1",
        "A contact has a name, a telecom, an address or an organisation.",
        _Any("name", "telecom", "address", "organization"),
    ),
    Invariant("Observation", "obs-6", "A reason for absence excludes a value.", _absence_or_value),
    Invariant(
        "Observation",
        "obs-7",
        "A component with the code of the observation excludes a value.",
        _value_is_with_the_component,
    ),
    Invariant(
        "Observation.referenceRange",
        "obs-3",
        "A reference range has a low, a high or a text.",
        _Any("low", "high", "text"),
    ),
    Invariant(
        "Condition",
        "con-3",
        "A problem of the list has a clinical status unless entered in error.",
        _problem_has_status,
        Severity.WARNING,
    ),
    Invariant(
        "Condition",
        "con-4",
        "A condition that has abated is inactive, resolved or in remission.",
        _abated_is_ended,
    ),
    Invariant(
        "Condition",
        "con-5",
        "A condition entered in error has no clinical status.",
        _erroneous_condition_has_no_status,
    ),
    Invariant(
        "Condition.stage",
        "con-1",
        "A stage has a summary or an assessment.",
        _Any("summary", "assessment"),
    ),
    Invariant(
        "Condition.evidence", "con-2", "Evidence has a code or a detail.", _Any("code", "detail")
    ),
    Invariant(
        "AllergyIntolerance",
        "ait-1",
        "There is a clinical status unless entered in error.",
        _allergy_has_status,
    ),
    Invariant(
        "AllergyIntolerance",
        "ait-2",
        "What was entered in error has no clinical status.",
        _erroneous_allergy_has_no_status,
    ),
    Invariant(
        "Composition.section",
        "cmp-1",
        "A section has a text, entries or sections.",
        _Any("text", "entry", "section"),
    ),
    Invariant(
        "Composition.section",
        "cmp-2",
        "A reason for emptiness excludes entries.",
        _NotBoth("emptyReason", "entry"),
    ),
    Invariant(
        "CarePlan.activity",
        "cpl-3",
        "An activity has a reference or a detail, not both.",
        _NotBoth("detail", "reference"),
    ),
    Invariant(
        "CareTeam.participant",
        "ctm-1",
        "Only a practitioner takes part on behalf of another.",
        _behalf_is_of_practitioner,
    ),
    Invariant(
        "Consent", "ppc-1", "A consent has a policy or a policy rule.", _Any("policy", "policyRule")
    ),
    # The published expressions of ppc-2 to ppc-5 name the system "something" and never hold.
    Invariant(
        "Consent",
        "ppc-2",
        "A consent of this scope names its patient.",
        _privacy_has_patient,
        Severity.WARNING,
    ),
    Invariant("Goal.target", "gol-1", "A target with a detail has a measure.", _target_has_measure),
    Invariant(
        "Immunization.education",
        "imm-1",
        "Education has a document type or a reference.",
        _Any("documentType", "reference"),
    ),
    Invariant(
        "ImmunizationRecommendation.recommendation",
        "imr-1",
        "A recommendation has a vaccine code or a disease.",
        _Any("vaccineCode", "targetDisease"),
    ),
    Invariant(
        "List",
        "lst-1",
        "A reason for emptiness excludes entries.",
        _NotBoth("emptyReason", "entry"),
    ),
    Invariant(
        "List", "lst-2", "Only a list of changes has deleted entries.", _deleted_only_in_changes
    ),
    Invariant("List", "lst-3", "Only a working list has dates of entries.", _dates_only_in_working),
    Invariant(
        "MedicationAdministration.dosage", "mad-1", "A dosage has a dose or a rate.", _dose_or_rate
    ),
    Invariant(
        "MedicationDispense",
        "mdd-1",
        "Nothing is handed over before it is prepared.",
        _handed_over_after_preparation,
    ),
    Invariant(
        "Organization",
        "org-1",
        "An organisation has an identifier or a name.",
        _Any("identifier", "name"),
    ),
    Invariant("Organization", "org-3", "An organisation has no home telecom.", _no_home_telecom),
    Invariant("Organization", "org-2", "An organisation has no home address.", _no_home_address),
    Invariant(
        "QuestionnaireResponse.item",
        "qrs-1",
        "Nested items are below the item or its answer.",
        _NotBoth("answer", "item"),
    ),
    Invariant(
        "RiskAssessment.prediction",
        "ras-2",
        "A probability is at most 100.",
        _probability_is_percentage,
    ),
    Invariant(
        "RiskAssessment.prediction",
        "ras-1",
        "The bounds of a probability are percentages.",
        _range_is_percentage,
    ),
    Invariant("ServiceRequest", "prr-1", "A detail of the order needs a code.", _detail_has_code),
    Invariant(
        "Task", "inv-1", "A task is not modified before it is authored.", _modified_after_authored
    ),
    Invariant(
        "Appointment", "app-2", "There are a start and an end, or neither.", _both_times_or_none
    ),
    Invariant(
        "Appointment", "app-3", "A booked appointment has a start and an end.", _booked_has_times
    ),
    Invariant(
        "Appointment",
        "app-4",
        "Only what is cancelled or missed has such a reason.",
        _reason_only_when_cancelled,
    ),
    Invariant(
        "Appointment.participant",
        "app-1",
        "A participant has a type or an actor.",
        _Any("type", "actor"),
    ),
    Invariant(
        "AppointmentResponse",
        "apr-1",
        "There is a type of participant or an actor.",
        _Any("participantType", "actor"),
    ),
    Invariant(
        "AuditEvent.entity",
        "sev-1",
        "An entity has a name or a query, not both.",
        _NotBoth("name", "query"),
    ),
    Invariant(
        "FamilyMemberHistory", "fhs-1", "There is an age or a birth, not both.", _age_or_birth
    ),
    Invariant("FamilyMemberHistory", "fhs-2", "An estimate needs an age.", _estimate_has_age),
    Invariant("Group", "grp-1", "Only an actual group has members.", _members_only_if_actual),
    Invariant(
        "Parameters.parameter",
        "inv-1",
        "A parameter has a value, a resource or parts, one of them.",
        _is_one_content,
    ),
)
"""The invariants of resource types, by the shape that they stand on."""
