"""V16: what is written out and read again is itself; order and layout do not change it."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from careweave.agreements import canonical, emit
from careweave.agreements._canonical import is_stable
from careweave.agreements._notices import Notices
from careweave.agreements._yaml import read_yaml
from careweave.terms import Json
from tests.lib.agreement_files import agreement, own_access, planning

_NAMES = st.text(min_size=1, max_size=12)
_LEAVES = (
    st.text(max_size=20)
    | st.integers(-(10**15), 10**15)
    | st.booleans()
    | st.none()
    | st.decimals(-1000, 1000, places=3).filter(lambda one: one.as_tuple().sign == 0 or one != 0)
)
_VALUES: st.SearchStrategy[Json] = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


def _read(data: bytes) -> Json:
    notices = Notices()
    document = read_yaml(data, "", notices)
    assert document is not None, (data, [one.text for one in notices.told()])
    return document.value


@given(st.dictionaries(_NAMES, _VALUES, max_size=4))
@settings(max_examples=150, deadline=None)
def test_any_plain_values_are_read_as_they_were_written(value: dict[str, Json]) -> None:
    assert _read(emit(value)) == value


def test_every_word_that_yaml_might_take_for_something_else_comes_back() -> None:
    words = ["yes", "no", "on", "null", "~", "", "1", "1.10", "0x1f", "12:30", "- a", "a: b", "#x"]
    words += ["a #b", "[", "{", "&a", "*a", "!a", "|", ">", "%", "@", "`", "'", '"', "a\nb", " a"]
    assert _read(emit({"words": list(words)})) == {"words": words}
    assert _read(emit(dict.fromkeys(words, "x"))) == dict.fromkeys(words, "x")


def test_agreements_are_stable() -> None:
    for document in (agreement(), own_access(), planning()):
        assert is_stable(document)
        assert canonical(_read(emit(document))) == canonical(document)


def test_the_order_of_names_and_signatures_do_not_change_what_is_signed() -> None:
    document = agreement()
    turned = dict(reversed(list(document.items())))
    turned["parties"] = [{**one, "signed": {"sig": "x"}} for one in document["parties"]]
    assert canonical(turned) == canonical(document)
    assert canonical({**document, "version": 2}) != canonical(document)
    assert canonical({"a": Decimal("1.10")}) == b'{"a":1.10}'
