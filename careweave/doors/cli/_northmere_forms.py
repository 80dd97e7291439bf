"""The FHIR resources that organisations of Northmere write, as plain functions of a few facts."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from careweave.doors.cli._dice import Dice
from careweave.terms import Json

CODES = "urn:careweave:demo:terms"
UCUM = "http://unitsofmeasure.org"
_THO = "http://terminology.hl7.org/CodeSystem"

Resource = dict[str, Json]


@dataclass(slots=True)
class Chart:
    """What one organisation writes of one person: it grows while the person is made up.

    `local` is the id of the Patient; ids of other resources count on from it.
    """

    organisation: str
    local: str
    dice: Dice
    today: date
    staff: tuple[str, ...]
    resources: list[Resource]

    def add(self, kind: str, **members: Json) -> str:
        """Puts a resource into the chart and returns the reference to it."""
        name = f"{self.local}-{len(self.resources)}"
        given = {key: value for key, value in members.items() if value is not None}
        self.resources.append({"resourceType": kind, "id": name, **given})
        return f"{kind}/{name}"

    @property
    def patient(self) -> Json:
        """Returns the reference to the Patient."""
        return {"reference": f"Patient/{self.local}"}

    def someone(self) -> Json:
        """Returns the reference to one of the staff."""
        return {"reference": f"Practitioner/{self.dice.one(self.staff)}"}

    def house(self) -> Json:
        """Returns the reference to the organisation."""
        return {"reference": f"Organization/{self.organisation}"}

    def day(self, most_days_ago: int) -> date:
        """Returns a day in the past."""
        return self.today - timedelta(days=self.dice.between(1, most_days_ago))

    def coming(self, most_days: int) -> date:
        """Returns a day in the future."""
        return self.today + timedelta(days=self.dice.between(1, most_days))


def at(day: date, dice: Dice) -> str:
    """Returns a time of working hours on a day."""
    return span(day, dice, 0)[0]


def span(day: date, dice: Dice, minutes: int) -> tuple[str, str]:
    """Returns the start and the end of something that lasts some minutes."""
    start = datetime(day.year, day.month, day.day, dice.between(8, 17), dice.below(60), tzinfo=UTC)
    end = start + timedelta(minutes=minutes)
    return f"{start:%Y-%m-%dT%H:%M:%SZ}", f"{end:%Y-%m-%dT%H:%M:%SZ}"


def concept(text: str, *, system: str = CODES) -> Json:
    """Returns an invented code with its words."""
    code = "".join(c if c.isalnum() else "-" for c in text.lower())
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


def tho(name: str, code: str) -> Json:
    """Returns a code of HL7's own terminology."""
    return {"coding": [{"system": f"{_THO}/{name}", "code": code}]}


def quantity(value: Decimal, unit: str, code: str) -> Json:
    """Returns an amount with its UCUM unit."""
    return {"value": value, "unit": unit, "system": UCUM, "code": code}


def encounter(chart: Chart, kind: str, day: date, reason: str) -> str:
    """Adds a finished contact; `kind` is a code of v3-ActCode such as AMB, IMP, EMER."""
    start, end = span(day, chart.dice, chart.dice.between(10, 240))
    # `class` is a word of Python and cannot be named in the call.
    contact: dict[str, Json] = {"class": {"system": f"{_THO}/v3-ActCode", "code": kind}}
    return chart.add(
        "Encounter",
        status="finished",
        **contact,
        subject=chart.patient,
        participant=[{"individual": chart.someone()}],
        period={"start": start, "end": end},
        reasonCode=[{"text": reason}],
        serviceProvider=chart.house(),
    )


def condition(chart: Chart, text: str, category: str, encounter: str | None = None) -> str:
    """Adds a condition; `category` is problem-list-item or encounter-diagnosis."""
    day = chart.day(4000)
    return chart.add(
        "Condition",
        clinicalStatus=tho("condition-clinical", "active"),
        verificationStatus=tho("condition-ver-status", "confirmed"),
        category=[tho("condition-category", category)],
        code=concept(text),
        subject=chart.patient,
        encounter={"reference": encounter} if encounter else None,
        onsetDateTime=day.isoformat(),
        recordedDate=day.isoformat(),
        recorder=chart.someone(),
    )


def observation(
    chart: Chart, text: str, category: str, day: date, value: Json, encounter: str | None = None
) -> str:
    """Adds a measured value; `category` is a code of observation-category."""
    return chart.add(
        "Observation",
        status="final",
        category=[tho("observation-category", category)],
        code=concept(text),
        subject=chart.patient,
        encounter={"reference": encounter} if encounter else None,
        effectiveDateTime=at(day, chart.dice),
        performer=[chart.someone()],
        valueQuantity=value,
    )


def blood_pressure(chart: Chart, day: date, encounter: str | None = None) -> str:
    """Adds a blood pressure with its two components."""
    systolic, diastolic = chart.dice.between(98, 178), chart.dice.between(56, 104)
    parts = (("Systolic blood pressure", systolic), ("Diastolic blood pressure", diastolic))
    return chart.add(
        "Observation",
        status="final",
        category=[tho("observation-category", "vital-signs")],
        code=concept("Blood pressure"),
        subject=chart.patient,
        encounter={"reference": encounter} if encounter else None,
        effectiveDateTime=at(day, chart.dice),
        performer=[chart.someone()],
        component=[
            {"code": concept(text), "valueQuantity": quantity(Decimal(n), "mmHg", "mm[Hg]")}
            for text, n in parts
        ],
    )


def appointment(chart: Chart, text: str) -> str:
    """Adds an appointment to come."""
    start, end = span(chart.coming(90), chart.dice, 20)
    return chart.add(
        "Appointment",
        status="booked",
        description=text,
        start=start,
        end=end,
        participant=[
            {"actor": chart.patient, "status": "accepted"},
            {"actor": chart.someone(), "status": "accepted"},
        ],
    )


def relative(chart: Chart, family: str, *, cares: bool) -> str:
    """Adds a relative or a carer who helps."""
    role = concept("Carer") if cares else tho("v3-RoleCode", "FAMMEMB")
    return chart.add(
        "RelatedPerson",
        active=True,
        patient=chart.patient,
        relationship=[role],
        name=[{"family": family, "given": [chart.dice.one(("Alex", "Sam", "Robin", "Kim"))]}],
        telecom=[{"system": "phone", "value": f"01632 960{chart.dice.between(0, 999):03d}"}],
    )
