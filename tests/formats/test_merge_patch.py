"""JSON Merge Patch over resources."""

import pytest

from careweave.formats import merge_patch
from careweave.terms import Incorrect, Unprocessable

PATIENT = {"resourceType": "Patient", "id": "a", "active": True, "name": [{"family": "X"}]}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"active": False}, {**PATIENT, "active": False}),
        ({"active": None}, {k: v for k, v in PATIENT.items() if k != "active"}),
        ({"name": [{"family": "Y"}]}, {**PATIENT, "name": [{"family": "Y"}]}),
        ({"name": []}, {k: v for k, v in PATIENT.items() if k != "name"}),
        ({"contact": {"gender": "male"}}, {**PATIENT, "contact": {"gender": "male"}}),
        ({}, PATIENT),
    ],
)
def test_members_replace_and_nulls_remove(patch: dict, expected: dict) -> None:
    before = dict(PATIENT)
    assert merge_patch(PATIENT, patch) == expected
    assert before == PATIENT


@pytest.mark.parametrize("patch", [{"id": "b"}, {"resourceType": "Group"}, {"id": None}])
def test_type_and_id_never_change(patch: dict) -> None:
    with pytest.raises(Unprocessable):
        merge_patch(PATIENT, patch)


def test_a_merge_patch_is_an_object() -> None:
    with pytest.raises(Incorrect):
        merge_patch(PATIENT, [])
