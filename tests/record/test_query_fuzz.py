"""Whatever is asked is understood or refused; whatever is published is prepared."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careweave.formats import read_json
from careweave.record import Keys, Search, parameters, parse, prepare
from careweave.terms import Incorrect
from tests.lib.cases import cases

KEYS = Keys(b"k" * 32)
ZONE = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
EXAMPLES = Path(__file__).resolve().parents[3] / "shared/data/r4-examples"
TYPES = ["Observation", "Patient", "ValueSet", "DocumentReference", "MolecularSequence", "Location"]

modifiers = st.sampled_from(
    ["", "", ":missing", ":exact", ":contains", ":not", ":of-type", ":identifier", ":below",
     ":above", ":Patient", ":", "::", ":Patient.name", ".name", "."]
)  # fmt: skip
texts = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="|$,\\:/.#-+eE0123456789TZaglt", max_size=20),
    st.sampled_from(["9999", "0000", "0001-01-01", "9999-12-31T23:59:60Z", "ap0001", "ap9999", "1e-99", "-0"]),
)  # fmt: skip


@st.composite
def pairs(draw):
    type_name = draw(st.sampled_from(TYPES))
    known = st.sampled_from(sorted(parameters(type_name)))
    others = st.sampled_from(
        ["_has:Observation:patient:code", "_sort", "_include", "_revinclude", "_count", "_elements"]
    )
    name = draw(st.one_of(known, known, others, st.text(max_size=12))) + draw(modifiers)
    return type_name, [(name, draw(texts))]


@settings(max_examples=cases(600))
@given(pairs())
def test_a_query_is_understood_or_refused(asked):
    type_name, query = asked
    with suppress(Incorrect):
        found = parse(type_name, query, keys=KEYS, zone=ZONE, now=NOW)
        assert isinstance(found, Search)
        hash(found.where)


@pytest.mark.skipif(not EXAMPLES.exists(), reason="the R4 examples lie not beside the checkout")
def test_every_published_example_is_prepared():
    paths = sorted(EXAMPLES.glob("*/*.json"))
    assert len(paths) > 400
    for path in paths:
        resource = read_json(path.read_bytes())
        found = prepare(resource, keys=KEYS, zone=ZONE, public_id=resource.id or "x")
        again = prepare(resource, keys=KEYS, zone=ZONE, public_id=resource.id or "x")
        assert found == again
        assert set(found.posted) <= set(found.tok)
        assert found.primary <= len(found.patients)
        assert (found.low is None) == (found.high is None)
        assert all(low <= high for _, low, high in found.dates)
        assert all(low <= high for _, _, low, high in found.quantities)
        assert all(len(text) <= 500 for _, text in found.strings)
