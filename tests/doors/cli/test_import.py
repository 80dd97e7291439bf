"""The import from the command line: what it says, where refusals go, that a second run is idle."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from careweave.db import Database
from careweave.doors.cli import Around, main
from careweave.doors.cli._import import progress_line
from careweave.intake import Progress
from careweave.wiring import DOORS

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Example"}]}
OBSERVATION = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"text": "pulse"},
    "subject": {"reference": "Patient/p1"},
}
WRONG = {"resourceType": "Observation", "id": "o2", "status": "finished"}

Command = Callable[..., int]


@pytest.fixture
def command(database: Database, tmp_path: Path) -> Command:
    environ = {"CAREWEAVE_DATABASE_URL": database.url, "CAREWEAVE_HOME": str(tmp_path / "home")}
    around = Around(environ, lambda: NOW, "careweave.wiring:application", ROOT, DOORS)
    assert main(("client", "add", "pas", "--organisation", "o", "--system", "s"), around) == 0
    return lambda *words: main((*words, "--client", "pas", "--processes", "1"), around)


def lines(*values: object) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


def test_files_are_loaded_once(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "all.ndjson").write_text(lines(PATIENT, OBSERVATION))
    capsys.readouterr()
    assert command("import", str(folder)) == 0
    assert "stored   2 " in capsys.readouterr().out
    assert command("import", str(folder)) == 0
    assert "stored   0 " in capsys.readouterr().out
    assert not (tmp_path / "files.refused").exists()


def test_refused_lines_are_listed_beside_the_input_without_what_they_hold(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "all.ndjson"
    file.write_text(lines(PATIENT, WRONG) + "{broken\n" + lines(OBSERVATION))
    assert command("import", str(file)) == 65
    assert "refused  2" in capsys.readouterr().out
    report = (tmp_path / "all.ndjson.refused").read_text().splitlines()
    assert len(report) == 2
    assert all(json.loads(line)["resourceType"] == "OperationOutcome" for line in report)
    assert "finished" not in "".join(report)


@pytest.mark.parametrize("words", [("import", "/nowhere"), ("import", str(ROOT / "tests/lib"))])
def test_nothing_to_import_is_said(command: Command, words: tuple[str, ...]) -> None:
    assert command(*words) == 64


def test_an_unknown_client_is_refused(database: Database, tmp_path: Path) -> None:
    environ = {"CAREWEAVE_DATABASE_URL": database.url, "CAREWEAVE_HOME": str(tmp_path / "home")}
    around = Around(environ, lambda: NOW, "careweave.wiring:application", ROOT, DOORS)
    assert main(("import", str(tmp_path), "--client", "nobody"), around) == 66


def test_the_line_of_progress_tells_share_rate_and_time_left() -> None:
    line = progress_line(Progress(250, 1000, 5000, 3), 10.0)
    assert " 25%" in line
    assert "500/s" in line
    assert "3 refused" in line
    assert "0:30 left" in line


def test_the_line_of_progress_begins_and_ends_without_a_fault() -> None:
    assert "  0%" in progress_line(Progress(0, 0, 0, 0), 0.0)
    assert "100%" in progress_line(Progress(9, 9, 9, 0), 1.0)
