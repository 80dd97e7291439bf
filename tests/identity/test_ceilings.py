"""How common a term is never turns an exact agreement against itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.identity._ceilings import capped
from careweave.identity._model import default_model, with_frequencies
from careweave.identity._score import score
from tests.identity.norms import GRACE

SHARES = st.floats(1e-6, 1.0)


@given(SHARES, SHARES, SHARES, SHARES)
def test_an_exact_agreement_never_speaks_against_however_small_the_region(a, b, c, d):
    counted = {
        "family": {"okafor": a},
        "given": {"grace": b},
        "postcode": {"LS1 4AB": c},
        "practice": {"B12345": d},
    }
    scored = score(GRACE, GRACE, with_frequencies(default_model(), counted))
    assert set(scored.levels) <= {0, -1}
    fields = [part for part in scored.parts if part.level not in {"null", "possible"}]
    assert all(part.weight + part.tf_weight > 0 for part in fields)


def test_shares_that_are_not_too_high_stay_as_counted():
    counted = {"family": {"okafor": 0.02}, "given": {"grace": 0.03}, "postcode": {"LS1 4AB": 0.9}}
    found = capped(default_model().comparisons, counted)
    assert {name: found[name] for name in ("family", "given")} == {
        name: counted[name] for name in ("family", "given")
    }
    assert found["postcode"]["LS1 4AB"] == pytest.approx(0.59 * 0.99)
