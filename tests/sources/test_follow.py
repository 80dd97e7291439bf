"""A process follows the files of its region, and keeps what was right when they are wrong."""

from pathlib import Path

import pytest

from careweave.sources import Channel, Followed, Sources
from careweave.terms import Conflict

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
    sources = Followed(region, secret=b"k", adopt=adopted.append, clock_s=clock)
    region_of(tmp_path, "two")
    assert sources().names == ("one",)
    clock.now = 5.0
    assert sources().names == ("one", "two")
    assert [each.names for each in adopted] == [("one",), ("one", "two")]


def test_sources_that_are_wrong_leave_those_before_in_force(tmp_path: Path) -> None:
    clock = Time()
    region = region_of(tmp_path, "one")
    sources = Followed(region, secret=b"k", adopt=lambda _: None, clock_s=clock)
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

    sources = Followed(region, secret=b"k", adopt=adopt, clock_s=clock)
    region_of(tmp_path, "two")
    refuses, clock.now = True, 5.0
    assert sources().names == ("one",)
    assert isinstance(sources.fault, Conflict)


def test_a_region_that_is_wrong_at_the_start_is_refused(tmp_path: Path) -> None:
    def refuse(_: Sources) -> None:
        raise Conflict("raise the version")

    with pytest.raises(Conflict):
        Followed(region_of(tmp_path, "one"), secret=b"k", adopt=refuse)


def test_with_kinds_only_those_sources_are_read(tmp_path: Path) -> None:
    region = region_of(tmp_path, "one")
    text = SOURCE.format(name="two").replace("kind: fhir", 'kind: folder, pattern: "*.csv"')
    (region / "sources" / "two.yaml").write_text(text + "mapping: uk-r4\n")
    for kinds, names in (({Channel.FHIR}, ("one",)), ({Channel.FOLDER}, ("two",))):
        sources = Followed(region, secret=b"k", adopt=lambda _: None, kinds=frozenset(kinds))
        assert sources().names == names
