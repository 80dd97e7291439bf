"""Imports: keyed ids, a second run that changes nothing, a killed one that goes on."""

import base64
import gzip
import hmac
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.intake import ImportOrder, SourceSettings, run_import
from careweave.intake._import import _importer_of, _left, _Tally
from careweave.intake._import_chunk import _Part, _prepare, _relate, _store, import_piece
from careweave.intake._import_files import files_of
from careweave.intake._import_read import read_piece
from careweave.terms import CareweaveError, Label, keyed_id
from tests.intake.conftest import VALUE_SETS
from tests.intake.test_writer import observation, patient, security


def test_a_keyed_id_is_that_of_the_published_vector():
    found = keyed_id(b"careweave-demo-key", "stbeda", "Patient", "A0012345")
    assert found == "gwonipkugkqothoz5ci37ue7ay"


@given(st.binary(min_size=1), st.text(), st.text())
def test_a_keyed_id_is_base_32_of_a_keyed_digest(secret, authority, part):
    text = "\x1f".join((authority, part.strip())).encode("utf-8", "surrogatepass")
    expected = base64.b32encode(hmac.digest(secret, text, "sha256")[:16])
    assert keyed_id(secret, authority, part) == expected.decode().rstrip("=").lower()


def order(desk, *paths, **more):
    more.setdefault("processes", 1)
    return ImportOrder(
        desk.database.url, tuple(paths), desk.writing(), value_sets=VALUE_SETS, **more
    )


def run(desk, *paths, **more):
    return run_import(order(desk, *paths, **more), watch=lambda _: None)


def lines(path: Path, *values):
    path.write_text("".join(json.dumps(value) + "\n" for value in values))
    return path


def key(desk, type_name, original):
    with desk.database.reading() as session:
        return keyed_id(session.secret, "stbeda", type_name, original)


def test_lines_are_stored_under_keyed_ids_with_references_alike(desk, tmp_path):
    lines(tmp_path / "Patient.ndjson", patient(id="7"))
    packed = json.dumps(observation(id="8", subject={"reference": "Patient/7"})) + "\n"
    (tmp_path / "Observation.ndjson.gz").write_bytes(gzip.compress(packed.encode()))
    done = run(desk, tmp_path)
    assert (done.n_files, done.n_stored, done.n_refused) == (2, 2, 0)
    about, row = key(desk, "Patient", "7"), desk.read("Observation", key(desk, "Observation", "8"))
    assert json.loads(row.body)["subject"]["reference"] == f"Patient/{about}"
    assert row.subject == desk.read("Patient", about).subject


def test_an_id_inside_the_prefix_of_the_source_stays(desk, tmp_path):
    run(desk, lines(tmp_path / "a.ndjson", patient(id="stbeda-7")))
    assert desk.read("Patient", "stbeda-7")


def test_a_bundle_is_stored_with_references_by_its_addresses(desk, tmp_path):
    urn = "urn:uuid:00000000-0000-4000-8000-000000000001"
    entries = [
        {"fullUrl": urn, "resource": patient()},
        {"fullUrl": urn[:-1] + "2", "resource": observation(subject={"reference": urn})},
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    (tmp_path / "one.json").write_text(json.dumps(bundle))
    assert run(desk, tmp_path).n_stored == 2
    row = desk.read("Observation", key(desk, "Observation", urn[:-1] + "2"))
    own = key(desk, "Patient", urn)
    assert json.loads(row.body)["subject"]["reference"] == f"Patient/{own}"


def test_a_second_run_changes_nothing_and_a_changed_file_only_what_it_changes(desk, tmp_path):
    path = lines(tmp_path / "a.ndjson", patient(id="7"), patient("2", id="8"))
    first, second = run(desk, path), run(desk, path)
    assert (first.n_stored, second.n_stored, second.n_skipped) == (2, 0, 1)
    lines(path, patient(id="7"), patient("3", id="8"))
    third = run(desk, path)
    assert (third.n_stored, third.n_same) == (1, 1)
    assert desk.read("Patient", key(desk, "Patient", "8")).version == 2
    assert desk.rows("SELECT count(*) FROM record.resource") == [(2,)]


def test_each_refused_line_is_reported_by_file_and_line_without_its_content(desk, tmp_path):
    path = tmp_path / "a.ndjson"
    good, bad = json.dumps(patient(id="7")), json.dumps(observation(id="9", status="canary-word"))
    no_id = json.dumps(patient("canary-word"))
    path.write_text("\n".join((good, bad, "", "{canary-word", no_id, good)))
    report = tmp_path / "refused.txt"
    done = run(desk, path, report=report)
    assert (done.n_stored, done.n_refused) == (1, 4)
    told = [json.loads(line) for line in report.read_text().splitlines()]
    places = sorted(outcome["issue"][0]["diagnostics"] for outcome in told)
    assert places == [f"a.ndjson line {line}" for line in (2, 4, 5, 6)]
    assert {outcome["resourceType"] for outcome in told} == {"OperationOutcome"}
    assert "canary-word" not in report.read_text()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_file_that_cannot_be_unpacked_is_refused_where_it_breaks(desk, tmp_path, processes):
    text = b"".join(json.dumps(patient(id=f"a{n}")).encode() + b"\n" for n in range(600))
    (tmp_path / "a.ndjson.gz").write_bytes(gzip.compress(text)[:-6])
    (tmp_path / "b.ndjson.gz").write_bytes(b"no gzip at all")
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(text)[:40])
    (tmp_path / "d.json").write_bytes(b"")
    lines(tmp_path / "e.ndjson", patient(id="e"))
    report = tmp_path / "refused.txt"
    done = run(desk, tmp_path, report=report, processes=processes)
    assert (done.n_stored, done.n_refused) == (501, 4)
    told = [json.loads(line)["issue"][0]["diagnostics"] for line in report.read_text().splitlines()]
    assert sorted(told) == [
        "a.ndjson.gz line 501",
        "b.ndjson.gz line 1",
        "c.json.gz line 1",
        "d.json line 1",
    ]


@pytest.mark.attack(67)
def test_a_feed_that_leaves_a_label_out_lowers_none(desk, tmp_path):
    path = lines(tmp_path / "a.ndjson", observation(id="7", meta=security("S1")))
    run(desk, path)
    run(desk, lines(path, observation(id="7", status="amended")))
    row = desk.read("Observation", key(desk, "Observation", "7"))
    assert row.version == 2
    labels = json.loads(b"{" + row.meta + b"}")["security"]
    assert [label["code"] for label in labels] == [Label.S1]


@pytest.mark.attack(68)
@pytest.mark.parametrize("processes", [1, 2])
def test_a_child_in_another_file_than_its_parent_inherits(desk, tmp_path, processes):
    derived = [{"reference": "Observation/1"}]
    lines(tmp_path / "a.ndjson", *(observation(id=f"c{n}", derivedFrom=derived) for n in range(9)))
    lines(tmp_path / "b.ndjson", observation(id="1", meta=security("S1")))
    lines(tmp_path / "c.ndjson", *(observation(id=f"d{n}", derivedFrom=derived) for n in range(9)))
    run(desk, tmp_path, processes=processes)
    for original in ("c0", "c8", "d0", "d8"):
        row = desk.read("Observation", key(desk, "Observation", original))
        assert b'"code":"S1"' in row.meta


def test_labels_that_a_killed_import_left_to_pass_on_are_passed_on_by_the_next(desk, tmp_path):
    derived = [{"reference": "Observation/1"}]
    lines(tmp_path / "a.ndjson", observation(id="c", derivedFrom=derived))
    lines(tmp_path / "b.ndjson", observation(id="1", meta=security("S1")))
    asked = order(desk, tmp_path, processes=2)
    importer = _importer_of(asked, desk.database)
    child, parent = _left(desk.database, asked, files_of(asked.paths), _Tally([], lambda _: None))
    # One process has looked for parents when another stores one: then both end.
    part = _Part(importer, child)
    for found in read_piece(child, importer.names):
        _prepare(part, found)
    _relate(part)
    import_piece(importer, parent)
    _store(part, list(part.works.values()), is_last=True)
    assert b"S1" not in desk.read("Observation", key(desk, "Observation", "c")).meta

    done = run(desk, tmp_path, processes=1)

    assert (done.n_stored, done.n_skipped) == (0, 2)
    assert b'"code":"S1"' in desk.read("Observation", key(desk, "Observation", "c")).meta
    assert desk.rows("SELECT count(*) FROM intake.unsettled") == [(0,)]


def test_the_labels_of_the_feed_are_on_everything_it_brings(desk, tmp_path):
    settings = SourceSettings(service="sexual-health")
    run(desk, lines(tmp_path / "a.ndjson", patient(id="7")), settings=settings)
    row = desk.read("Patient", key(desk, "Patient", "7"))
    assert json.loads(b"{" + row.meta + b"}")["security"][0]["code"] == Label.S1


def test_one_account_says_what_a_piece_brought(desk, tmp_path):
    run(desk, lines(tmp_path / "a.ndjson", patient(id="7"), patient("2", id="8")))
    text = "SELECT action, what, n_items, cardinality(subjects) FROM ledger.account"
    rows = desk.rows(f"{text} WHERE action <> 'identify'")
    assert rows == [("import", "Patient:2", 2, 2)]


def test_two_processes_store_what_one_does(desk, tmp_path):
    values = [observation(id=str(n), valueString=str(n)) for n in range(1200)]
    seen = []
    done = run_import(
        order(desk, lines(tmp_path / "a.ndjson", *values), processes=2), watch=seen.append
    )
    assert (done.n_stored, done.n_refused) == (1200, 0)
    assert seen[-1].done_bytes == seen[-1].total_bytes
    assert desk.rows("SELECT count(*) FROM record.resource") == [(1200,)]


@pytest.mark.parametrize("processes", [1, 2])
def test_each_piece_is_known_from_when_it_was_imported(desk, tmp_path, processes):
    for n in range(9):
        lines(tmp_path / f"{n}.ndjson", observation(id=str(n), valueString=str(n)))
    asked = order(desk, tmp_path, processes=processes)
    run_import(asked, watch=lambda _: time.sleep(0.01))
    ((n_times, first),) = desk.rows("SELECT count(DISTINCT upd), min(upd) FROM record.resource")
    assert n_times > 1
    assert first >= asked.writing.at


def test_nothing_to_import_is_said(desk, tmp_path):
    for path in (tmp_path, tmp_path / "missing.json"):
        with pytest.raises(CareweaveError):
            run(desk, path)


@pytest.mark.slow
def test_a_killed_import_goes_on_and_doubles_nothing(desk, tmp_path):
    values = [observation(id=str(n), valueString=str(n)) for n in range(6000)]
    path = lines(tmp_path / "a.ndjson", *values)
    run(desk, lines(tmp_path / "warm.ndjson", patient(id="1")))
    script = f"""
import pickle, sys
from careweave.intake import run_import
if __name__ == "__main__":
    order = pickle.loads({__import__("pickle").dumps(order(desk, path, processes=2))!r})
    run_import(order, watch=lambda p: print(p.n_stored, flush=True))
"""
    program = tmp_path / "program.py"
    program.write_text(script)
    root = str(Path(__file__).parents[2])
    running = subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
    )
    with running:
        running.stdout.readline()
        running.send_signal(signal.SIGKILL)
    time.sleep(1.5)
    between = desk.rows("SELECT count(*) FROM record.resource")[0][0]
    done = run(desk, path)
    assert between > 0
    assert done.n_stored == 6001 - between
    assert desk.rows("SELECT count(*), count(DISTINCT id) FROM record.resource") == [(6001, 6001)]
    assert desk.rows("SELECT count(*) FROM record.version") == [(0,)]
