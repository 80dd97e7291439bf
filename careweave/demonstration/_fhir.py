"""Small FHIR R4 forms that every system with FHIR uses."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from careweave.demonstration._model import Fact, Home, Name, Who
from careweave.demonstration._region import Desk
from careweave.terms import LABEL_SYSTEM, Json

CODES = "urn:careweave:demo:terms"
UCUM = "http://unitsofmeasure.org"
NHS_SYSTEM = "https://fhir.nhs.uk/Id/nhs-number"
ODS_SYSTEM = "https://fhir.nhs.uk/Id/ods-organization-code"
_THO = "http://terminology.hl7.org/CodeSystem"
_GENDERS = {"F": "female", "M": "male", "X": "other"}

Resource = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Chart:
    """What one system writes one person's resources with: its ids begin with the prefix."""

    desk: Desk
    who: Who

    @property
    def patient_id(self) -> str:
        """Returns the id of the Patient."""
        return f"{self.desk.prefix}{self.who.local.lower()}"

    @property
    def patient(self) -> Json:
        """Returns the reference to the Patient."""
        return {"reference": f"Patient/{self.patient_id}"}

    @property
    def house(self) -> Json:
        """Returns the reference to the organisation."""
        return {"reference": f"Organization/{self.desk.prefix}house"}

    def staff(self, number: int) -> Json:
        """Returns the reference to one of the staff."""
        if not self.desk.organisation.staff:
            return self.patient
        which = number % len(self.desk.organisation.staff) + 1
        return {"reference": f"Practitioner/{self.desk.prefix}staff-{which}"}

    def id_of(self, fact: Fact) -> str:
        """Returns the id of the resource of a fact."""
        return f"{self.patient_id}-{fact.number}"


def house(desk: Desk) -> list[Resource]:
    """Returns the organisation itself and its staff."""
    own = desk.organisation
    made: list[Resource] = [
        {
            "resourceType": "Organization",
            "id": f"{desk.prefix}house",
            "identifier": [{"system": ODS_SYSTEM, "value": own.code}],
            "active": True,
            "name": own.name,
        }
    ]
    for number, name in enumerate(own.staff, 1):
        given, _, family = name.partition(" ")
        made.append(
            {
                "resourceType": "Practitioner",
                "id": f"{desk.prefix}staff-{number}",
                "active": True,
                "name": [{"family": family, "given": [given]}],
            }
        )
    return made


def patient(chart: Chart) -> Resource:
    """Returns the Patient as the system holds it."""
    who = chart.who
    value: Resource = {
        "resourceType": "Patient",
        "id": chart.patient_id,
        "identifier": _identifiers(chart),
        "active": True,
        "name": [_name(who.name, "official"), *(_name(one, "usual") for one in who.others)],
        "gender": _GENDERS.get(who.sex, "unknown"),
        "managingOrganization": chart.house,
    }
    if who.born is not None:
        value["birthDate"] = who.born.isoformat()
    if who.phones:
        value["telecom"] = [_phone(one) for one in who.phones]
    if who.home is not None:
        value["address"] = [_address(who.home)]
    if who.practice:
        value["generalPractitioner"] = [
            {"identifier": {"system": ODS_SYSTEM, "value": who.practice}}
        ]
    if who.died_at is not None:
        value["deceasedDateTime"] = instant(who.died_at)
    if who.language:
        value["communication"] = [{"language": {"text": who.language}, "preferred": True}]
    stated = {"S11": who.is_watched, "S12": who.is_protected, who.sealed: bool(who.sealed)}
    labels = [label for label, holds in stated.items() if holds]
    if labels:
        value["meta"] = {"security": [{"system": LABEL_SYSTEM, "code": one} for one in labels]}
    return value


def _identifiers(chart: Chart) -> Json:
    who, found = chart.who, list[Json]()
    if who.nhs:
        found.append({"use": "official", "system": NHS_SYSTEM, "value": who.nhs})
    if who.former_nhs:
        found.append({"use": "old", "system": NHS_SYSTEM, "value": who.former_nhs})
    local = f"urn:careweave:demo:{chart.desk.organisation.id}:record"
    return [*found, {"use": "usual", "system": local, "value": who.local}]


def _name(name: Name, use: str) -> Json:
    value: Resource = {"use": use, "text": name.plain, "family": name.family}
    return {**value, "given": list(name.given)} if name.given else value


def _phone(number: str) -> Json:
    return {"system": "phone", "value": number, "use": phone_use(number)}


def phone_use(number: str) -> str:
    """Returns whether a number is of a mobile phone or of a home."""
    return "mobile" if number.startswith("07") else "home"


def _address(home: Home) -> Json:
    value: Resource = {
        "use": "home",
        "line": [home.line],
        "city": home.town,
        "postalCode": home.postcode,
    }
    if home.uprn:
        url = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-AddressKey"
        kind: Json = {"url": "type", "valueCoding": {"code": "UPRN"}}
        key: Json = {"url": "value", "valueString": home.uprn}
        value["extension"] = [{"url": url, "extension": [kind, key]}]
    return value


def instant(at: datetime) -> str:
    """Returns a time in UTC as FHIR writes it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def slug(text: str) -> str:
    """Returns the invented code of a word."""
    code = "".join(c if c.isalnum() else "-" for c in text.lower())
    return "demo-" + "-".join(part for part in code.split("-") if part)


def concept(text: str, code: str = "", display: str = "") -> Json:
    """Returns an invented code with its words."""
    coding: Json = {"system": CODES, "code": code or slug(text), "display": display or text}
    return {"coding": [coding], "text": display or text}


def tho(name: str, code: str) -> Json:
    """Returns a code of HL7's own terminology."""
    return {"coding": [{"system": f"{_THO}/{name}", "code": code}]}


def act_code(code: str) -> Json:
    """Returns a class of contact."""
    return {"system": f"{_THO}/v3-ActCode", "code": code}


def measured(value: str, unit: str) -> Resource:
    """Returns the value of an observation: a quantity where it is a number, else text."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return {"valueString": value}
    amount: Resource = {"value": number}
    if unit:
        amount |= {"unit": unit, "system": UCUM, "code": unit}
    return {"valueQuantity": amount}


def period(fact: Fact) -> Resource:
    """Returns from when to when a fact was so."""
    value: Resource = {"start": instant(fact.at)}
    return value | ({"end": instant(fact.ended_at)} if fact.ended_at else {})
