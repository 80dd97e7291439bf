"""Looking for people at the door: who was found, by the ids of their sources' Patients."""

from typing import Any
from urllib.parse import urlencode

from falcon import testing

from tests.lib.door import Door

NHS = "https://fhir.nhs.uk/Id/nhs-number"
GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
STATUS = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
FORM = "application/x-www-form-urlencoded"


def number(digits: str, status: str = "01") -> dict[str, Any]:
    """An NHS number with the status of its verification."""
    coding = {"system": "https://fhir.hl7.org.uk/CodeSystem/NHSNumberVerificationStatus"}
    value = {"coding": [{**coding, "code": status}]}
    return {
        "system": NHS,
        "value": digits,
        "extension": [{"url": STATUS, "valueCodeableConcept": value}],
    }


def someone(family: str, *given: str, born: str, **more: Any) -> dict[str, Any]:
    """A Patient of this name and birth date."""
    name = {"use": "official", "family": family, "given": list(given)}
    return {"resourceType": "Patient", "name": [name], "birthDate": born, **more}


def home(postcode: str, line: str = "1 High Street", **more: Any) -> dict[str, Any]:
    """An address."""
    return {"line": [line], "city": "Ashgrove", "postalCode": postcode, **more}


def match(
    door: Door, patient: dict[str, Any], *, by: str = "alpha", **asked: Any
) -> testing.Result:
    """The answer of $match to a Patient; `certain` and `count` as parameters."""
    parameters: list[dict[str, Any]] = [{"name": "resource", "resource": patient}]
    if "certain" in asked:
        parameters.append({"name": "onlyCertainMatches", "valueBoolean": asked["certain"]})
    if "count" in asked:
        parameters.append({"name": "count", "valueInteger": asked["count"]})
    body = {"resourceType": "Parameters", "parameter": parameters}
    return door.ask("POST", "/Patient/$match", body, by=by)


def find(door: Door, *pairs: tuple[str, str], by: str = "alpha", **words: str) -> testing.Result:
    """The answer of $find to these words."""
    named = list(words.items())
    body = urlencode([*named, *pairs])
    return door.ask("POST", "/Patient/$find", body, by=by, headers={"Content-Type": FORM})


def whom(answer: testing.Result) -> list[set[str]]:
    """The ids of the sources' Patients of each person in the answer, in its order."""
    assert answer.status_code == 200, answer.text
    assert answer.json["resourceType"] == "Bundle", answer.text
    entries = answer.json.get("entry", [])
    assert answer.json["total"] == len(entries)
    return [
        {link["other"]["reference"].removeprefix("Patient/") for link in one["resource"]["link"]}
        for one in entries
    ]


def grades(answer: testing.Result) -> list[str]:
    """The grade of each match in the answer, in its order."""
    found = [entry["search"]["extension"] for entry in answer.json.get("entry", [])]
    assert all(one[0]["url"] == GRADE for one in found)
    return [one[0]["valueCode"] for one in found]


def too_many(answer: testing.Result) -> bool:
    """Whether the answer says that too many people match, in the words that are to be used."""
    assert answer.status_code == 200, answer.text
    if answer.json["resourceType"] != "OperationOutcome":
        return False
    issue = answer.json["issue"][0]
    coding = issue["details"]["coding"][0]
    assert (issue["severity"], issue["code"]) == ("information", "multiple-matches")
    return bool(coding["code"] == "TOO_MANY_MATCHES")
