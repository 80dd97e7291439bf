"""Summaries: what stays, what goes, and the mark that says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.formats import elements, subset

TAG = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}

OBSERVATION = {
    "resourceType": "Observation",
    "id": "o1",
    "meta": {"versionId": "3", "tag": [{"system": "http://example.org", "code": "x"}]},
    "implicitRules": "http://example.org/rules",
    "text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>"},
    "modifierExtension": [{"url": "http://example.org/not", "valueBoolean": True}],
    "extension": [{"url": "http://example.org/more", "valueBoolean": True}],
    "status": "final",
    "_status": {"id": "s"},
    "category": [{"text": "vital signs"}],
    "code": {"text": "systolic"},
    "effectiveDateTime": "2026-01-01",
    "_effectiveDateTime": {"id": "e"},
    "valueQuantity": {"value": 120, "unit": "mmHg"},
    "note": [{"text": "seated"}],
    "referenceRange": [{"text": "normal"}],
    "component": [
        {
            "code": {"text": "part"},
            "valueString": "x",
            "interpretation": [{"text": "high"}],
            "modifierExtension": [{"url": "http://example.org/m", "valueBoolean": False}],
        },
    ],
}


def test_named_elements_stay_with_the_mandatory_and_the_modifying_ones() -> None:
    kept = subset(OBSERVATION, elements=("value", "Observation.effective", "unknown"))
    assert list(kept) == [
        "resourceType", "id", "meta", "implicitRules", "modifierExtension", "status", "_status",
        "code", "effectiveDateTime", "_effectiveDateTime", "valueQuantity",
    ]  # fmt: skip


def test_the_mark_is_added_once_and_keeps_other_tags() -> None:
    once = subset(OBSERVATION, summary="true")
    assert once["meta"] == {"versionId": "3", "tag": [*OBSERVATION["meta"]["tag"], TAG]}
    assert subset(once, summary="true") == once
    assert OBSERVATION["meta"]["tag"] != once["meta"]["tag"]


def test_a_summary_keeps_the_summary_elements_within_backbones_too() -> None:
    kept = subset(OBSERVATION, summary="true")
    assert {"note", "text", "extension", "category", "referenceRange"}.isdisjoint(kept)
    assert list(kept["component"][0]) == ["code", "valueString", "modifierExtension"]


def test_text_keeps_the_narrative_and_what_must_be_there() -> None:
    assert set(subset(OBSERVATION, summary="text")) == {
        "resourceType", "id", "meta", "implicitRules", "modifierExtension", "text", "status",
        "_status", "code",
    }  # fmt: skip


def test_data_leaves_out_the_narrative_only() -> None:
    kept = subset(OBSERVATION, summary="data")
    assert set(OBSERVATION) - set(kept) == {"text"}


@pytest.mark.parametrize("summary", ["false", "count"])
def test_without_a_summary_nothing_changes(summary: str) -> None:
    assert subset(OBSERVATION, summary=summary) is OBSERVATION


def test_a_death_stays_whatever_is_asked() -> None:
    patient = {"resourceType": "Patient", "id": "p", "deceasedBoolean": True, "gender": "female"}
    kept = subset(patient, elements=("gender",))
    assert kept["deceasedBoolean"] is True


@given(
    st.sets(st.sampled_from([one.name for one in elements("Observation")])),
    st.sampled_from(["false", "true", "text", "data"]),
)
def test_a_subset_never_adds_and_never_loses_what_changes_the_meaning(
    names: set[str], summary: str
) -> None:
    kept = subset(OBSERVATION, elements=sorted(names), summary=summary)
    assert set(kept) <= set(OBSERVATION)
    assert {"id", "implicitRules", "modifierExtension", "status", "code"} <= set(kept)
