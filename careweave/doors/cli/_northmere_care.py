"""What each kind of organisation in Northmere knows of a person."""

from datetime import timedelta
from decimal import Decimal

from careweave.doors.cli._northmere_forms import (
    Chart,
    appointment,
    at,
    blood_pressure,
    concept,
    condition,
    encounter,
    observation,
    quantity,
    relative,
    tho,
)
from careweave.doors.cli._northmere_people import Person

# Problem and the medicine it is treated with: plain words, no licensed terminology.
_PROBLEMS = (
    ("Raised blood pressure", "Demopril 5 mg tablets"),
    ("Type 2 diabetes", "Demoformin 500 mg tablets"),
    ("Asthma", "Demobutamol inhaler"),
    ("Chronic obstructive lung disease", "Demotropium inhaler"),
    ("Heart failure", "Demosemide 40 mg tablets"),
    ("Osteoarthritis of knee", "Demoprofen 400 mg tablets"),
    ("Underactive thyroid", "Demothyroxine 50 microgram tablets"),
    ("Low mood", "Demotraline 50 mg tablets"),
    ("Chronic kidney disease", "Demosartan 50 mg tablets"),
)
_ALLERGIES = ("Demicillin", "Peanut", "Latex", "Bee venom")
_REASONS = ("Review", "Cough", "Back pain", "Medication review", "Feeling tired", "Rash")
_PROCEDURES = ("Hip replacement", "Cataract surgery", "Endoscopy", "Plaster cast")
_TESTS = (
    ("Haemoglobin", 90, 175, "g/L", "g/L"),
    ("Sodium", 128, 148, "mmol/L", "mmol/L"),
    ("Potassium", 3, 6, "mmol/L", "mmol/L"),
    ("Creatinine", 48, 180, "umol/L", "umol/L"),
    ("C-reactive protein", 1, 120, "mg/L", "mg/L"),
    ("White cell count", 3, 16, "10*9/L", "10*9/L"),
)
_NEEDS = ("Washing and dressing", "Preparing meals", "Getting out of the house", "Taking medicine")


def surgery(chart: Chart, person: Person) -> None:
    """Writes the chart of the GP surgery."""
    registered = chart.day(3000)
    chart.add(
        "EpisodeOfCare",
        status="active",
        type=[concept("Registration")],
        patient=chart.patient,
        managingOrganization=chart.house(),
        period={"start": registered.isoformat()},
    )
    problems = chart.dice.some(_PROBLEMS, 1 + person.age(chart.today) // 25)
    for text, medicine in problems:
        _treated(chart, text, medicine)
    for _ in range(chart.dice.between(1, 4)):
        _visit(chart)
    for text in chart.dice.some(_ALLERGIES, 1):
        _allergy(chart, text)
    if problems:
        _plan(chart, "Long-term condition plan", [text for text, _ in problems])
    _extras(chart, person)


def _extras(chart: Chart, person: Person) -> None:
    dice = chart.dice
    if dice.chance(0.6):
        chart.add(
            "Immunization",
            status="completed",
            vaccineCode=concept("Influenza vaccine"),
            patient=chart.patient,
            occurrenceDateTime=chart.day(400).isoformat(),
        )
    if dice.chance(0.4) and person.died_on is None:
        appointment(chart, "Appointment at the surgery")
    if dice.chance(0.3):
        relative(chart, person.family, cares=False)
    if dice.chance(0.2):
        _consent(chart)
    if person.age(chart.today) > 74:
        _frailty(chart)


def _treated(chart: Chart, text: str, medicine: str) -> None:
    problem = condition(chart, text, "problem-list-item")
    for _ in range(chart.dice.between(1, 2)):
        chart.add(
            "MedicationRequest",
            status="active",
            intent="order",
            category=[tho("medicationrequest-category", "community")],
            medicationCodeableConcept=concept(medicine),
            subject=chart.patient,
            authoredOn=chart.day(700).isoformat(),
            requester=chart.someone(),
            reasonReference=[{"reference": problem}],
            dosageInstruction=[{"text": "One a day"}],
        )


def _visit(chart: Chart) -> None:
    day, dice = chart.day(1500), chart.dice
    visit = encounter(chart, "AMB", day, dice.one(_REASONS))
    blood_pressure(chart, day, visit)
    weight = Decimal(dice.between(480, 1180)) / 10
    observation(chart, "Body weight", "vital-signs", day, quantity(weight, "kg", "kg"), visit)
    rate = Decimal(dice.between(52, 110))
    beats = quantity(rate, "beats/minute", "/min")
    observation(chart, "Heart rate", "vital-signs", day, beats, visit)


def _allergy(chart: Chart, text: str) -> None:
    chart.add(
        "AllergyIntolerance",
        clinicalStatus=tho("allergyintolerance-clinical", "active"),
        verificationStatus=tho("allergyintolerance-verification", "confirmed"),
        type="allergy",
        criticality=chart.dice.one(("low", "high")),
        code=concept(text),
        patient=chart.patient,
        recordedDate=chart.day(4000).isoformat(),
    )


def _plan(chart: Chart, title: str, needs: list[str]) -> None:
    goal = chart.add(
        "Goal",
        lifecycleStatus="active",
        description={"text": "To live well at home"},
        subject=chart.patient,
        startDate=chart.day(300).isoformat(),
    )
    chart.add(
        "CarePlan",
        status="active",
        intent="plan",
        title=title,
        category=[concept(title)],
        subject=chart.patient,
        period={"start": chart.day(300).isoformat()},
        author=chart.someone(),
        goal=[{"reference": goal}],
        activity=[{"detail": {"status": "in-progress", "description": text}} for text in needs],
    )


def _consent(chart: Chart) -> None:
    chart.add(
        "Consent",
        status="active",
        scope=tho("consentscope", "patient-privacy"),
        category=[tho("v3-ActCode", "INFAUT")],
        patient=chart.patient,
        dateTime=chart.day(900).isoformat(),
        organization=[chart.house()],
        policyRule={"text": "Northmere sharing agreement"},
        provision={"type": "permit"},
    )


def _frailty(chart: Chart) -> None:
    score = Decimal(chart.dice.between(1, 8))
    value = quantity(score, "score", "{score}")
    observation(chart, "Clinical frailty score", "survey", chart.day(400), value)
    if chart.dice.chance(0.3):
        chart.add(
            "Flag",
            status="active",
            category=[tho("flag-category", "safety")],
            code={"text": "Risk of falls"},
            subject=chart.patient,
            period={"start": chart.day(400).isoformat()},
        )


def hospital(chart: Chart, person: Person) -> None:
    """Writes the chart of the hospital."""
    for _ in range(chart.dice.between(1, 2)):
        _admission(chart)
    if chart.dice.chance(0.4) and person.died_on is None:
        appointment(chart, "Outpatient clinic")


def _admission(chart: Chart) -> None:
    dice, day = chart.dice, chart.day(1200)
    stay = encounter(chart, dice.one(("IMP", "AMB", "EMER")), day, dice.one(_REASONS))
    condition(chart, dice.one(_PROBLEMS)[0], "encounter-diagnosis", stay)
    results = [
        observation(
            *(chart, text, "laboratory", day),
            quantity(Decimal(dice.between(low * 10, high * 10)) / 10, unit, code),
            stay,
        )
        for text, low, high, unit, code in dice.some(_TESTS, 5)
    ]
    if results:
        chart.add(
            "DiagnosticReport",
            status="final",
            category=[tho("v2-0074", "LAB")],
            code=concept("Blood tests"),
            subject=chart.patient,
            encounter={"reference": stay},
            effectiveDateTime=at(day, dice),
            issued=at(day + timedelta(days=1), dice),
            performer=[chart.house()],
            result=[{"reference": one} for one in results],
        )
    if dice.chance(0.3):
        chart.add(
            "Procedure",
            status="completed",
            code=concept(dice.one(_PROCEDURES)),
            subject=chart.patient,
            encounter={"reference": stay},
            performedDateTime=day.isoformat(),
        )


def council(chart: Chart, person: Person) -> None:
    """Writes the chart of adult social care."""
    relative(chart, person.family, cares=True)
    chart.add(
        "EpisodeOfCare",
        status="active",
        type=[concept("Adult social care")],
        patient=chart.patient,
        managingOrganization=chart.house(),
        period={"start": chart.day(800).isoformat()},
    )
    needs = chart.dice.some(_NEEDS, 4) or [_NEEDS[0]]
    _plan(chart, "Care and support plan", needs)
    chart.add(
        "QuestionnaireResponse",
        status="completed",
        subject=chart.patient,
        authored=at(chart.day(500), chart.dice),
        author=chart.someone(),
        item=[
            {"linkId": str(number), "text": text, "answer": [{"valueBoolean": text in needs}]}
            for number, text in enumerate(_NEEDS, 1)
        ],
    )


def ambulance(chart: Chart, _person: Person) -> None:
    """Writes the chart of the ambulance service."""
    day = chart.day(900)
    call = encounter(chart, "EMER", day, chart.dice.one(("Fall", "Chest pain", "Breathless")))
    blood_pressure(chart, day, call)
    saturation = quantity(Decimal(chart.dice.between(84, 100)), "%", "%")
    observation(chart, "Oxygen saturation", "vital-signs", day, saturation, call)
