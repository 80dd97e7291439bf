"""The compiled table holds every standard parameter, each with a place."""

import gzip
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from careweave.record import parameters
from careweave.record._nodes import Place
from careweave.record._parameters import definitions
from careweave.record._subject_rule import SUBJECT_ELEMENT
from careweave.record._types import all_types, rt_of, type_of
from careweave.terms import Unsupported

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT.parent / "shared/data/fhir-r4-definitions/search-parameters.json"


def test_numbers_of_types_never_move():
    assert [rt_of(name) for name in all_types()] == list(range(1, 147))
    assert (rt_of("Account"), rt_of("Observation"), rt_of("Patient")) == (1, 96, 103)
    assert type_of(rt_of("VisionPrescription")) == "VisionPrescription"
    with pytest.raises(Unsupported):
        rt_of("Ward")
    with pytest.raises(Unsupported):
        type_of(0)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the R4 definitions lie not beside the checkout")
def test_all_1378_published_parameters_are_in_the_table():
    published = json.loads(PUBLISHED.read_text())
    assert len(published) == 1378
    kept = {p.url for name in all_types() for p in parameters(name).values()}
    assert {p["url"] for p in published} - kept == set()
    for one in published:
        for base in set(one["base"]) - {"Resource", "DomainResource"}:
            found = parameters(base)[one["code"]]
            assert (found.kind.value, found.expression) == (one["type"], one["expression"])


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the R4 definitions lie not beside the checkout")
def test_the_packaged_table_is_what_the_compiler_makes(tmp_path):
    made = tmp_path / "search.json.gz"
    tool = [sys.executable, str(ROOT / "tools/compile_search.py"), str(PUBLISHED.parent), str(made)]
    subprocess.run(tool, check=True, capture_output=True)
    packaged = ROOT / "careweave/record/_definitions/search.json.gz"
    assert gzip.decompress(made.read_bytes()) == gzip.decompress(packaged.read_bytes())


def test_only_what_is_named_here_is_not_offered():
    refused = Counter(
        p.name for name in all_types() for p in parameters(name).values() if p.place is Place.NONE
    )
    per_type = len(all_types())
    assert refused == {
        "_text": per_type,
        "_content": per_type,
        "_query": per_type,
        "near": 1,
        "chromosome-variant-coordinate": 1,
        "referenceseqid-variant-coordinate": 1,
    }


def test_each_parameter_has_a_way_to_its_values():
    for name in all_types():
        for one in definitions(name).values():
            if one.parameter.place not in {Place.NONE, Place.LIST}:
                assert one.ways or one.roots or one.union or one.together


def test_each_type_with_a_single_subject_is_found_by_it():
    for name in all_types():
        places = {p.place for p in parameters(name).values()}
        assert (Place.SUBJECT in places) == (name in SUBJECT_ELEMENT)


def test_a_type_has_at_most_one_main_code_and_one_main_date():
    for name in all_types():
        places = Counter(p.place for p in parameters(name).values())
        assert places[Place.CODE] <= 1
        assert places[Place.DATE] <= 1


def test_statuses_never_drive_a_search():
    for type_name, name in [
        ("Observation", "status"),
        ("MedicationRequest", "intent"),
        ("Patient", "gender"),
        ("Condition", "clinical-status"),
        ("Encounter", "class"),
    ]:
        assert parameters(type_name)[name].place is Place.TOK
