"""Reading a Patient of FHIR R4."""

from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenContact,
    WrittenLink,
    WrittenName,
    WrittenNumber,
)
from careweave.identity._read_patient import demographics
from careweave.terms import Json

NHS = "https://fhir.nhs.uk/Id/nhs-number"
STATUS = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"


def status(code: str) -> Json:
    return [
        {"url": "urn:other"},
        {"url": STATUS, "valueCodeableConcept": {"coding": [{"code": code}]}},
    ]


def test_a_patient_is_read_whole() -> None:
    patient: dict[str, Json] = {
        "resourceType": "Patient",
        "meta": {
            "security": [
                {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
            ]
        },
        "active": False,
        "extension": [
            {"url": "urn:other"},
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
                "valueAddress": {"city": "Łódź"},
            },
        ],
        "identifier": [
            {"system": NHS, "value": "9434765919", "extension": status("01")},
            {"assigner": {"display": "CHI"}, "value": "0101901003"},
            {"system": "urn:x", "value": "1", "period": {"end": "2020-01-01"}},
        ],
        "name": [
            {"use": "official", "family": "Wójcik-Nowak", "given": ["Agnieszka", "Maria"]},
            {"use": "maiden", "family": "Nowak"},
            {"use": "old", "text": "Agnieszka Nowak"},
            {"text": "Nowak, Agnieszka"},
            {"text": ""},
        ],
        "gender": "female",
        "birthDate": "1993-04-16",
        "deceasedDateTime": "2026-03-01",
        "multipleBirthInteger": 2,
        "telecom": [
            {"system": "phone", "value": "07700900123"},
            {"system": "email", "value": "a@example.org", "use": "old"},
            {"system": "sms", "value": "07700900124"},
            {"system": "url", "value": "http://example.org"},
            {"system": "phone"},
        ],
        "address": [
            {
                "use": "home",
                "line": ["Flat 2", "12 High Street"],
                "city": "Ashgrove",
                "district": "Northmere",
                "postalCode": "XR1 4AB",
            }
        ],
        "generalPractitioner": [{"display": "Dr Who"}, {"identifier": {"value": "CWG01"}}],
        "link": [
            {"type": "replaced-by", "other": {"reference": "Patient/b-2"}},
            {"type": "seealso", "other": {"reference": "RelatedPerson/c-3"}},
            {"type": "seealso", "other": {}},
        ],
    }
    assert demographics(patient, mother="S12") == Demographics(
        names=(
            WrittenName("Wójcik-Nowak", ("Agnieszka", "Maria"), "official"),
            WrittenName("Nowak", (), "maiden", is_past=True),
            WrittenName("Nowak", ("Agnieszka",), "old", is_past=True),
            WrittenName("Nowak", ("Agnieszka",)),
            WrittenName(),
        ),
        birth_date="1993-04-16",
        sex="female",
        addresses=(
            WrittenAddress(
                ("Flat 2", "12 High Street"), "Ashgrove", "Northmere", "XR1 4AB", "home"
            ),
        ),
        contacts=(
            WrittenContact("phone", "07700900123"),
            WrittenContact("email", "a@example.org", is_past=True),
            WrittenContact("phone", "07700900124"),
        ),
        numbers=(
            WrittenNumber(NHS, "9434765919", "01"),
            WrittenNumber("CHI", "0101901003"),
            WrittenNumber("urn:x", "1", is_past=True),
        ),
        died="2026-03-01",
        birth_order=2,
        mother="S12",
        practice="CWG01",
        is_restricted=True,
        is_active=False,
        links=(WrittenLink("replaced-by", "b-2"),),
        extra={"birth_place": "Łódź"},
    )


def test_an_empty_patient_says_nothing() -> None:
    assert demographics({"resourceType": "Patient"}) == Demographics()


def test_what_is_not_of_the_right_shape_is_not_there() -> None:
    patient: dict[str, Json] = {
        "name": "Nowak",
        "telecom": [7],
        "gender": 1,
        "address": [{"line": "12 High Street"}],
        "identifier": [{"extension": [{"url": STATUS}], "value": 7}],
        "multipleBirthInteger": True,
        "meta": {"security": [{"system": "urn:x", "code": "R"}]},
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"},
        ],
    }
    assert demographics(patient) == Demographics(
        addresses=(WrittenAddress(),), numbers=(WrittenNumber("", ""),)
    )


def test_a_sealed_patient_says_so() -> None:
    assert demographics({}, is_sealed=True).is_sealed


def test_a_fact_of_death_is_kept() -> None:
    assert demographics({"deceasedBoolean": True}).died == "yes"
    assert demographics({"deceasedBoolean": False}).died == ""


def test_an_estimated_birth_date_says_so() -> None:
    extension: Json = {"extension": [{"url": "urn:x", "valueCode": "estimated"}]}
    assert demographics({"birthDate": "1966", "_birthDate": extension}).is_birth_estimated


def test_a_practice_may_be_a_reference() -> None:
    practice: Json = [{"reference": "Organization/o-1"}]
    assert demographics({"generalPractitioner": practice}).practice == "Organization/o-1"
