"""The figures are those of the whole server, whichever of its processes is asked."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from careweave.doors.fhir import METRICS, OPEN_ROUTES, ROUTES, Metrics
from careweave.doors.fhir._figures import reference
from careweave.doors.fhir._tally import Tally, open_tally, sheets, total

ROOT = Path(__file__).resolve().parents[3]
READ = 'careweave_fhir_requests_total{route="/fhir/{type}/{id}",method="GET",status="200"}'

# A sibling: it counts as many requests as it is told, says so, and lives until it is ended.
SIBLING = """
import sys
from pathlib import Path
from careweave.doors.fhir import Metrics
metrics = Metrics(Path(sys.argv[1]), started_at=100.0)
for _ in range(int(sys.argv[2])):
    metrics.count("/fhir/{type}/{id}", "GET", 200, 0.003)
metrics.fault("KeyError")
metrics.show({"pool_open": 3})
print("counted", flush=True)
sys.stdin.read()
"""


def sibling(root: Path, n: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SIBLING, str(root), str(n)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "counted\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def figures(text: bytes) -> dict[str, float]:
    lines = [line for line in text.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.mark.slow
def test_the_counts_of_siblings_add_up_and_those_of_the_killed_stay(tmp_path: Path) -> None:
    # The siblings are ours, so we look into the directory of their parent: this process.
    first, second = sibling(tmp_path, 5), sibling(tmp_path, 7)
    (place,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    key = "fhir_requests_total\t/fhir/{type}/{id}\tGET\t200"
    try:
        assert total(sheets(place))[key] == 12
        assert [one.is_living for one in sheets(place)] == [True, True]
        end(first)
        assert total(sheets(place))[key] == 12
        assert sorted(one.is_living for one in sheets(place)) == [False, True]
        third = sibling(tmp_path, 1)
        assert total(sheets(place))[key] == 13
        end(third)
    finally:
        end(first)
        end(second)


def test_what_a_process_answers_is_of_all_processes(tmp_path: Path) -> None:
    one, two = Metrics(tmp_path, started_at=50.0), Metrics(tmp_path, started_at=40.0)
    for n in range(10):
        (one, two)[n % 2].count("/fhir/{type}/{id}", "GET", 200, 0.2)
    two.fault("KeyError")
    one.show({"pool_open": 2, "pool_idle": 1})
    two.show({"pool_open": 3, "pool_idle": 3})
    assert one.text({}) == two.text({})
    found = figures(one.text({"database_up": 1.0}))
    times = 'careweave_fhir_request_seconds_bucket{route="/fhir/{type}/{id}",method="GET",le="%s"}'
    assert found[READ] == 10
    assert (found[times % "0.1"], found[times % "0.25"], found[times % "+Inf"]) == (0, 10, 10)
    assert (
        found[times.partition("_bucket")[0] + '_sum{route="/fhir/{type}/{id}",method="GET"}'] == 2
    )
    assert found['careweave_fhir_faults_total{kind="KeyError"}'] == 1
    assert (found["careweave_pool_open"], found["careweave_pool_idle"]) == (5, 4)
    assert (found["careweave_start_time_seconds"], found["careweave_processes"]) == (40, 2)
    two.close()
    after = figures(one.text({}))
    assert after[READ] == 10
    assert (after["careweave_pool_open"], after["careweave_processes"]) == (2, 1)
    assert after["careweave_process_starts"] == 2
    one.close()


def test_a_server_that_has_ended_is_forgotten_at_the_next_start_and_a_living_one_is_not(
    tmp_path: Path,
) -> None:
    living, _ = open_tally(tmp_path)
    (own,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    other = own.rename(tmp_path / "1-1")
    dead = tmp_path / "2-2"
    dead.mkdir()
    (dead / "9-x.tally").write_bytes(b"half")
    second, place = open_tally(tmp_path)
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {other.name, place.name}
    living.close()
    third, _ = open_tally(tmp_path)
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {place.name}
    second.close()
    third.close()


def test_threads_lose_no_count() -> None:
    metrics = Metrics()
    work = [
        threading.Thread(target=lambda: [metrics.count("/r", "GET", 200, 0.1) for _ in range(2000)])
        for _ in range(4)
    ]
    for each in work:
        each.start()
    for each in work:
        each.join()
    counted = figures(metrics.text({}))
    assert counted['careweave_fhir_requests_total{route="/r",method="GET",status="200"}'] == 8000


def test_a_directory_that_cannot_be_made_leaves_the_figures_of_one_process(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    metrics = Metrics(tmp_path / "file" / "metrics")
    metrics.count("/r", "GET", 200, 0.1)
    assert figures(metrics.text({}))["careweave_processes"] == 1


def test_every_answer_of_every_route_has_room_and_a_full_tally_takes_no_harm() -> None:
    metrics = Metrics()
    for route in (*ROUTES, *OPEN_ROUTES):
        for status in range(200, 220):
            metrics.count(route.template, route.method, status, 0.1)
    for n in range(3000):
        metrics.fault(f"Kind{n}")
    found = figures(metrics.text({}))
    n_told = sum(n for name, n in found.items() if name.startswith("careweave_fhir_requests_total"))
    assert n_told == 20 * len((*ROUTES, *OPEN_ROUTES))
    full = Tally()
    assert full.cells(["a", "b"]) == 0
    while full.cells(["x"]) < 2048 - 32:
        pass
    full.values[full.cells(["y"] * 32) + 31] += 1
    assert full.sheet().values["a"] == 0


def test_levels_are_shown_again_and_again_until_stopped() -> None:
    metrics, stop = Metrics(), threading.Event()
    n_shown = iter(range(1, 100))

    def levels() -> dict[str, float]:
        n = next(n_shown)
        if n == 3:
            stop.set()
        return {"pool_open": n}

    metrics.keep_showing(levels, stop, every_s=0.001)
    assert figures(metrics.text({}))["careweave_pool_open"] == 3


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_each_metric_has_its_entry_in_the_docs(metric) -> None:
    written = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
    assert f"| `careweave_{metric.name}` | {metric.kind} |" in written
    assert reference() == written, "run ./run docs"


def test_nothing_is_given_that_is_not_listed(tmp_path: Path) -> None:
    metrics = Metrics()
    metrics.count("/r", "GET", 200, 0.1)
    metrics.fault("KeyError")
    metrics.show({"pool_open": 1, "colour": 1})
    typed = [
        line.split()[2] for line in metrics.text({"x": 1}).decode().splitlines() if "TYPE" in line
    ]
    assert set(typed) <= {f"careweave_{metric.name}" for metric in METRICS}
    for name in figures(metrics.text({"x": 1})):
        assert any(name.startswith(f"careweave_{metric.name}") for metric in METRICS)
