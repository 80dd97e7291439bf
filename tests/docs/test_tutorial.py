"""What the pages say to type is typed, and answers as they say."""

import json
import re
import shutil
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pytest

from tests.lib.demo import Running
from tests.lib.reader import Reader, blocks

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]


@pytest.fixture
def reader(running: Running, server_home: Path, tmp_path: Path) -> Reader:
    return Reader(tmp_path, server_home, {"BASE": running.base, "TOKEN": running.token})


def get(running: Running, path: str, token: str, request_id: str) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {token}", "X-Request-Id": request_id}
    request = urllib.request.Request(f"{running.base}/{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def test_the_tutorial_works_as_written(reader: Reader, running: Running, server_home: Path) -> None:
    page = blocks(DOCS / "tutorials/record-server.md")
    start, variables, person, keep, pressure, colour, change, everything, other = page
    assert start == "./run demo\n"
    said = json.loads((server_home / "demo.json").read_text())
    mine, others, *_ = (one["organisation"] for one in said["clients"])
    assert mine != others

    assert reader.run(variables).code == 0

    (written,) = reader.run(person).answers
    assert written.status == 201
    meta = written.json["meta"]
    assert meta["versionId"] == "1"
    assert meta["lastUpdated"]
    assert "DEM" in [tag["code"] for tag in meta["tag"]]

    reader.fills["ID"] = written.json["id"]
    assert reader.run(keep).code == 0

    kept, by_code, by_name = reader.run(pressure).answers
    assert kept.status == 201
    assert '"value": 142.0' in kept.text
    for found in (by_code, by_name):
        assert found.status == 200
        assert [one["resource"]["id"] for one in found.json["entry"]] == [kept.json["id"]]
        assert "142.0" in found.text

    (refused,) = reader.run(colour).answers
    assert refused.status == 400
    assert refused.json["issue"][0]["expression"] == ["colour"]

    changed, history = reader.run(change).answers
    assert (changed.status, changed.json["gender"]) == (200, "female")
    versions = [one["resource"]["meta"]["versionId"] for one in history.json["entry"]]
    assert versions == ["2", "1"]

    (whole,) = reader.run(everything).answers
    assert whole.status == 200
    kinds = {one["resource"]["resourceType"] for one in whole.json["entry"]}
    assert {"Patient", "Observation"} <= kinds

    reader.fills["OTHER"] = running.other_token
    (hidden,) = reader.run(f"OTHER=...\n{other}").answers
    assert hidden.status == 404
    request_id = str(uuid.uuid4())
    seen = get(running, f"Patient/{written.json['id']}", running.other_token, request_id)
    assert seen == get(running, f"Patient/{uuid.uuid4()}", running.other_token, request_id)


def test_a_system_is_connected_as_written(reader: Reader, running: Running) -> None:
    add, use, revoke, at_work = blocks(DOCS / "how-to/connect-a-system.md")
    added = reader.run(add)
    assert added.code == 0, added.err
    reader.fills["TOKEN"] = token = added.out.strip()
    (answer,) = reader.run(use).answers
    assert answer.status == 200
    assert len(answer.json["entry"]) <= 5
    revoked = reader.run(revoke)
    assert revoked.code == 0, revoked.err
    until = time.monotonic() + 6
    while get(running, "Patient?_count=1", token, str(uuid.uuid4()))[0] == 200:
        assert time.monotonic() < until
        time.sleep(0.2)
    doctor = reader.run(at_work)
    assert doctor.code == 0, doctor.err
    assert get(running, "Encounter", doctor.out.strip(), str(uuid.uuid4()))[0] == 200


def test_files_are_loaded_as_written(reader: Reader) -> None:
    (load,) = blocks(DOCS / "how-to/load-files.md")
    made = reader.run("./run careweave client add pas --organisation nm-acute --system pas")
    assert made.code == 0, made.err
    folder = reader.folder / "exports/2026-11"
    folder.mkdir(parents=True)
    person = {"resourceType": "Patient", "id": "p", "birthDate": "1950-01-01"}
    lines = [json.dumps(person), '{"resourceType": "Patient", "birthDate": "yesterday"}']
    (folder / "Patient.ndjson").write_text("\n".join(lines))
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": {**person, "id": "q"}}],
    }
    (folder / "bundle.json").write_text(json.dumps(bundle))
    try:
        first = reader.run(load)
        assert (first.code, counts(first.out)) == (
            65,
            {"files": 2, "stored": 2, "same": 0, "refused": 1},
        )
        report = (reader.folder / "exports/2026-11.refused").read_text()
        assert "Patient.ndjson" in report
        assert "2" in report
        again = reader.run(load)
        assert counts(again.out)["stored"] == 0
    finally:
        reader.run("./run careweave client revoke pas")


def counts(text: str) -> dict[str, int]:
    return {name: int(n) for name, n in re.findall(r"^(\w+) +(\d+)", text, re.MULTILINE)}


def test_the_ledger_is_proved_as_written(reader: Reader, running: Running) -> None:
    (verify,) = blocks(DOCS / "how-to/run-it.md")
    first, _, later = verify.partition("HEAD=")
    # The head is that of what is sealed; the demo seals twice a second.
    printed = reader.run(first)
    assert printed.code == 0, printed.out
    reader.fills["HEAD"] = printed.out.strip()
    get(running, "Patient?_count=1", running.token, str(uuid.uuid4()))
    proved = reader.run(f"HEAD={later}")
    assert proved.code == 0, proved.out
    assert "sound" in proved.err
