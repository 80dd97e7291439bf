"""Reading what the record kept: the same value as the strict reading, and never a guess."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.formats import kept_json, read_json
from careweave.terms import Fault

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(
        st.characters(min_codepoint=0x20, max_codepoint=0x2FF, exclude_categories=("Cc", "Cs")),
        max_size=20,
    )
)
_NAMES = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_NAMES, _VALUES, max_size=6))
def test_a_kept_entry_reads_as_it_was_read_when_it_came(value) -> None:
    body = json.dumps({"resourceType": "Basic", **value}).encode()
    assert kept_json(body) == read_json(body).value


def test_a_number_keeps_its_digits() -> None:
    assert str(kept_json(b'{"value": 4.10}')["value"]) == "4.10"
    assert isinstance(kept_json(b'{"value": 4.10}')["value"], Decimal)


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b'"x"', b"\xff"])
def test_what_is_no_entry_is_a_fault_of_ours(body: bytes) -> None:
    with pytest.raises(Fault):
        kept_json(body)
