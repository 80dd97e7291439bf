"""JSON Patch: the published vectors, and the restrictions of FHIR."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.formats import json_patch
from careweave.terms import Incorrect, TooCostly, Unprocessable

VECTORS = Path(__file__).with_name("vectors") / "json-patch-tests.json"


@pytest.mark.conformance
@pytest.mark.parametrize("case", json.loads(VECTORS.read_text()), ids=lambda case: case["comment"])
def test_the_published_vectors_hold(case: dict) -> None:
    before = json.dumps(case["doc"])
    if "error" in case:
        with pytest.raises(Incorrect):
            json_patch(case["doc"], case["patch"])
    else:
        assert json_patch(case["doc"], case["patch"]) == case["expected"]
    assert json.dumps(case["doc"]) == before


PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "active": True,
    "name": [{"family": "Example", "given": ["Ann", "Bea"]}],
}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/id", "value": "p2"},
        {"op": "remove", "path": "/id"},
        {"op": "replace", "path": "/resourceType", "value": "Group"},
        {"op": "replace", "path": "", "value": {"resourceType": "Patient", "id": "p2"}},
        {"op": "replace", "path": "", "value": []},
        {"op": "move", "from": "/id", "path": "/language"},
    ],
)
def test_a_patch_cannot_change_which_resource_it_is(operation: dict) -> None:
    with pytest.raises(Unprocessable):
        json_patch(PATIENT, [operation])


def test_a_list_that_loses_its_last_item_goes() -> None:
    assert "name" not in json_patch(PATIENT, [{"op": "remove", "path": "/name/0"}])


@pytest.mark.parametrize(
    "patch",
    [
        None, {}, "x", [1], [{}], [{"op": "add"}], [{"op": "add", "path": "/active"}],
        [{"op": "eval", "path": "/active", "value": 1}], [{"op": ["add"], "path": "", "value": 1}],
        [{"op": "add", "path": "active", "value": 1}], [{"op": "add", "path": 1, "value": 1}],
        [{"op": "remove", "path": "/name/-"}], [{"op": "remove", "path": "/name/01"}],
        [{"op": "remove", "path": "/name/1"}], [{"op": "remove", "path": ""}],
        [{"op": "add", "path": "/name/x", "value": 1}], [{"op": "add", "path": "/id/x", "value": 1}],
        [{"op": "move", "from": "/name", "path": "/name/0"}], [{"op": "copy", "path": "/x"}],
        [{"op": "add", "path": "/name/99999999999999999999", "value": 1}],
        [{"op": "test", "path": "/active", "value": 1}],
        [{"op": "test", "path": "/active"}],
    ],
)  # fmt: skip
def test_a_patch_that_cannot_be_done_is_refused(patch: object) -> None:
    with pytest.raises(Incorrect):
        json_patch(PATIENT, patch)


def test_a_fault_names_its_operation() -> None:
    patch = [{"op": "test", "path": "/active", "value": True}, {"op": "remove", "path": "/gone"}]
    with pytest.raises(Unprocessable) as caught:
        json_patch(PATIENT, patch)
    assert caught.value.where == "[1]"


def test_numbers_are_compared_by_value() -> None:
    value = {"resourceType": "Basic", "n": Decimal("1.50")}
    patch = [{"op": "test", "path": "/n", "value": Decimal("1.5")}]
    assert str(json_patch(value, patch)["n"]) == "1.50"


def test_copies_that_double_are_stopped() -> None:
    start = {"resourceType": "Basic", "x": {"a": [0] * 100}}
    patch = [{"op": "copy", "from": "/x", "path": f"/x/{n}"} for n in range(60)]
    with pytest.raises(TooCostly):
        json_patch(start, patch)


@given(st.lists(st.integers(), min_size=1), st.data())
def test_remove_then_add_gives_back_the_same(items: list, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(items) - 1))
    value = {"resourceType": "Basic", "x": items}
    patch = [
        {"op": "remove", "path": f"/x/{at}"},
        {"op": "add", "path": f"/x/{at}", "value": items[at]},
    ]
    assert json_patch(value, patch) == value
