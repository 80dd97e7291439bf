"""Official examples, each taken and given back unchanged, or refused by name with a reason.

UK Core examples (FHIR R4 XML), HL7's R4 examples (JSON) and Synthea's bundles, of ../shared/data.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from careweave.formats import (
    check,
    read_bundle,
    read_json,
    read_xml,
    references,
    relink,
    splice,
    to_xml,
)
from careweave.terms import Severity

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
UK_CORE = DATA / "uk-core"
R4_EXAMPLES = DATA / "r4-examples"
SYNTHEA = DATA / "synthea"
AT = datetime(2026, 1, 1, tzinfo=UTC)
pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not beside this checkout"),
]

EMPTY_NARRATIVE = "Its narrative has no text and no image, which R4 does not allow. (txt-2)"
REFUSED = {
    "ActivityDefinition-blood-tubes-supply.json": EMPTY_NARRATIVE,
    "ActivityDefinition-heart-valve-replacement.json": EMPTY_NARRATIVE,
    "EventDefinition-example.json": EMPTY_NARRATIVE,
}
"""The files that are refused, each with the reason."""

OTHER_ORDER = {
    "UKCore-Observation-Lab-Albumin-Example.xml": "Its meta follows its text; R4 has meta first.",
    "UKCore-Questionnaire-EOLPlan-Example.xml": "An extension follows linkId; R4 has it first.",
}
"""XML files with elements in an order that R4 does not have; they are given back in R4's order."""


def files(folder, pattern):
    return sorted(folder.rglob(pattern)) or [
        pytest.param(
            None, marks=pytest.mark.skip("../shared/data does not lie beside this checkout")
        )
    ]


def errors(resource):
    return [issue for issue in check(resource) if issue.severity is not Severity.WARNING]


def canonical(data):
    """The XML without what says nothing: comments, space between elements, prefixes."""
    root = etree.fromstring(data, etree.XMLParser(remove_comments=True, resolve_entities=False))
    for node in root.iter("{http://hl7.org/fhir}*"):
        if node.text and not node.text.strip():
            node.text = None
        for child in node:
            if child.tail and not child.tail.strip():
                child.tail = None
    return etree.tostring(root, method="c14n", exclusive=True)


def in_order(value):
    """The content of canonical XML regardless of the order of different elements."""
    root = etree.fromstring(value)
    for node in list(root.iter("{http://hl7.org/fhir}*")):
        node[:] = sorted(node, key=lambda child: str(child.tag))
    return etree.tostring(root, method="c14n", exclusive=True)


@pytest.mark.parametrize(
    "path", files(UK_CORE, "*.xml"), ids=lambda path: path.name if path else ""
)
def test_a_uk_core_example_is_taken_and_given_back(path):
    data = path.read_bytes()
    resource = read_xml(data)
    assert errors(resource) == []
    made = to_xml(resource.value)
    if path.name in OTHER_ORDER:
        assert canonical(made) != canonical(data)
        assert in_order(canonical(made)) == in_order(canonical(data))
    else:
        assert canonical(made) == canonical(data)
    assert read_xml(made).value == resource.value
    assert read_json(resource.body) == resource


@pytest.mark.parametrize(
    "path", files(R4_EXAMPLES, "*.json"), ids=lambda path: path.name if path else ""
)
def test_an_official_r4_example_is_taken_and_given_back(path):
    data = path.read_bytes()
    resource = read_json(data)
    found = errors(resource)
    if path.name in REFUSED:
        assert [issue.message.rpartition(" ")[2] for issue in found] == [
            REFUSED[path.name].rpartition(" ")[2]
        ]
        return
    assert found == []
    assert resource.value == json.loads(data, parse_float=Decimal)
    assert_stamped(resource)
    assert read_xml(to_xml(resource.value)).value == resource.value


def assert_stamped(resource):
    stamped = splice(resource.body, resource.cut, id="n1", version=3, updated=AT, meta=b"")
    meta = {"versionId": "3", "lastUpdated": "2026-01-01T00:00:00.000Z"}
    assert read_json(stamped).value == {**resource.value, "id": "n1", "meta": meta}


@pytest.mark.parametrize(
    "path", files(SYNTHEA, "*.json"), ids=lambda path: path.name if path else ""
)
def test_a_synthea_bundle_is_taken_entry_by_entry(path):
    data = path.read_bytes()
    bundle = read_bundle(data)
    expected = json.loads(data, parse_float=Decimal)["entry"]
    assert [entry.resource.value for entry in bundle.entries] == [
        entry["resource"] for entry in expected
    ]
    names = {entry.full_url: f"{entry.resource.type}/{i}" for i, entry in enumerate(bundle.entries)}
    for entry in bundle.entries:
        assert entry.resource.body in data
        assert errors(entry.resource) == []
        linked = relink(entry.resource, names.get)
        assert not any(reference.startswith("urn:uuid:") for reference in references(linked))
        assert read_json(linked.body) == linked
        assert_stamped(linked)


def test_the_lists_name_files_that_exist():
    there = {path.name for folder in (R4_EXAMPLES, UK_CORE) for path in folder.rglob("*.*")}
    assert REFUSED.keys() | OTHER_ORDER.keys() <= there
