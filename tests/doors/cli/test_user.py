"""careweave user: accounts are given, changed and taken away; secrets show once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from careweave.db import Database
from careweave.doors._access import (
    Assurance,
    Codes,
    Proof,
    Seat,
    Sessions,
    Told,
    account_named,
    demonstration,
    keep_ahead,
    link_key_of,
)
from careweave.doors.cli import Around, main
from careweave.doors.cli._demo_clock import on_its_clock
from careweave.doors.cli._demo_kin import kin_of
from careweave.doors.cli._demo_staff import add_example_staff, read_example_staff, signins
from careweave.doors.cli._desk import Desk
from careweave.settings import Settings
from careweave.terms import Incorrect, NotFound, Purpose, Role
from careweave.wiring import DOORS, parts, people
from tests.lib.staff import apply_region

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOLD = Told(NOW, "request-1", "tests", "cli")
ASKED = ("--organisation", "nm-ashgrove", "--name", "Amara Finch", "--role", "GP")

Command = Callable[..., int]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def around(database: Database, home: Path) -> Around:
    environ = {"CAREWEAVE_DATABASE_URL": database.url, "CAREWEAVE_HOME": str(home)}
    return Around(environ, lambda: NOW, "careweave.wiring:application", ROOT, DOORS)


@pytest.fixture
def command(around: Around) -> Command:
    return lambda *words: main(words, around)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.strip()


def test_somebody_new_gets_a_code_that_shows_once(
    command: Command, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("user", "add", "a.finch", *ASKED) == 0
    code = said(capsys)
    assert command("user", "list") == 0
    listed = said(capsys)
    assert listed.split("\t") == [
        *("a.finch", "Amara Finch", "nm-ashgrove", "0 passkeys", "nm-ashgrove:GP")
    ]
    assert Codes(database).use("a.finch", code, TOLD)[1] is Assurance.CODE
    assert command("user", "enrol", "a.finch") == 0
    assert Codes(database).use("a.finch", said(capsys), TOLD)[1] is Assurance.CODE


def test_a_name_is_given_once_for_ever(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("user", "add", "a.finch", *ASKED) == 0
    assert command("user", "add", "a.finch", *ASKED) == 65
    assert command("user", "end", "a.finch") == 0
    assert command("user", "add", "a.finch", *ASKED) == 65
    assert command("user", "end", "a.finch") == 66
    assert "choose another" in capsys.readouterr().err


def test_roles_come_and_go_and_sessions_in_them_with_them(
    command: Command, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    command("user", "add", "a.finch", *ASKED)
    place = ("a.finch", "--organisation", "nm-acute", "--role", "HC")
    assert command("user", "post", *place) == 0
    assert command("user", "post", *place) == 65
    with database.reading() as session:
        account = account_named(session, "a.finch")
    assert [one.role for one in account.postings] == [Role.GP, Role.HC]
    sessions = Sessions(database)
    tokens = [
        sessions.begin(Seat(account, one, Purpose.DIRECT_CARE), Proof(Assurance.PASSKEY, NOW), TOLD)
        for one in account.postings
    ]
    assert command("user", "unpost", *place) == 0
    assert [bool(sessions.of(token, NOW)) for token in tokens] == [True, False]
    assert command("user", "unpost", *place) == 66
    assert command("user", "sign-out", "a.finch") == 0
    assert sessions.of(tokens[0], NOW) is None
    assert (
        command("user", "post", "a.finch", "--organisation", "x", "--office", "privacy-officer")
        == 0
    )


def test_an_ended_account_signs_in_no_more(
    command: Command, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    command("user", "add", "a.finch", *ASKED)
    code = said(capsys)
    command("user", "end", "a.finch")
    with pytest.raises(Exception, match="do not belong together"):
        Codes(database).use("a.finch", code, TOLD)
    capsys.readouterr()
    command("user", "list")
    assert said(capsys).split("\t")[3] == "ended"


def test_only_an_administrator_has_a_first_password(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    command("user", "add", "a.finch", *ASKED)
    assert command("user", "first", "a.finch") == 65
    admin = ("--organisation", "nm-icb", "--name", "First", "--administrator")
    command("user", "add", "first", *admin)
    capsys.readouterr()
    assert command("user", "first", "first") == 0
    assert len(said(capsys)) == 23


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("A.Finch", "--organisation", "nm-ashgrove"), "user"),
        (("a.finch", "--organisation", "Nm"), "organisation"),
        (("a.finch", "--organisation", "nowhere", "--role", "GP"), "organisation"),
        (
            ("a.finch", "--organisation", "nm-ashgrove", "--role", "GP", "--team", "A b"),
            "organisation",
        ),
    ],
)
def test_what_no_account_can_be_is_refused_in_a_sentence(
    command: Command,
    database: Database,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    where: str,
) -> None:
    apply_region(database)
    assert command("user", "add", *words, "--name", "X") == 64
    assert f"({where})" in capsys.readouterr().err


def test_a_launch_key_is_of_a_client_that_may_launch(
    command: Command, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--organisation", "nm-acute", "--system", "desk")
    command("client", "add", "ward", *place, "--scope", "launch")
    command("client", "add", "reader", *place)
    capsys.readouterr()
    assert command("client", "launch-key", "ward") == 0
    with database.reading() as session:
        assert bytes.fromhex(said(capsys)) == link_key_of(session, "ward", NOW)
    assert command("client", "launch-key", "reader") == 66


def test_the_example_staff_are_data_and_made_once(database: Database) -> None:
    found = read_example_staff(ROOT / "region")
    assert {one.user for one in found} >= {"u-ed", "u-two-roles", "u-privacy", "u-martin"}
    for _ in range(2):
        add_example_staff(database, ROOT / "region", TOLD)
    listed = signins(database)
    assert len(listed) == len(found)
    (two,) = [one for one in listed if one["user"] == "u-two-roles"]
    assert len(two["roles"]) == 2


def test_staff_who_are_people_of_the_region_are_known_as_soon_as_those_are_sent(
    database: Database,
) -> None:
    add_example_staff(database, ROOT / "region", TOLD)
    asked, sent = [], {"9992627301": str(uuid4())}

    def ask(organisation: str, number: str, born: str) -> str:
        asked.append((organisation, number, born))
        return sent.get(number, "")

    def person_of(user: str) -> str:
        with database.reading() as session:
            return str(account_named(session, user).person)

    kin = kin_of(ROOT / "region", ask)
    kin.look(database, TOLD, 0.0)
    (piotr,) = [one for one in asked if one[1] == "9992627301"]
    assert piotr == ("nm-tarnside-health", "9992627301", "1986-01-18")
    assert person_of("u-piotr") == sent["9992627301"]
    assert person_of("u-martin") == "None"
    assert not kin.is_due(1.0)
    sent |= {number: str(uuid4()) for _, number, _ in asked if number not in sent}
    asked.clear()
    kin.look(database, TOLD, 20.0)
    assert len(asked) == 2
    assert "None" not in {person_of(user) for user in ("u-piotr", "u-martin", "u-marcus")}
    assert not kin.is_due(1000.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "careweave: demonstration-staff/2\nstaff: []",
        "careweave: demonstration-staff/1\nstaff: [{user: x}]",
        "careweave: demonstration-staff/1\nstaff: [{user: x, name: X, org: y, more: z}]",
        "careweave: demonstration-staff/1\nstaff: [{user: x, name: X, org: y, as: [{role: ZZ}]}]",
        "careweave: demonstration-staff/1\nstaff: [{user: x, name: X, org: y, as: 7}]",
        "{",
    ],
)
def test_a_wrong_file_of_example_staff_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "demonstration-staff.yaml").write_text(text)
    with pytest.raises(Incorrect):
        read_example_staff(tmp_path)


def test_a_demonstration_opens_on_the_tenth_day_and_goes_on_from_there(
    around: Around, database: Database, home: Path
) -> None:
    settings = Settings(home=home)
    first = on_its_clock(Desk(around, settings), database, home).around.clock()
    assert first.astimezone(settings.time_zone).isoformat() == "2026-03-26T08:00:00+00:00"
    with database.reading() as session:
        mark = demonstration(session)
    assert mark
    assert mark.ahead == first - NOW
    # A later start, and every command of the home, go on by the same clock.
    (home / "clock.json").unlink()
    again = on_its_clock(Desk(around, settings), database, home)
    assert again.around.clock() == first


def test_a_home_of_an_earlier_release_goes_on_by_the_true_clock(
    around: Around, database: Database, home: Path
) -> None:
    (home / "clients.json").write_text("[]")
    assert on_its_clock(Desk(around, Settings(home=home)), database, home).around.clock() == NOW


def test_what_a_demonstration_made_is_never_served(
    command: Command,
    around: Around,
    database: Database,
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    on_its_clock(Desk(around, Settings(home=home)), database, home)
    capsys.readouterr()
    assert command("serve", "--port", "65531") == 64
    assert "demonstration" in capsys.readouterr().err


def test_a_clock_that_is_not_the_database_s_serves_nobody(database: Database, home: Path) -> None:

    keep_ahead(home, timedelta(days=1))
    settings = Settings(home=home, database_url=database.url, region=ROOT / "region")
    made = parts(settings)
    with pytest.raises(Incorrect, match="clock"):
        people(settings, made)
    made.database.close()


def test_no_setting_makes_a_demonstration(database: Database, home: Path) -> None:

    settings = Settings(
        home=home, database_url=database.url, region=ROOT / "region", demonstration_keys=True
    )
    made = parts(settings)
    assert not people(settings, made).is_demonstration
    made.database.close()


def test_a_demonstration_that_others_can_reach_signs_no_example_in(
    around: Around, database: Database, home: Path
) -> None:

    on_its_clock(Desk(around, Settings(home=home)), database, home)
    for host, expected in (("127.0.0.1", True), ("0.0.0.0", False), ("example.org", False)):
        settings = Settings(home=home, database_url=database.url, region=ROOT / "region", host=host)
        made = parts(settings)
        assert people(settings, made).is_demonstration is expected
        made.database.close()


def test_without_an_account_there_is_nothing_to_change(command: Command) -> None:
    for word in ("enrol", "first", "sign-out", "end"):
        assert command("user", word, "nobody") == 66
    with pytest.raises(SystemExit):
        command("user", "add", "x", "--organisation", "y", "--name", "X", "--role", "SYS")


def test_an_unknown_client_has_no_key(database: Database) -> None:
    with database.reading() as session, pytest.raises(NotFound):
        link_key_of(session, "nobody", NOW)
