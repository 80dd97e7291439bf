"""The commands of whoever keeps identities in order: what they show, decide, and take back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from careweave.db import Embedded
from careweave.doors.cli import Around, main
from careweave.wiring import DOORS
from tests.lib.door import Door, fresh_database, make_door, observation
from tests.lib.finding import home, match, number, someone, whom

ROOT = Path(__file__).parents[3]
WHY = ("--reason", "asked on the phone")

GWEN = someone(
    *("Pike", "Gwendolyn"),
    born="1937-06-15",
    gender="female",
    address=[home("XR1 4AB", "1 Mill Lane")],
    telecom=[{"system": "phone", "value": "01632960001"}],
    identifier=[number("4010232137")],
)


@dataclass
class Officer:
    """Somebody at the command line, and what the door holds."""

    door: Door
    home: Path
    capsys: pytest.CaptureFixture[str]
    err: str = ""

    def __call__(self, *words: str, code: int = 0) -> str:
        environ = {
            "CAREWEAVE_DATABASE_URL": self.door.database.url,
            "CAREWEAVE_HOME": str(self.home),
        }
        later = datetime.now(UTC) + timedelta(seconds=1)
        found = main(["identity", *words], Around(environ, lambda: later, "x", ROOT, DOORS))
        said = self.capsys.readouterr()
        self.err = said.err
        assert found == code, said.out + said.err
        return said.out

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))

    def person(self, patient: dict[str, Any], *, by: str = "alpha") -> str:
        found = match(self.door, patient, by=by).json["entry"]
        return str(found[0]["resource"]["id"])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.door.database.url) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def officer(
    server: Embedded, template: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Officer]:
    with fresh_database(server, template) as database:
        yield Officer(make_door(database), tmp_path / "home", capsys)


def _two(officer: Officer) -> tuple[str, str]:
    """Two records of two persons, who are one woman really; her number is in one of them."""
    officer.door.token("alpha/second", system="second")
    first = officer.door.made(GWEN)["id"]
    other = someone("Pyke", "Gwen", born="1937-06-15", address=[home("XR9 9ZZ", "2 Elm Row")])
    second = officer.door.made(other, by="alpha/second")["id"]
    people = officer.rows("SELECT count(DISTINCT person) FROM identity.membership")
    assert people == [(2,)]
    return first, second


def _group(said: str) -> str:
    return said.split()[1].rstrip(":")


def test_a_link_by_hand_is_made_explained_and_taken_back(officer: Officer) -> None:
    first, second = _two(officer)
    person = officer.person(GWEN)
    before = officer.rows("SELECT subject, person FROM record.subject_person ORDER BY subject")
    group = _group(officer("link", second, person, *WHY, "--ground", "asked-person"))
    assert whom(match(officer.door, GWEN)) == [{first, second}]

    events = officer.json("history", person)
    (ruling,) = events[-1]["rulings"]
    assert (events[-1]["kind"], events[-1]["group"]) == ("link", group)
    assert ruling["method"] == "human"
    said = officer("explain", str(ruling["decision"]), "--figures")
    assert "The person was asked." in said
    assert str(ruling["decision"]) in officer("history", person)

    said = officer("take-back", group, *WHY)
    assert "shown because of these links: " in said
    assert "Patient/$match" in said
    assert before == officer.rows(
        "SELECT subject, person FROM record.subject_person ORDER BY subject"
    )
    shown = officer.json("recall", _group(said))
    assert {one["action"] for one in shown["disclosures"]} == {"find"}
    accounts = officer.rows(
        "SELECT action, reason FROM ledger.account WHERE door = 'cli' ORDER BY at, action"
    )
    assert ("link-patient", "asked on the phone") in accounts
    assert ("take-back", "asked on the phone") in accounts
    assert ("recall", "") in accounts


def test_a_record_is_taken_out_of_its_person(officer: Officer) -> None:
    first, second = _two(officer)
    officer("link", second, officer.person(GWEN), *WHY)
    officer("unlink", second, *WHY, "--ground", "wrong-link")
    assert whom(match(officer.door, GWEN)) == [{first}]
    assert "nobody was shown" not in officer.err


def test_two_persons_are_joined_and_kept_apart(officer: Officer) -> None:
    first, second = _two(officer)
    rows = officer.rows("SELECT person FROM identity.membership ORDER BY subject")
    group = _group(officer("join", str(rows[0][0]), str(rows[1][0]), *WHY))
    assert whom(match(officer.door, GWEN)) == [{first, second}]
    officer("keep-apart", first, second, *WHY, code=65)
    officer("take-back", group, *WHY)
    officer("keep-apart", first, second, *WHY)
    kinds = officer.rows("SELECT kind FROM identity.barrier WHERE until_seq IS NULL")
    assert kinds == [("not_same",)]


def test_who_was_shown_nothing_is_told_so(officer: Officer) -> None:
    _two(officer)
    rows = officer.rows("SELECT person FROM identity.membership ORDER BY subject")
    group = _group(officer("join", str(rows[0][0]), str(rows[1][0]), *WHY))
    assert officer("recall", group) == ""
    assert "nobody was shown" in officer.err
    whom(match(officer.door, GWEN))
    back = _group(officer("take-back", group, *WHY))
    assert "Patient/$match" in officer("recall", back)


def test_an_id_of_which_others_speak_is_still_one_record(officer: Officer) -> None:
    _, second = _two(officer)
    officer.door.ask("POST", "/Observation", observation(second), by="beta")
    subjects = officer.rows(f"SELECT count(*) FROM record.subject WHERE local_id = '{second}'")
    officer("link", second, officer.person(GWEN), *WHY)
    assert subjects[0][0] >= 1


def test_what_is_sealed_is_found_by_nobody(officer: Officer) -> None:
    _, second = _two(officer)
    other = someone("Pyke", "Gwen", born="1937-06-15")
    assert whom(match(officer.door, other, by="alpha/second"))
    officer("seal", second, *WHY, "--ground", "legal")
    assert second not in str(match(officer.door, other, by="alpha/second").json)


def test_records_are_shown_side_by_side_only_for_a_reason_and_accounted(officer: Officer) -> None:
    _, second = _two(officer)
    person = officer.person(GWEN)
    officer("link", second, person, *WHY)
    decision = str(officer.json("history", person)[-1]["rulings"][0]["decision"])
    plain = officer("explain", decision)
    assert "Pike" not in plain
    assert "--reason" in officer.err
    said = officer("explain", decision, "--reason", "a complaint")
    assert "Gwendolyn Pike" in said
    assert "1937-06-15" in said
    accounts = officer.rows(
        "SELECT reason, purpose, clauses FROM ledger.account WHERE what = 'Patient?side-by-side'"
    )
    assert accounts == [("a complaint", "PATADMIN", "officer")] * 2
    found = officer.json("explain", decision, "--reason", "a complaint")
    assert {one["organisation"] for one in found["records"]} == {"alpha"}


def test_a_question_is_listed_claimed_and_answered(
    officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "first-reader")
    officer.door.token("alpha/second", system="second")
    officer.door.made(GWEN)
    twin = {**GWEN, "name": [{"family": "Pike", "given": ["Gertrude"]}]}
    del twin["identifier"]
    officer.door.made(twin, by="alpha/second")
    (item,) = officer.json("review")
    number_ = str(item["number"])
    assert item["kind"] in officer("review")
    assert "Pike" not in officer("review", number_)
    said = officer("review", number_, "--reason", "my turn")
    assert "Gertrude" in said
    assert officer.json("review", number_)["records"] == []
    officer("decide", number_, "not-same", *WHY, code=65)
    officer("claim", number_)
    assert item["needs_two"]
    assert "second" in officer("decide", number_, "not-same", *WHY)
    assert "Another reader" in officer.err
    officer("claim", number_, code=65)
    monkeypatch.setenv("LOGNAME", "second-reader")
    officer("claim", number_)
    assert "closed" in officer("decide", number_, "not-same", *WHY)
    assert officer("review") == "none\n"
    officer("undo", number_, *WHY)
    assert [one["number"] for one in officer.json("review")] == [item["number"]]


def test_what_nobody_can_tell_waits(officer: Officer) -> None:
    officer.door.token("alpha/second", system="second")
    officer.door.made(GWEN)
    twin = {**GWEN, "name": [{"family": "Pike", "given": ["Gertrude"]}]}
    del twin["identifier"]
    officer.door.made(twin, by="alpha/second")
    number_ = str(officer.json("review")[0]["number"])
    officer("claim", number_)
    assert "asleep" in officer("decide", number_, "cannot-tell", *WHY)


def test_models_are_listed_and_signed_off(officer: Officer, tmp_path: Path) -> None:
    default = json.loads((ROOT / "careweave/identity/models/default.json").read_text())
    said = officer("model", "list")
    assert "in force:" in said
    assert "none" in said
    file = tmp_path / "model.json"
    file.write_text(json.dumps({**default, "name": "northmere-2"}))
    assert "in force: northmere-2" in officer("model", "activate", str(file), *WHY)
    listed = officer.json("model", "list")
    assert listed["in_force"] == "northmere-2"
    assert len(listed["models"][0]["digest"]) == 64
    assert "northmere-2" in officer("model", "list")
    file.write_text("[]")
    officer("model", "activate", str(file), *WHY, code=64)
    file.write_text("{}")
    officer("model", "activate", str(file), *WHY, code=64)


def test_placeholders_are_listed(officer: Officer) -> None:
    assert officer("placeholders") == "none\n"
    assert officer.json("placeholders") == []


@pytest.mark.parametrize(
    "words",
    [
        ("link", "nobody", "00000000-0000-8000-8000-000000000001", *WHY),
        ("unlink", "nobody", *WHY),
        ("explain", "1"),
        ("review", "1"),
        ("claim", "1"),
        ("take-back", "00000000-0000-8000-8000-000000000001", *WHY),
    ],
)
def test_what_is_not_there_is_said_so(officer: Officer, words: tuple[str, ...]) -> None:
    officer(*words, code=66)
    assert officer.err.startswith("careweave: ")


@pytest.mark.parametrize(
    "words", [("history", "no-uuid"), ("take-back", "no-uuid", *WHY), ("link", "a", "b")]
)
def test_ids_and_reasons_are_asked_for(officer: Officer, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit):
        officer(*words)


def test_the_model_in_force_goes_to_splink_and_comes_back(officer: Officer, tmp_path: Path) -> None:
    own = json.loads(officer("model", "show"))
    assert (own["name"], own["frequencies"]) == ("default-1", {})
    theirs = json.loads(officer("model", "show", "--splink"))
    sex = next(one for one in theirs["comparisons"] if one["output_column_name"] == "sex_level")
    sex["comparison_levels"][1]["m_probability"] = 0.99
    sex["comparison_levels"][2]["m_probability"] = 0.01
    file = tmp_path / "splink.json"
    file.write_text(json.dumps(theirs))
    adopted = json.loads(officer("model", "adopt", str(file), "--name", "northmere-3"))
    levels = next(one["levels"] for one in adopted["comparisons"] if one["field"] == "sex")
    assert adopted["name"] == "northmere-3"
    assert [level["m"] for level in levels] == [0.99, 0.01]
    file.write_text("[]")
    officer("model", "adopt", str(file), "--name", "northmere-4", code=64)


def test_a_model_is_held_against_everybody_before_it_decides(
    officer: Officer, tmp_path: Path
) -> None:
    officer.door.made(GWEN)
    officer.door.made(GWEN, by="beta")
    before = officer.rows("SELECT subject, person FROM record.subject_person ORDER BY subject")
    default = json.loads((ROOT / "careweave/identity/models/default.json").read_text())
    file = tmp_path / "model.json"
    file.write_text(json.dumps(default | {"name": "northmere-3"}))
    found = officer.json("model", "compare", str(file))
    assert sum(sum(counts.values()) for counts in found["by_source"].values()) == len(before) == 2
    assert "move" in officer("model", "compare", str(file))
    assert "northmere-3" not in officer("model", "list")
    assert (
        officer.rows("SELECT subject, person FROM record.subject_person ORDER BY subject") == before
    )


def test_settling_moves_nobody_who_is_where_they_belong(officer: Officer) -> None:
    officer.door.made(GWEN)
    officer.door.made(GWEN, by="beta")
    before = officer.rows("SELECT subject, person FROM record.subject_person ORDER BY subject")
    assert officer("settle", *WHY) == "moved: 0\n"
    assert (
        officer.rows("SELECT subject, person FROM record.subject_person ORDER BY subject") == before
    )
    assert officer.rows("SELECT count(*) FROM ledger.account WHERE action = 'settle'") == [(1,)]
