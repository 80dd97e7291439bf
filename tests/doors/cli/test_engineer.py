"""The integration engineer's commands: what they show, keep, decide, and how they end."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from careweave.db import Database
from careweave.doors.cli import Around, main
from careweave.doors.cli._show import json_text, leaves, span
from careweave.doors.cli._when import moment
from careweave.doors.feeds import Collector
from careweave.intake import Arrival, Worker, load_rules, receive
from careweave.settings import Settings
from careweave.sources import FeedNote, Sources, activate, load_sources, note_feeds
from careweave.terms import Incorrect
from careweave.wiring import DOORS

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ORGANISATIONS = "organisations:\n  - {id: hill, name: Hillfoot, kind: acute, code: CWH01}\n"
SOURCE = """careweave: source/1
name: hill-miu
organisation: hill
system: miu
feed: attendances
transport: {kind: mllp, port: 2675, peers: [127.0.0.1]}
mapping: hill-miu
time_zone: Europe/London
rhythm: 1h
"""
MAPPING = """careweave: mapping/1
id: hill-miu
version: 1
input: hl7v2
accept: [ADT^A04, ADT^A08]
systems: {mrn: "urn:careweave:demo:hill:mrn", nhs: "https://fhir.nhs.uk/Id/nhs-number"}
maps:
  gender: {values: {F: female, M: male}, else: unknown}
resources:
  - type: Patient
    write: merge
    key: ["=PID-3[5=PI].1"]
    body:
      identifier:
        - $id: {system: mrn, value: "=PID-3[5=PI].1"}
        - $id: {system: nhs, value: "=PID-3[5=NH].1"}
      name: [{family: "=PID-5.1", given: ["=PID-5.2"]}]
      gender: {$map: {in: "=PID-8", table: gender}}
drop:
  - {path: MSH, why: envelope}
"""
NHS = "9990000018"


def message(control: str = "T1", local: str = "H42", sex: str = "F", event: str = "A04") -> bytes:
    first = f"{local}^^^HILL^PI~" if local else ""
    return (
        f"MSH|^~\\&|TRIAGE|HILL|C|R|20260314101500||ADT^{event}|{control}|P|2.4\r"
        f"PID|1||{first}{NHS}^^^NHS^NH||Quill^Rowan||19700211|{sex}\r"
        "ZTR|3|Sprained wrist\r"
    ).encode()


@pytest.fixture
def region(tmp_path: Path) -> Path:
    made = tmp_path / "hill"
    (made / "sources").mkdir(parents=True)
    (made / "mappings").mkdir()
    shutil.copytree(ROOT / "region" / "value-sets", made / "value-sets")
    (made / "organisations.yaml").write_text(ORGANISATIONS)
    (made / "sources" / "hill-miu.yaml").write_text(SOURCE)
    (made / "mappings" / "hill-miu.yaml").write_text(MAPPING)
    return made


class Desk:
    """Somebody at the command line of a region, with a worker behind."""

    def __init__(self, database: Database, region: Path, capsys: pytest.CaptureFixture[str]):
        self.database, self.region, self._capsys = database, region, capsys
        self._environ = {
            "CAREWEAVE_DATABASE_URL": database.url,
            "CAREWEAVE_HOME": str(region / "home"),
            "CAREWEAVE_REGION": str(region),
        }
        self.err = ""

    def __call__(self, *words: str, code: int = 0) -> str:
        around = Around(self._environ, lambda: NOW, "x", ROOT, DOORS)
        found = main(words, around)
        said = self._capsys.readouterr()
        self.err = said.err
        assert found == code, said.out + said.err
        return said.out

    def json(self, *words: str, code: int = 0):
        return json.loads(self(*words, "--json", code=code))

    def sources(self) -> Sources:
        with self.database.session() as session:
            found = load_sources(self.region, secret=session.secret)
            activate(session, found, now=NOW)
        return found

    def arrive(self, *bodies: bytes) -> list[int]:
        """Receives messages, lets a worker do what it can, and returns their numbers."""
        sources = self.sources()
        with self.database.session() as session:
            arrivals = [Arrival("hill-miu", "mllp", body, NOW) for body in bodies]
            numbers = [one.message for one in receive(session, arrivals, sources=sources)]
        self.work()
        return numbers

    def work(self) -> None:
        sources = self.sources()
        rules = load_rules(self.region / "value-sets")
        worker = Worker(self.database, lambda: sources, lambda: NOW, rules=rules)
        while worker.work_once():
            pass

    def rows(self, sql: str) -> list[tuple]:
        with psycopg.connect(self.database.url) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def desk(database: Database, region: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(database, region, capsys)


def test_sources_are_listed(desk: Desk) -> None:
    assert "hill-miu" in desk("source", "list")
    (one,) = desk.json("source", "list")
    assert (one["port"], one["mapping"], one["rhythm_s"]) == (2675, "hill-miu@1", 3600)


def test_a_trial_shows_message_entries_and_what_is_not_mapped(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "one.hl7"
    file.write_bytes(message())
    said = desk("source", "try", str(file), "--source", "hill-miu")
    assert "ADT^A04" in said
    assert "  name.family = Quill\n" in said
    assert "ZTR-2 = 'Sprained wrist'" in said
    (one,) = desk.json("source", "try", str(file), "--source", "hill-miu")["messages"]
    assert one["outcome"] == "mapped"
    assert [entry["type"] for entry in one["entries"]] == ["Patient"]
    body = message()
    for field in one["unmapped"]:
        assert body[field["start"] : field["end"]].decode() == field["value"]
    for part in one["segments"]:
        assert body[part["start"] : part["end"]].decode() == part["text"]


def test_a_trial_keeps_nothing_and_needs_no_database(
    region: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], desk: Desk
) -> None:
    file = tmp_path / "one.hl7"
    file.write_bytes(message())
    environ = {"CAREWEAVE_HOME": str(tmp_path / "none"), "CAREWEAVE_REGION": str(region)}
    around = Around(environ, lambda: NOW, "x", ROOT, DOORS)
    assert main(("source", "try", str(file), "--source", "hill-miu"), around) == 0
    assert "thrown away" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
    desk("source", "try", str(file), "--source", "hill-miu")
    assert desk.rows("SELECT 1 FROM intake.message") == []


def test_a_trial_uses_the_ids_that_the_installation_will_give(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "one.hl7"
    file.write_bytes(message())
    (one,) = desk.json("source", "try", str(file), "--source", "hill-miu")["messages"]
    (number,) = desk.arrive(message())
    shown = desk.json("messages", "show", str(number), "--reason", "x")
    assert f"Patient/{one['entries'][0]['id']}" in shown["entries"]


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (message(local=""), "quarantined"),
        (message(event="A60"), "quarantined"),
        (message()[:60], "quarantined"),
        (message().replace(b"|P|", b"|T|"), "refused"),
    ],
)
def test_a_trial_of_what_would_wait_says_why_and_ends_with_65(
    desk: Desk, tmp_path: Path, body: bytes, outcome: str
) -> None:
    file = tmp_path / "one.hl7"
    file.write_bytes(body)
    found = desk.json("source", "try", str(file), "--source", "hill-miu", code=65)["messages"]
    assert [one["outcome"] for one in found] == [outcome]
    assert found[0]["reason"]
    desk("source", "try", str(file), "--source", "hill-miu", code=65)


@pytest.mark.parametrize("body", [b"nonsense", b""])
def test_a_file_without_any_message_is_refused(desk: Desk, tmp_path: Path, body: bytes) -> None:
    file = tmp_path / "one.hl7"
    file.write_bytes(body)
    assert desk("source", "try", str(file), "--source", "hill-miu", code=64) == ""


def test_a_source_that_is_not_described_is_not_found(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "one.hl7"
    file.write_bytes(message())
    desk("source", "try", str(file), "--source", "nobody", code=66)
    desk("source", "try", str(tmp_path / "none"), "--source", "hill-miu", code=74)
    desk("source", "stop", "nobody", "--reason", "x", code=66)


def test_check_tells_all_faults_at_once_with_their_lines(desk: Desk) -> None:
    assert desk("check") == ""
    (desk.region / "sources" / "other.yaml").write_text(SOURCE.replace("rhythm", "rythm"))
    wrong = MAPPING.replace("=PID-8", "=PID-x").replace("table: gender", "table: sex")
    (desk.region / "mappings" / "hill-miu.yaml").write_text(wrong)
    lines = desk("check", code=64).splitlines()
    assert any(line.startswith("sources/other.yaml:9:") for line in lines)
    assert sum(line.startswith("mappings/hill-miu.yaml:") for line in lines) >= 2


def test_check_tries_the_examples_of_mappings(desk: Desk) -> None:
    example = """examples:
  - name: an arrival
    message: |
      MSH|^~\\&|T|H|C|R|20260314101500||ADT^A04|T1|P|2.4
      PID|1||H42^^^HILL^PI||Quill^Rowan
    unmapped: [FIELDS]
"""
    for fields, code in (("", 0), ("ZTR-1", 64)):
        said = MAPPING + example.replace("FIELDS", fields)
        (desk.region / "mappings" / "hill-miu.yaml").write_text(said)
        lines = desk("check", code=code)
        assert bool(lines) == (code != 0)


def test_messages_are_found_by_person_id_time_and_state(desk: Desk) -> None:
    first, second = desk.arrive(message(), message("T2", local=""))

    def found(*words: str) -> list[int]:
        return [one["id"] for one in desk.json("messages", "search", *words)["messages"]]

    assert found() == [second, first]
    assert found("--patient", NHS) == [second, first]
    assert found("--patient", "999 000 0018", "--state", "done") == [first]
    assert found("--patient", "urn:careweave:demo:hill:mrn|H42") == [first]
    assert found("--control-id", "T2") == [second]
    assert found("--because", "no-patient") == [second]
    assert found("--since", "1h") == [second, first]
    assert found("--until", "2026-11-22T11:59") == []
    assert found("--source", "other") == []
    page = desk.json("messages", "search", "--most", "1")
    assert [one["id"] for one in page["messages"]] == [second]
    assert found("--after", page["after"]) == [first]
    assert "T2" in desk("messages", "search")


@pytest.mark.parametrize(
    "words",
    [
        ("--patient", "12"),
        ("--patient", "9990000019"),
        ("--since", "yesterday"),
        ("--after", "x"),
        ("--after", "2026-11-22T11:59/x"),
    ],
)
def test_a_question_that_is_not_understood_is_refused(desk: Desk, words: tuple[str, ...]) -> None:
    assert desk("messages", "search", *words, code=64) == ""
    for word in words[1:]:
        assert word not in desk.err


def test_opening_a_message_is_accounted_with_who_and_why(desk: Desk) -> None:
    (number,) = desk.arrive(message())
    said = desk("messages", "show", str(number), "--reason", "complaint 12", "--mapped")
    assert "PID|1||H42" in said
    assert "name.family = Quill" in said
    ((actor, what, why, n_subjects),) = desk.rows(
        "SELECT actor, what, reason, cardinality(subjects) FROM ledger.account"
        " WHERE action = 'open-message'"
    )
    assert (what, why, n_subjects) == (f"Message/{number}", "complaint 12", 1)
    assert actor


def test_the_bytes_come_exactly(desk: Desk) -> None:
    (number,) = desk.arrive(message(sex="\x7f"))
    shown = desk("messages", "show", str(number), "--raw", "--reason", "x")
    assert shown.encode() == message(sex="\x7f")


def test_what_waits_is_listed_with_what_to_do(desk: Desk) -> None:
    (number,) = desk.arrive(message(local=""))
    said = desk("quarantine", "list")
    assert "no-patient" in said
    assert "docs/how-to/quarantine-and-replay.md#no-patient" in said
    (one,) = desk.json("quarantine", "list")
    assert (one["source"], one["reason"], one["n"], one["newest"]) == (
        "hill-miu",
        "no-patient",
        1,
        number,
    )
    assert one["owner"] == "source"
    assert desk.json("quarantine", "list", "--source", "other") == []


def test_a_mended_mapping_and_a_retry_bring_it_in(desk: Desk) -> None:
    (number,) = desk.arrive(message(local=""))
    mended = MAPPING.replace("version: 1", "version: 2").replace(
        'key: ["=PID-3[5=PI].1"]', 'key: [{$first: ["=PID-3[5=PI].1", "=PID-3[5=NH].1"]}]'
    )
    (desk.region / "mappings" / "hill-miu.yaml").write_text(mended)
    dry = desk.json("replay", "--because", "no-patient", "--dry-run")
    assert (dry["n_messages"], dry["changes"]["+Patient"]) == (1, 1)
    assert desk.rows("SELECT action FROM ledger.account WHERE action = 'replay'") == []
    desk("replay", "--because", "no-patient", code=64)
    desk("replay", "--reason", "x", code=64)
    assert "1 messages" in desk("replay", "--because", "no-patient", "--reason", "version 2")
    desk.work()
    (one,) = desk.json("messages", "search")["messages"]
    assert (one["id"], one["state"], one["mapping"]) == (number, "done", "hill-miu@2")
    assert desk.json("quarantine", "list") == []
    assert desk.rows(
        "SELECT reason FROM ledger.account WHERE action = 'replay' AND reason <> ''"
    ) == [("version 2",)]


@pytest.mark.parametrize(
    ("word", "state"), [("retry", "new"), ("release", "quarantined"), ("refuse", "refused")]
)
def test_each_decision_is_done_and_accounted(desk: Desk, word: str, state: str) -> None:
    (number,) = desk.arrive(message(local=""))
    desk("quarantine", word, str(number), "--reason", "seen")
    assert desk.rows("SELECT state FROM intake.message") == [(state,)]
    assert desk.rows(
        f"SELECT what, reason FROM ledger.account WHERE action = '{word}-message'"
    ) == [(f"Message/{number}", "seen")]


def test_decisions_by_source_and_reason_mean_all_that_wait(desk: Desk) -> None:
    other = message("T2", local="").replace(NHS.encode(), b"9990000026")
    numbers = desk.arrive(message("T1", local=""), other, message("T3"))
    said = desk("quarantine", "refuse", "--because", "no-patient", "--reason", "tests")
    assert said == "refuse: 2 messages\n"
    assert desk.rows("SELECT state FROM intake.message ORDER BY id") == [
        ("refused",), ("refused",), ("done",),
    ]  # fmt: skip
    assert len(numbers) == 3


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("quarantine", "retry", "--reason", "x"), 64),
        (("quarantine", "retry", "1", "--source", "s", "--reason", "x"), 64),
        (("quarantine", "retry", "424242", "--reason", "x"), 66),
        (("quarantine", "refuse", "--source", "other", "--reason", "x"), 0),
        (("quarantine", "refuse", "--source", "hill-miu", "--reason", " "), 64),
    ],
)
def test_a_decision_that_means_nothing_is_refused(
    desk: Desk, words: tuple[str, ...], code: int
) -> None:
    desk.arrive(message(local=""))
    desk(*words, code=code)
    assert desk.rows("SELECT count(*) FROM intake.parked") == [(1,)]


def test_a_stopped_source_waits_whoever_works_and_goes_on_when_started(desk: Desk) -> None:
    desk("source", "stop", "hill-miu", "--reason", "wrong wards")
    desk.arrive(message())
    assert desk.rows("SELECT state FROM intake.message") == [("new",)]
    (status,) = desk.json("feeds")
    assert (status["state"], status["why"]) == ("stopped", "wrong wards")
    desk("source", "start", "hill-miu", "--reason", "mended")
    desk.work()
    assert desk.rows("SELECT state FROM intake.message") == [("done",)]


EXTRACT = """careweave: mapping/1
id: hill-list
version: 1
input: csv
file: {mode: snapshot, row_key: ["=row.Ref"], absence: keep, max_drop_percent: 10}
systems: {ref: "urn:careweave:demo:hill:ref"}
resources:
  - type: Patient
    key: ["=row.Ref"]
    body: {identifier: [{$id: {system: ref, value: "=row.Ref"}}], name: [{text: "=row.Name"}]}
"""


def extract(n: int) -> str:
    return "Ref,Name\n" + "".join(f"R{at},Person {at}\n" for at in range(n))


@pytest.mark.parametrize(("word", "state"), [("retry", "done"), ("refuse", "refused")])
def test_a_parked_file_is_decided_on_like_a_message(
    desk: Desk, tmp_path: Path, word: str, state: str
) -> None:
    described = SOURCE.replace("hill-miu", "hill-list").replace("miu", "list")
    described = described.replace("{kind: mllp, port: 2675, peers: [127.0.0.1]}", "{kind: folder}")
    (desk.region / "sources" / "hill-list.yaml").write_text(described)
    (desk.region / "mappings" / "hill-list.yaml").write_text(EXTRACT)
    sources = desk.sources()
    collector = Collector(
        desk.database, lambda: sources, root=tmp_path / "drop", clock=lambda: NOW, settle_s=0.0
    )
    folder = tmp_path / "drop" / "hill-list" / "in"
    folder.mkdir(parents=True)

    def drop(name: str, n: int) -> str:
        (folder / name).write_text(extract(n))
        (taken,) = collector.once()
        return str(taken.state)

    assert drop("list_20260301.csv", 20) == "accepted"
    assert drop("list_20260302.csv", 3) == "parked"
    (one,) = desk.json("quarantine", "list")
    assert one["reason"] == "file-parked"
    number = str(one["newest"])
    assert "1 messages" in desk("quarantine", word, number, "--reason", "the list is shorter")
    assert desk.json("quarantine", "list") == []
    assert desk.rows(f"SELECT state FROM intake.message WHERE id = {number}") == [(state,)]
    found = [str(taken.state) for taken in collector.once()]
    assert found == (["accepted"] if word == "retry" else [])
    assert list(folder.iterdir()) == []


def test_feeds_end_with_65_when_one_is_silent(desk: Desk) -> None:
    with desk.database.session() as session:
        note_feeds(session, [FeedNote("hill-miu", "attendances", NOW, n=3, lags_ms=(1500.0,) * 3)])
    (status,) = desk.json("feeds")
    assert (status["state"], status["per_hour"], status["quarantined"]) == ("ok", 3, 0)
    assert status["lag_p95"] == pytest.approx(1.5, rel=0.42)
    with desk.database.session() as session:
        note_feeds(session, [FeedNote("hill-miu", "attendances", NOW, failed="no answer")])
    assert "FAILING" in desk("feeds", code=65)
    desk("feeds", "--source", "other", code=66)


def test_coverage_shows_what_arrives_and_is_not_mapped(desk: Desk) -> None:
    numbers = desk.arrive(*(message(f"T{n}", sex="X") for n in range(3)))
    desk.work()
    found = desk.json("source", "coverage", "--source", "hill-miu")
    (kind,) = found["kinds"]
    assert (kind["kind"], kind["n_messages"]) == ("ADT^A04", 3)
    paths = {path["path"]: path for path in found["paths"]}
    assert paths["ZTR-2"]["n_messages"] == 3
    assert paths["ZTR-2"]["values"] == [3]
    assert paths["ZTR-2"]["example"] in numbers
    said = desk("source", "coverage")
    assert "ZTR-2" in said
    assert "Sprained" not in said


@pytest.mark.parametrize("words", [(), ("--mapped",)])
def test_what_somebody_sent_steers_no_terminal(desk: Desk, words: tuple[str, ...]) -> None:
    (number,) = desk.arrive(message(local="H42\u202e\x1b[2J", sex="\x1b]0;x\x07"))
    said = desk("messages", "show", str(number), "--reason", "x", *words)
    assert "\\u202e" in said
    for sign in "\x1b\u202e\x07":
        assert sign not in said + desk("messages", "search")


# What is shown, and how moments are read.


def test_a_decimal_keeps_its_digits_in_json() -> None:
    from decimal import Decimal

    assert json_text({"value": Decimal("0.10")}) == '{\n "value": 0.10\n}'
    assert dict(leaves({"a": [{"b": Decimal("1.50")}, {"b": True}], "c": ["x"], "d": None})) == {
        "a[0].b": "1.50", "a[1].b": "true", "c": "x", "d": "null",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.35, "350 ms"), (12, "12 s"), (240, "4 min"), (3 * 3600, "3 h"), (5 * 86400, "5 d")],
)
def test_a_span_is_told_in_its_largest_unit(seconds: float, text: str) -> None:
    assert span(timedelta(seconds=seconds)) == text


def test_a_moment_without_a_zone_is_one_of_the_region() -> None:
    zone = Settings().time_zone
    given = {"now": NOW, "zone": zone, "where": "x"}
    assert moment("2026-07-01T10:00", **given) == datetime(2026, 7, 1, 9, tzinfo=UTC)
    assert moment("90min", **given) == NOW - timedelta(minutes=90)
    assert moment(None, **given) is None
    with pytest.raises(Incorrect):
        moment("soon", **given)
    assert replace(Settings(), port=1).port == 1
