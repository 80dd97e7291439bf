"""The table of elements is R4, whole and in order."""

import json
import sys
from pathlib import Path

import fhirkit
import pytest

from careweave.formats import elements, is_type, known_types, members
from careweave.terms import NotFound

ROOT = Path(__file__).resolve().parents[2]
DEFINITIONS = ROOT.parent / "shared" / "data" / "fhir-r4-definitions"
needs_definitions = pytest.mark.skipif(
    not DEFINITIONS.is_dir(),
    reason="../shared/data/fhir-r4-definitions is not beside this checkout",
)


def test_the_types_are_those_of_the_validator():
    assert set(known_types()) == set(fhirkit.RESOURCE_TYPES)
    assert list(known_types()) == sorted(known_types())
    assert is_type("Patient")
    assert not is_type("DomainResource")


def test_every_shape_that_is_named_is_in_the_table():
    pending, seen = [*known_types(), "Element"], set()
    while pending:
        shape = pending.pop()
        if shape not in seen:
            seen.add(shape)
            pending += [m.shape for m in members(shape).values() if m.shape not in {"", "Resource"}]
    assert "Observation.component" in seen
    assert len(seen) > 600


def test_a_choice_has_one_name_for_each_type():
    names = members("Observation")
    assert {"valueQuantity", "valueString", "valueDateTime"} <= names.keys()
    assert names["valueQuantity"].shape == "Quantity"
    assert names["valueDateTime"].is_primitive


def test_a_content_reference_leads_to_the_shape_it_names():
    assert members("Observation.component")["referenceRange"].shape == "Observation.referenceRange"
    assert members("Questionnaire.item")["item"].shape == "Questionnaire.item"


def test_elements_of_other_versions_are_left_out():
    assert "project" not in members("Meta")
    assert "definitionCanonical" in members("EvidenceVariable.characteristic")
    assert not is_type("SubscriptionStatus")


def test_an_element_says_what_it_is():
    by_name = {element.name: element for element in elements("Observation")}
    status = by_name["status"]
    assert (status.is_required, status.is_modifier, status.is_summary, status.is_many) == (
        True,
        True,
        True,
        False,
    )
    assert by_name["subject"].targets == ("Device", "Group", "Location", "Patient")
    assert by_name["component"].is_many


def test_an_unknown_type_is_not_found():
    with pytest.raises(NotFound):
        elements("Nope")


@needs_definitions
def test_the_packaged_table_is_what_the_tool_makes(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    for name in ("compile_definitions", "definition_facts"):
        sys.modules.pop(name, None)
    import compile_definitions as tool

    packaged = tool.TARGET.read_bytes()
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    monkeypatch.setattr(tool, "TARGET", tmp_path / "elements.json.gz")
    tool.main(DEFINITIONS)
    assert tool.read(tool.TARGET.read_bytes()) == tool.read(packaged)
    assert json.dumps(tool.read(packaged))
