"""Laws of the configuration: whole versions by two people, never changed, in force from a moment."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.db import (
    Applying,
    Session,
    apply_configuration,
    configuration_at,
    configuration_files,
    configurations,
)
from careweave.db._configuration import _packed
from careweave.terms import Incorrect, NotFound

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
FILES = {"agreements/agr-a.yaml": b"a: 1\n", "organisations.yaml": b"b: 2\n"}


def applying(
    at: datetime = NOW, *, by: str = "A. Example", second: str = "B. Example", later: int = 0
) -> Applying:
    return Applying(by, second, "A first version.", at, at + timedelta(seconds=later))


def test_before_anything_is_applied_nothing_is_in_force(session: Session) -> None:
    assert configuration_at(session, NOW) == 0
    assert configurations(session) == ()


def test_what_was_applied_comes_back_byte_by_byte(session: Session) -> None:
    version = apply_configuration(session, FILES, applying())
    assert version == 1
    assert configuration_files(session, 1) == FILES
    assert configuration_at(session, NOW) == 1


def test_a_version_that_is_not_there_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        configuration_files(session, 7)


def test_a_version_is_in_force_from_its_moment_on_and_not_before(session: Session) -> None:
    apply_configuration(session, FILES, applying())
    apply_configuration(session, FILES, applying(later=60))
    assert configuration_at(session, NOW + timedelta(seconds=59)) == 1
    assert configuration_at(session, NOW + timedelta(seconds=60)) == 2


def test_a_later_version_stands_over_one_that_was_planned_before(session: Session) -> None:
    apply_configuration(session, FILES, applying(later=60))
    apply_configuration(session, FILES, applying())
    assert configuration_at(session, NOW + timedelta(days=1)) == 2


@pytest.mark.parametrize(
    ("by", "second"),
    [("A. Example", "A. Example"), ("A. Example", " a. example "), ("A. Example", ""), (" ", "B")],
)
def test_one_person_alone_applies_nothing(session: Session, by: str, second: str) -> None:
    with pytest.raises(Incorrect):
        apply_configuration(session, FILES, applying(by=by, second=second))
    assert configurations(session) == ()


def test_the_list_says_who_and_what_was_brought_back(session: Session) -> None:
    apply_configuration(session, FILES, applying())
    apply_configuration(session, FILES, applying(by="C. Example"), reverted_from=1)
    newest, first = configurations(session)
    assert (newest.version, newest.reverted_from, newest.applying.by) == (2, 1, "C. Example")
    assert first.digest == newest.digest


def test_the_store_itself_refuses_one_name_twice(session: Session) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), psycopg.connect(_url(session)) as direct:
        direct.execute(
            "INSERT INTO db.configuration VALUES"
            " (1, '', sha256('a'), 'A', 'A', 'note', now(), now(), NULL)"
        )


def _url(session: Session) -> str:
    url = session._memos.url  # type: ignore[attr-defined]
    return str(url)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}/[a-z]{1,8}\.yaml", fullmatch=True), st.binary()))
def test_the_same_files_give_the_same_bytes_in_whatever_order(files: dict[str, bytes]) -> None:
    assert _packed(files) == _packed(dict(reversed(files.items())))
