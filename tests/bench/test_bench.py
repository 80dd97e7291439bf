"""The programs that measure: their figures, their people, their loop."""

import asyncio
import json
import os
import random
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench import figures
from bench.figures import Figure, keep, table
from bench.imports import write_files
from bench.load import Ask, Client, Target, measure
from bench.machine import cpu_s
from bench.people import bundle, nhs_number, person, urns
from careweave.formats import check, read_bundle, read_json
from careweave.terms import NhsNumber


def test_a_kept_figure_has_all_that_the_interface_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "RESULTS", tmp_path)
    keep("x", [Figure("read_cpu_ms", 0.7, "CPU-ms a request", "how", 1.0)])
    (kept,) = json.loads((tmp_path / "x.json").read_text())
    assert set(kept) == {
        "name", "value", "unit", "lower_is_better", "target", "method", "machine", "commit", "at",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "target", "lower", "verdict"),
    [
        (1.0, 1.0, True, "met"),
        (1.1, 1.0, True, "MISSED"),
        (9, 5, False, "met"),
        (1, None, True, ""),
    ],
)
def test_a_figure_is_judged_by_its_target(
    value: float, target: float | None, lower: bool, verdict: str
) -> None:
    figure = Figure("x", value, "s", "how", target, lower)
    assert figure.verdict == verdict
    assert verdict in table([figure])


def test_the_people_of_the_load_are_valid_and_fifty_strong() -> None:
    rng = random.Random("x")
    entries = person(rng, urns(rng))
    kinds = [resource["resourceType"] for _, resource in entries]
    counts = {kind: kinds.count(kind) for kind in set(kinds)}
    assert counts == {
        "Patient": 1, "Encounter": 6, "Condition": 5, "MedicationRequest": 5, "Observation": 33,
    }  # fmt: skip
    for _, resource in entries:
        assert check(read_json(json.dumps(resource).encode())) == ()
    assert len(read_bundle(bundle(rng)).entries) == 50
    assert NhsNumber(nhs_number(rng)).digits.startswith("999")


def test_files_hold_whole_people_with_their_links(tmp_path: Path) -> None:
    write_files(tmp_path, 3, seed="x")
    lines = [json.loads(line) for f in tmp_path.iterdir() for line in f.read_text().splitlines()]
    known = {f"{line['resourceType']}/{line['id']}" for line in lines}
    assert len(lines) == len(known) == 150
    assert {line["subject"]["reference"] for line in lines if "subject" in line} <= known


def test_cpu_time_of_this_process_grows() -> None:
    before = cpu_s({os.getpid()})
    sum(range(5_000_000))
    assert cpu_s({os.getpid()}) > before
    assert cpu_s({2**22 + 1}) == 0


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        code = 500 if b"fail" in body else 201
        said = (self.headers.get("Idempotency-Key", "") + body.decode()).encode()
        self.send_response(code)
        if b"chunk" in body:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(said), said))
        else:
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def base() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/x"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("body", [b"plain", b"chunk"])
def test_the_client_reads_both_framings_and_keeps_its_connection(base: str, body: bytes) -> None:
    async def twice() -> list[tuple[int, bytes]]:
        client = Client(base, "t")
        found = [await client.ask(Ask("POST", "/y", body, key="k")) for _ in range(2)]
        client.close()
        return found

    assert asyncio.run(twice()) == [(201, b"k" + body)] * 2


def test_the_loop_counts_answers_units_and_failures(base: str) -> None:
    target = Target(base, "t", frozenset({os.getpid()}))
    good = measure(target, [lambda: Ask("POST", "/", b"x", 5)], seconds=0.2, warm_s=0.05)
    assert good.n_units == 5 * len(good.latencies_ms) > 0
    assert 0 < good.quantile_ms(0.5) <= good.quantile_ms(0.99)
    bad = measure(target, [lambda: Ask("POST", "/", b"fail")], seconds=0.1, warm_s=0)
    assert bad.failures
    assert not bad.latencies_ms
