"""The commands, each against a real database: what they print and how they end."""

import re
import shutil
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from careweave.db import Database, Embedded
from careweave.doors import _access
from careweave.doors.cli import Around, main, reference
from careweave.ledger import Account, Outcome, append, new_id
from careweave.wiring import DOORS
from tests.lib.staff import apply_region

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

Command = Callable[..., int]


@pytest.fixture
def command(database: Database, tmp_path: Path) -> Command:
    environ = {"CAREWEAVE_DATABASE_URL": database.url, "CAREWEAVE_HOME": str(tmp_path / "home")}
    around = Around(environ, lambda: NOW, "careweave.wiring:application", ROOT, DOORS)
    return lambda *words: main(words, around)


def add(command: Command, name: str = "pas") -> int:
    return command("client", "add", name, "--organisation", "northmere", "--system", "pas")


def test_a_client_gets_a_token_that_works_until_it_is_revoked(
    command: Command, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(command) == 0
    token = capsys.readouterr().out.strip()
    assert _access.Clients(database).actor(token, NOW).organisation == "northmere"
    assert command("client", "list") == 0
    listed = capsys.readouterr().out
    assert listed.split("\t")[:3] == ["pas", "northmere", "pas"]
    assert token not in listed
    assert command("client", "revoke", "pas") == 0
    with pytest.raises(Exception, match="token"):
        _access.Clients(database).actor(token, NOW)
    assert "revoked" in capsys.readouterr().out or command("client", "list") == 0


def test_a_client_acts_in_the_role_that_it_was_given(
    command: Command, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    apply_region(database)
    asked = ("client", "add", "ward", "--organisation", "nm-acute", "--system", "desk")
    place = ("--role", "ED", "--setting", "emergency-department", "--user", "a.doctor")
    assert command(*asked, *place, "--purpose", "ETREAT") == 0
    actor = _access.Clients(database).actor(capsys.readouterr().out.strip(), NOW)
    assert (actor.role, actor.setting, actor.user) == ("ED", "emergency-department", "a.doctor")
    assert command("client", "list") == 0
    assert "ED/emergency-department" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("--organisation", "nowhere", "--role", "ED"), "organisation"),
        (("--organisation", "nm-acute", "--role", "ED", "--purpose", "HRESCH"), "purpose"),
        (("--organisation", "portal", "--role", "CI", "--purpose", "PATRQT"), "person"),
        (("--organisation", "nm-acute", "--team", "majors"), "role"),
    ],
)
def test_a_role_that_cannot_be_is_refused_in_a_sentence(
    command: Command,
    database: Database,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    where: str,
) -> None:
    apply_region(database)
    assert command("client", "add", "x", "--system", "desk", *words) == 64
    said = capsys.readouterr().err
    assert said.startswith("careweave: ")
    assert where in said


def test_a_second_client_of_the_same_name_is_a_conflict(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(command) == 0
    capsys.readouterr()
    assert add(command) == 65
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("careweave: ")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("client", "revoke", "nobody"), 66),
        (("client", "add", "BAD NAME", "--organisation", "o", "--system", "s"), 64),
        (("client", "add", "x", "--organisation", "o", "--system", "s", "--scope", "all"), 64),
        (("audit", "verify", "--head", "nonsense"), 64),
        (("audit", "verify", "--head", f"1:{'0' * 64}"), 64),
        (("check", "/nowhere"), 64),
        (("db", "stop"), 64),
    ],
)
def test_a_wrong_command_says_so_and_ends_with_its_code(
    command: Command, words: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*words) == code
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert said.err.startswith("careweave: ") or said.out


@pytest.mark.parametrize("days", ["0", "-1", "99999999"])
def test_a_token_lives_some_days(command: Command, days: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        command("client", "add", "x", "--organisation", "o", "--system", "s", "--days", days)


def test_a_home_that_cannot_be_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    around = Around({}, lambda: NOW, "careweave.wiring:application", ROOT, DOORS)
    home = str(tmp_path / "file" / "home")
    assert main(("demo", "--home", home, "--port", "0"), around) == 74
    said = capsys.readouterr().err
    assert "Not a directory" in said
    assert "Traceback" not in said


def test_an_address_of_no_database_is_not_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {
        "CAREWEAVE_DATABASE_URL": "postgresql://me:secret@[h",
        "CAREWEAVE_HOME": str(tmp_path),
    }
    around = Around(environ, lambda: NOW, "careweave.wiring:application", ROOT, DOORS)
    assert main(("client", "list"), around) == 64
    said = capsys.readouterr().err
    assert "database_url" in said
    assert "secret" not in said


def test_a_wrong_setting_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"CAREWEAVE_WORKERS": "many", "CAREWEAVE_HOME": str(tmp_path)}
    around = Around(environ, lambda: NOW, "careweave.wiring:application", ROOT, DOORS)
    assert main(("client", "list"), around) == 64
    assert "workers" in capsys.readouterr().err


def account(number: int) -> Account:
    return Account(
        id=new_id(NOW + timedelta(seconds=number)),
        at=NOW,
        actor="pas",
        organisation="northmere",
        source=None,
        action="read",
        door="fhir",
        request_id=f"r{number}",
        purpose="TREAT",
        subjects=(),
        what="Patient",
        n_items=1,
        outcome=Outcome.PERMIT,
    )


def test_the_ledger_is_sealed_and_proved_against_a_kept_head(
    command: Command, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.session() as session:
        append(session, [account(number) for number in range(3)])
    assert command("audit", "seal") == 0
    assert capsys.readouterr().out.startswith("sealed ")
    assert command("audit", "verify") == 0
    head = capsys.readouterr().out.strip()
    with database.session() as session:
        append(session, [account(9)])
    assert command("audit", "seal") == 0
    assert command("audit", "verify", "--head", head) == 0
    capsys.readouterr()
    forged = f"{head.partition(':')[0]}:{'0' * 64}"
    assert command("audit", "verify", "--head", forged) == 65
    assert "rewritten" in capsys.readouterr().out


def test_the_example_region_is_in_order(command: Command) -> None:
    assert command("check", str(ROOT / "region")) == 0


def test_everything_wrong_with_a_region_is_said(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "organisations.yaml").write_text("organisations: 5")
    assert command("check", str(tmp_path)) == 64
    said = capsys.readouterr().out
    assert "organisations.yaml" in said
    assert "value-sets" in said


def test_a_wrong_form_is_refused_with_its_file_its_place_and_what_to_do(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    region = tmp_path / "region"
    shutil.copytree(ROOT / "region", region)
    form = region / "forms" / "observation.json"
    form.write_text(form.read_text().replace('"quantity"', '"attachment"', 1))
    for verb in ("check", "apply"):
        assert command(verb, str(region)) == 64
        said = capsys.readouterr()
        place = r"forms/observation\.json:\d+: Questionnaire\.item\["
        assert re.search(place, said.out + said.err)
        assert "its type is one of" in said.out + said.err


def test_a_port_that_is_taken_is_refused_before_anything_starts(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert command("serve", "--port", str(port)) == 75
    assert "--port" in capsys.readouterr().err


@pytest.mark.slow
def test_the_database_that_comes_along_starts_and_stops(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path_factory.mktemp("own")
    around = Around({}, lambda: NOW, "careweave.wiring:application", ROOT, DOORS)
    words = ("--home", str(home), "db")
    assert main((*words, "status"), around) == 3
    try:
        assert main((*words, "start"), around) == 0
        assert main((*words, "status"), around) == 0
        assert "running" in capsys.readouterr().out
    finally:
        assert main((*words, "stop"), around) == 0
    assert Embedded.find(home) is None


def test_the_page_of_commands_is_what_the_code_says() -> None:
    written = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    assert reference() == written, "run ./run docs"


def test_help_names_every_verb(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command("--help")
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for verb in ("demo", "serve", "work", "client", "import", "check", "audit", "db"):
        assert verb in said
