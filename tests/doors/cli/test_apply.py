"""careweave apply at the command line: says first, applies with two names, brings back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from careweave.db import Database, configurations
from careweave.doors.cli import Around, main
from careweave.doors.cli._apply import apply_demonstration
from careweave.doors.cli._desk import Desk
from careweave.doors.cli._serve import served
from careweave.settings import Settings
from careweave.wiring import DOORS
from tests.lib.agreement_files import AT, ROOT, agreement, files, signed

Command = Callable[..., int]
TWO = ("--by", "A. Example", "--second", "B. Example", "--note", "What the board agreed.")


@pytest.fixture
def command(database: Database, tmp_path: Path) -> Command:
    environ = {"CAREWEAVE_HOME": str(tmp_path / "home"), "CAREWEAVE_DATABASE_URL": database.url}
    around = Around(environ, lambda: AT, "careweave.wiring:application", ROOT, DOORS)
    return lambda *words: main([str(word) for word in words], around)


@pytest.fixture
def region(tmp_path: Path) -> Path:
    """A folder of a region with one agreement that all have signed."""
    folder = tmp_path / "region"
    held = files() | {"agreements/care.yaml": signed(agreement())}
    for name, body in held.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return folder


def test_apply_says_what_it_would_do_and_does_nothing_until_told_so(
    command: Command, region: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("apply", region) == 0
    said = capsys.readouterr()
    assert "Comes into force: agr-care@1" in said.out
    assert "In effect:" in said.out
    assert "All A&E clinicians at Acute" in said.out
    assert "Nothing was applied" in said.err
    assert command("configurations") == 0
    assert capsys.readouterr().out == ""


def test_what_was_applied_is_listed_with_both_names_and_can_be_brought_back(
    command: Command, region: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("apply", region, *TWO, "--yes") == 0
    assert "applied: version 1" in capsys.readouterr().out
    (region / "agreements/care.yaml").unlink()
    assert command("apply", region, *TWO, "--yes") == 0
    assert "Is no longer in force: agr-care@1" in capsys.readouterr().out
    assert command("apply", "--revert", 1, *TWO, "--yes") == 0
    assert "Comes into force: agr-care@1" in capsys.readouterr().out
    command("configurations")
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == ["3", "2", "1"]
    assert "in force" in listed[0]
    assert "(version 1 again)" in listed[0]
    assert all("A. Example and B. Example" in line for line in listed)


def test_a_change_may_be_dated(
    command: Command, region: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("apply", region, *TWO, "--from", "2026-06-01", "--yes") == 0
    assert "in force from 2026-06-01T00:00:00+01:00" in capsys.readouterr().out
    command("configurations")
    assert "in force" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--by", "A. Example", "--note", "What the board agreed."),
        ("--by", "A. Example", "--second", "a. example", "--note", "What the board agreed."),
        ("--by", "A. Example", "--second", "B. Example"),
    ],
)
def test_one_name_or_no_reason_applies_nothing(
    command: Command, region: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert command("apply", region, *words, "--yes") != 0
    capsys.readouterr()
    command("configurations")
    assert capsys.readouterr().out == ""


def test_a_file_that_is_refused_is_named_with_its_line_and_nothing_is_applied(
    command: Command, region: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (region / "agreements/care.yaml").write_bytes(b"careweave: agreement/1\nidd: agr-care\n")
    assert command("apply", region, *TWO, "--yes") != 0
    assert "agreements/care.yaml:2" in capsys.readouterr().err
    command("configurations")
    assert capsys.readouterr().out == ""


def test_a_version_that_is_not_there_is_not_brought_back(command: Command, region: Path) -> None:
    assert command("apply", "--revert", 4, *TWO, "--yes") == 66


def test_what_serves_takes_no_open_keys_whatever_its_settings_say() -> None:
    settings = Settings(demonstration_keys=True)
    assert served(settings, "postgresql://x")["demonstration_keys"] == "no"


def test_a_version_is_brought_back_with_its_own_files_alone(
    command: Command, region: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("apply", region, *TWO, "--yes") == 0
    assert command("apply", "--revert", 1, region, *TWO, "--yes") == 64
    assert "name no folder" in capsys.readouterr().err


def test_nothing_is_applied_from_a_moment_that_has_passed(
    command: Command, region: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("apply", region, *TWO, "--from", "2020-01-01", "--yes") == 64
    assert "has passed. (--from)" in capsys.readouterr().err
    command("configurations")
    assert capsys.readouterr().out == ""


def test_of_many_reasons_three_are_told_and_the_others_counted(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("apply", ROOT / "region") == 0
    said = capsys.readouterr().out.split("Not in force: agr-hospice@1\n")[1].split("Not in")[0]
    assert said.count("the key is one of the demonstration") == 3
    assert said.rstrip().endswith("and 10 more reasons")


def test_a_demonstration_that_starts_again_takes_back_nothing(
    command: Command, database: Database, region: Path, tmp_path: Path
) -> None:
    desk = Desk(Around({}, lambda: AT, "", ROOT, DOORS), Settings(home=tmp_path))
    numbers = []
    for words in ((), (region, *TWO, "--yes"), ("--revert", 1, *TWO, "--yes")):
        if words:
            assert command("apply", *words, "--demonstration") == 0
        for _start in range(2):
            apply_demonstration(desk, database)
            with database.reading() as session:
                numbers.append(configurations(session, most=1)[0].version)
    assert numbers == [1, 1, 2, 2, 3, 3]
