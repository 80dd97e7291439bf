"""A process follows the files of its region, and keeps what was right when they are wrong."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from careweave.db import Database
from careweave.sources import (
    Channel,
    Followed,
    Keeping,
    Sources,
    keep_configuration,
    newest_configuration,
    not_in_force,
    refuse_configuration,
)
from careweave.terms import CareweaveError, Conflict

ORGANISATIONS = """careweave: organisations/1
organisations:
  - {id: ward, key: W, name: A ward, kind: acute, code: XW01}
"""
SOURCE = """careweave: source/1
name: {name}
organisation: ward
system: {name}
transport: {{kind: fhir}}
"""


class Time:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def region_of(tmp_path: Path, *names: str) -> Path:
    (tmp_path / "sources").mkdir(exist_ok=True)
    (tmp_path / "organisations.yaml").write_text(ORGANISATIONS)
    for name in names:
        (tmp_path / "sources" / f"{name}.yaml").write_text(SOURCE.format(name=name))
    return tmp_path


def test_a_new_file_is_followed_within_seconds(tmp_path: Path) -> None:
    clock, adopted = Time(), []
    region = region_of(tmp_path, "one")
    sources = Followed(region, secret=b"k", keeping=Keeping(adopted.append), clock_s=clock)
    region_of(tmp_path, "two")
    assert sources().names == ("one",)
    clock.now = 5.0
    assert sources().names == ("one", "two")
    assert [each.names for each in adopted] == [("one",), ("one", "two")]


def test_sources_that_are_wrong_leave_those_before_in_force(tmp_path: Path) -> None:
    clock = Time()
    region = region_of(tmp_path, "one")
    sources = Followed(region, secret=b"k", keeping=Keeping(lambda _: None), clock_s=clock)
    (region / "sources" / "bad.yaml").write_text("careweave: source/1\nname: [")
    clock.now = 5.0
    assert sources().names == ("one",)
    assert sources.fault is not None
    (region / "sources" / "bad.yaml").unlink()
    clock.now = 10.0
    assert sources().names == ("one",)
    assert sources.fault is None


def test_what_is_refused_on_adoption_is_not_in_force(tmp_path: Path) -> None:
    clock = Time()
    region = region_of(tmp_path, "one")
    refuses = False

    def adopt(_: Sources) -> None:
        if refuses:
            raise Conflict("raise the version")

    sources = Followed(region, secret=b"k", keeping=Keeping(adopt), clock_s=clock)
    region_of(tmp_path, "two")
    refuses, clock.now = True, 5.0
    assert sources().names == ("one",)
    assert isinstance(sources.fault, Conflict)


def test_a_region_that_is_wrong_at_the_start_is_refused(tmp_path: Path) -> None:
    def refuse(_: Sources) -> None:
        raise Conflict("raise the version")

    with pytest.raises(Conflict):
        Followed(region_of(tmp_path, "one"), secret=b"k", keeping=Keeping(refuse))


def test_with_kinds_only_those_sources_are_read(tmp_path: Path) -> None:
    region = region_of(tmp_path, "one")
    text = SOURCE.format(name="two").replace("kind: fhir", 'kind: folder, pattern: "*.csv"')
    (region / "sources" / "two.yaml").write_text(text + "mapping: uk-r4\n")
    for kinds, names in (({Channel.FHIR}, ("one",)), ({Channel.FOLDER}, ("two",))):
        sources = Followed(
            region, secret=b"k", keeping=Keeping(lambda _: None), kinds=frozenset(kinds)
        )
        assert sources().names == names


def test_a_start_beside_files_that_are_wrong_goes_on_with_those_in_force(
    database: Database, tmp_path: Path
) -> None:
    now = datetime(2026, 3, 16, 8, tzinfo=UTC)
    region = region_of(tmp_path, "one")

    def adopt(_: Sources) -> None:
        with database.session() as session:
            keep_configuration(session, region, now=now)

    def kept() -> bytes | None:
        with database.reading() as session:
            return newest_configuration(session)

    def refused(error: CareweaveError) -> None:
        with database.session() as session:
            refuse_configuration(session, error, now=now)

    def start() -> Followed:
        return Followed(region, secret=b"k", keeping=Keeping(adopt, refused, kept))

    assert start()().names == ("one",)
    (region / "sources" / "two.yaml").write_text("careweave: source/1\nname: [")
    again = start()
    assert again().names == ("one",)
    assert again.fault is not None
    with database.reading() as session:
        assert any("two.yaml" in fault for fault in not_in_force(session))
    region_of(tmp_path, "two")
    assert start()().names == ("one", "two")
    with database.reading() as session:
        assert not_in_force(session) == ()
