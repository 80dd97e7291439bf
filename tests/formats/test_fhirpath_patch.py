"""FHIRPath Patch: the published vectors, the five operations, the limits of expressions."""

from pathlib import Path

import pytest
from lxml import etree

from careweave.formats import fhirpath_patch, read_xml
from careweave.terms import CareweaveError, Incorrect, TooCostly, Unprocessable

VECTORS = Path(__file__).with_name("vectors") / "fhir-patch-tests.xml"

# Each vector that does not hold, with the reason. The list may only shrink.
KNOWN: dict[str, str] = {}


def vectors() -> list[etree._Element]:
    return list(etree.parse(VECTORS).getroot().iterfind("case"))


def inner(case: etree._Element, name: str) -> dict:
    (resource,) = (one for one in case.find(name) if isinstance(one.tag, str))
    return read_xml(etree.tostring(resource, with_tail=False)).value


@pytest.mark.conformance
@pytest.mark.parametrize("case", vectors(), ids=lambda case: case.get("name"))
def test_the_published_vectors_hold(case: etree._Element) -> None:
    if case.get("name") in KNOWN:
        pytest.xfail(KNOWN[case.get("name")])
    before, diff = inner(case, "input"), inner(case, "diff")
    if case.find("error") is not None:
        with pytest.raises(Incorrect):
            fhirpath_patch(before, diff)
    else:
        assert fhirpath_patch(before, diff) == inner(case, "output")
    assert before == inner(case, "input")


def part(name: str, kind: str, value: object) -> dict:
    return {"name": name, f"value{kind}": value}


def patch(kind: str, path: str, *parts: dict) -> dict:
    first = [part("type", "Code", kind), part("path", "String", path)]
    return {
        "resourceType": "Parameters",
        "parameter": [{"name": "operation", "part": [*first, *parts]}],
    }


PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "active": True,
    "name": [
        {"use": "official", "family": "Example", "given": ["Ann", "Bea"]},
        {"use": "usual", "given": ["Annie"], "_given": [{"id": "g1"}]},
    ],
    "birthDate": "1970-01-01",
    "_birthDate": {"extension": [{"url": "http://example.org/time", "valueString": "noon"}]},
    "deceasedBoolean": False,
}


def test_a_choice_takes_its_new_type() -> None:
    value = part("value", "DateTime", "2026-01-01")
    after = fhirpath_patch(PATIENT, patch("replace", "Patient.deceased", value))
    assert after["deceasedDateTime"] == "2026-01-01"
    assert "deceasedBoolean" not in after


def test_adding_another_type_of_a_choice_that_is_there_is_refused() -> None:
    parts = part("name", "String", "deceased"), part("value", "DateTime", "2026-01-01")
    with pytest.raises(Unprocessable):
        fhirpath_patch(PATIENT, patch("add", "Patient", *parts))


def test_a_primitive_keeps_and_gains_extensions() -> None:
    added = {
        "name": "value",
        "part": [
            part("url", "Uri", "http://example.org/more"),
            part("value", "Boolean", True),
        ],
    }
    after = fhirpath_patch(
        PATIENT, patch("add", "Patient.birthDate", part("name", "String", "extension"), added)
    )
    assert after["birthDate"] == "1970-01-01"
    assert [one["url"] for one in after["_birthDate"]["extension"]] == [
        "http://example.org/time",
        "http://example.org/more",
    ]


def test_a_repeating_primitive_and_its_sibling_stay_aligned() -> None:
    name = "Patient.name.where(use = 'usual').given"
    after = fhirpath_patch(
        PATIENT,
        patch("insert", name, part("index", "Integer", 0), part("value", "String", "Nan")),
    )
    assert after["name"][1] == {
        "use": "usual",
        "given": ["Nan", "Annie"],
        "_given": [None, {"id": "g1"}],
    }


def test_what_becomes_empty_goes() -> None:
    after = fhirpath_patch(PATIENT, patch("delete", "Patient.name.given[2]"))
    assert "_given" not in after["name"][1]
    assert "given" not in after["name"][1]


@pytest.mark.parametrize(
    ("path", "family"),
    [
        ("Patient.name.where(use = 'official').family", True),
        ("name.where(use = 'official' and family = 'Example').family", True),
        ("Patient.name.where(use = 'old' or given = 'Annie').given", False),
        ("Patient.name.first().family", True),
        ("Patient.name.where(family.exists()).family", True),
        ("Patient.name.where(given.count() = 2 and period.empty()).family", True),
        ("Patient.name.where(family.startsWith('Ex')).family", True),
        ("Patient.name.where($this.use != 'usual').family", True),
        ("(Patient.name | Patient.contact.name).where(use = `use` and family.exists()).family", True),
        ("Patient.name[0].family.ofType(string)", True),
        ("Patient.name.where(family is string).family as string", True),
        ("Patient.name.where((use = 'usual').not()).family", True),
        ("%resource.name.where(all(use = 'official')).family", True),
        ("Patient.name.where(iif = 'x').family", None),
        ("Patient.deceased.ofType(boolean)", None),
    ],
)  # fmt: skip
def test_paths_find_their_element(path: str, family: bool | None) -> None:
    value = part("value", "Boolean", True) if "deceased" in path else part("value", "String", "New")
    if family is None and "deceased" not in path:
        with pytest.raises(Unprocessable):
            fhirpath_patch(PATIENT, patch("replace", path, value))
        return
    after = fhirpath_patch(PATIENT, patch("replace", path, value))
    if family:
        assert after["name"][0]["family"] == "New"
    assert after != PATIENT


def test_extension_finds_by_its_address() -> None:
    path = "Patient.birthDate.extension('http://example.org/time').value"
    after = fhirpath_patch(PATIENT, patch("replace", path, part("value", "String", "dawn")))
    assert after["_birthDate"]["extension"][0]["valueString"] == "dawn"


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        (patch("replace", "Patient.id", part("value", "Id", "p2")), Unprocessable),
        (patch("delete", "Patient.id"), Unprocessable),
        (patch("delete", "Patient"), Unprocessable),
        (patch("replace", "Patient", {"name": "value", "resource": PATIENT}), Unprocessable),
        (patch("replace", "Patient.gender", part("value", "Code", "male")), Unprocessable),
        (patch("delete", "Patient.name"), Unprocessable),
        (patch("add", "Patient", part("name", "String", "nonsense"), part("value", "Code", "x")),
         Unprocessable),
        (patch("add", "Patient", part("name", "String", "active"), part("value", "Boolean", True)),
         Unprocessable),
        (patch("move", "Patient.name", part("source", "Integer", 0),
               part("destination", "Integer", 2)), Unprocessable),
        (patch("insert", "Patient.name", part("index", "Integer", 9),
               {"name": "value", "part": [part("use", "Code", "old")]}), Unprocessable),
        (patch("insert", "Patient.gender", part("index", "Integer", 0),
               part("value", "Code", "male")), Incorrect),
        (patch("eval", "Patient.name"), Incorrect),
        (patch("add", "Patient"), Incorrect),
        (patch("delete", "Patient.name.matches('(a+)+$')"), Incorrect),
        (patch("delete", "Patient.name.repeat(given)"), Incorrect),
        (patch("delete", "Patient.name["), Incorrect),
        (patch("delete", "Patient.name[true]"), Incorrect),
        (patch("delete", "1 + 1"), Incorrect),
        (patch("delete", "(" * 500 + "name" + ")" * 500), Incorrect),
        (patch("delete", "x" * 3000), Incorrect),
        (patch("delete", ""), Incorrect),
        ({"resourceType": "Patient"}, Incorrect),
        ([], Incorrect),
        ({"resourceType": "Parameters", "parameter": [{"name": "x"}]}, Incorrect),
        ({"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [1]}]},
         Incorrect),
        ({"resourceType": "Parameters", "parameter": [{"name": "operation"}] * 300}, Incorrect),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused(operation: object, kind: type[CareweaveError]) -> None:
    with pytest.raises(kind):
        fhirpath_patch(PATIENT, operation)


def test_an_expression_has_a_budget_of_steps() -> None:
    many = {"resourceType": "Patient", "name": [{"family": "x"}] * 2000}
    with pytest.raises(TooCostly):
        fhirpath_patch(many, patch("delete", "Patient.name.where(family = 'y')"))


def test_a_fault_names_its_operation() -> None:
    good = patch("delete", "Patient.active")["parameter"]
    bad = patch("replace", "Patient.gender", part("value", "Code", "male"))["parameter"]
    with pytest.raises(Unprocessable) as caught:
        fhirpath_patch(PATIENT, {"resourceType": "Parameters", "parameter": good + bad})
    assert caught.value.where == "Parameters.parameter[1]"


def test_the_patch_shares_nothing_with_its_result() -> None:
    given = {"name": "value", "valueCodeableConcept": {"text": "married"}}
    operation = patch("add", "Patient", part("name", "String", "maritalStatus"), given)
    fhirpath_patch(PATIENT, operation)["maritalStatus"]["text"] = "changed"
    assert given["valueCodeableConcept"]["text"] == "married"
