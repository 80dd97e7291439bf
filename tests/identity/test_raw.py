"""Demographics as written come back as they were, and the same give the same bytes."""

from hypothesis import given
from hypothesis import strategies as st

from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenContact,
    WrittenLink,
    WrittenName,
    WrittenNumber,
)
from careweave.identity._raw import digest_of, read_raw, write_raw

TEXT = st.text(max_size=6)
TEXTS = st.lists(TEXT, max_size=2).map(tuple)
WRITTEN = st.builds(
    Demographics,
    names=st.lists(st.builds(WrittenName, TEXT, TEXTS, TEXT, st.booleans()), max_size=2).map(tuple),
    birth_date=TEXT,
    is_birth_estimated=st.booleans(),
    sex=TEXT,
    addresses=st.lists(
        st.builds(WrittenAddress, TEXTS, TEXT, TEXT, TEXT, TEXT, st.booleans()), max_size=2
    ).map(tuple),
    contacts=st.lists(st.builds(WrittenContact, TEXT, TEXT, st.booleans()), max_size=2).map(tuple),
    numbers=st.lists(st.builds(WrittenNumber, TEXT, TEXT, TEXT, st.booleans()), max_size=2).map(
        tuple
    ),
    died=TEXT,
    birth_order=st.none() | st.integers(1, 4),
    mother=TEXT,
    practice=TEXT,
    is_restricted=st.booleans(),
    is_sealed=st.booleans(),
    is_active=st.booleans(),
    links=st.lists(st.builds(WrittenLink, TEXT, TEXT), max_size=2).map(tuple),
    extra=st.dictionaries(TEXT, TEXT, max_size=2),
)


@given(WRITTEN)
def test_what_is_written_is_read_again(written: Demographics) -> None:
    raw = write_raw(written)
    assert read_raw(raw) == written
    assert write_raw(read_raw(raw)) == raw


@given(WRITTEN, WRITTEN)
def test_two_versions_have_one_digest_only_when_they_say_the_same(
    one: Demographics, other: Demographics
) -> None:
    same = digest_of(write_raw(one)) == digest_of(write_raw(other))
    assert same is (one == other)


def test_what_is_not_said_takes_no_room() -> None:
    assert write_raw(Demographics()) == b"{}"
