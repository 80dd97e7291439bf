"""The demonstration as a user runs it: starts, answers what it prints, survives, ends clean."""

import contextlib
import http.client
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lib.demo import Running, start_demo, stop_demo

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def home(server_home: Path) -> Path:
    return server_home


@pytest.fixture(scope="module")
def demo(running: Running) -> Running:
    """The demo that all tests of this run ask: nothing of it is killed here."""
    return running


@dataclass
class Other:
    """A second demo of a home of its own: what is killed is killed here."""

    home: Path
    running: Running

    @classmethod
    def start(cls, home: Path) -> Running:
        return start_demo(home, people=12)


@pytest.fixture(scope="module")
def other(demo: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Other]:
    """Another beside the first one."""
    home = tmp_path_factory.mktemp("other")
    home.chmod(0o755)
    made = Other(home, Other.start(home))
    yield made
    if made.running.process.poll() is None:
        stop_demo(made.running)


def said(home: Path) -> dict:
    return json.loads((home / "demo.json").read_text())


def total(running: Running, kind: str = "Patient") -> int:
    request = urllib.request.Request(
        f"{running.base}/{kind}?_summary=count",
        headers={"Authorization": f"Bearer {running.token}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["total"]


def until(fact: Callable[[], bool], seconds: float = 40) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if fact():
                return True
        except OSError:
            pass
        time.sleep(0.1)
    return False


def is_alive(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


def unfinished(running: Running) -> socket.socket:
    """A create whose body is announced, begun, and left at that."""
    address = urllib.parse.urlsplit(running.base)
    made = socket.create_connection((address.hostname, address.port), timeout=10)
    head = (
        f"POST {address.path}/Patient HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Authorization: Bearer {running.token}\r\n"
        "Content-Type: application/fhir+json\r\nContent-Length: 40\r\n\r\n"
    )
    made.sendall(head.encode() + b'{"resourceType":"Pat')
    return made


def test_bodies_that_never_come_stop_nobody_else(demo: Running) -> None:
    with contextlib.ExitStack() as open_until_the_end:
        slow = [open_until_the_end.enter_context(unfinished(demo)) for _ in range(120)]
        assert until(lambda: bool(select.select(slow, [], [], 0.1)[0]))
        answered = select.select(slow, [], [], 0.5)[0]
        said_at_once = {one.recv(100)[:12] for one in answered}
        assert said_at_once == {b"HTTP/1.1 429"}
        waiting = [one for one in slow if one not in answered]
        waiting[0].sendall(b'ient","active":true}')
        assert waiting[0].recv(100).startswith(b"HTTP/1.1 201 ")
        assert all(total(demo) for _ in range(20))


def test_the_requests_that_it_prints_work_when_pasted(demo: Running, home: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    # The lines come right after demo.json.
    assert until(lambda: "Ctrl-C" in (home / "out.txt").read_text())
    printed = re.findall(r"^curl .*$", (home / "out.txt").read_text(), re.MULTILINE)
    assert len(printed) == 4

    def pasted(line: str) -> dict:
        done = subprocess.run(["sh", "-c", line], capture_output=True, check=True)
        return json.loads(done.stdout)

    *of_a_system, of_a_nurse = printed
    for line in of_a_system:
        answer = pasted(line)
        assert answer["resourceType"] == "Bundle", answer
        assert answer["entry"]
    # Those whom the nurses look after come with what the community service sends.
    assert until(lambda: "entry" in pasted(of_a_nurse))


def test_it_says_where_everything_is(demo: Running, home: Path) -> None:
    assert all(is_alive(pid) for pid in said(home)["pids"].values())
    told = said(home)
    assert told["doors"]["fhir"] == demo.base
    assert len(told["clients"]) >= 15
    nurse = next(one for one in told["clients"] if one["name"] == "nm-community-as-cn")
    assert (nurse["role"], nurse["purpose"]) == ("CN", "TREAT")
    port = demo.base.split(":")[2].split("/")[0]
    assert told["doors"]["workspace"] == f"http://localhost:{port}/workspace/"
    assert told["doors"]["mllp"]["nm-acute-pas"]
    assert Path(told["doors"]["folders"]["nm-ashgrove-documents"]).is_dir()
    assert {"name", "organisation", "system", "token"} <= set(told["clients"][0])
    for private in ("demo.json", "log", "keys"):
        assert (home / private).stat().st_mode & 0o077 == 0
    for address in ("health", "ready"):
        url = f"{demo.base.removesuffix('/fhir')}/{address}"
        assert urllib.request.urlopen(url, timeout=10).status == 200


def test_it_ends_clean_and_starts_again_with_what_it_had(other: Other) -> None:
    first, home = other.running, other.home
    before, token = total(first, "Observation"), first.token
    roots = set(said(home)["pids"].values())
    everybody = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    ours = [pid for pid in everybody if is_under(pid, roots)]
    first.process.send_signal(signal.SIGTERM)
    assert first.process.wait(timeout=60) == 0
    assert until(lambda: not any(is_alive(pid) for pid in ours))
    assert not (home / "demo.json").exists()
    other.running = second = Other.start(home)
    assert total(second, "Observation") == before
    assert second.token == token
    assert "sent" not in (home / "log" / "feed.log").read_text().splitlines()[1:]


def test_two_run_side_by_side_and_know_nothing_of_each_other(demo: Running, other: Other) -> None:
    before, elsewhere = total(demo), total(other.running)
    assert demo.base != other.running.base
    assert posted(other.running) == 201
    assert (total(demo), total(other.running)) == (before, elsewhere + 1)


def posted(running: Running) -> int:
    """The status of the create of a patient."""
    request = urllib.request.Request(
        f"{running.base}/Patient",
        data=b'{"resourceType":"Patient","active":true}',
        headers={
            "Authorization": f"Bearer {running.token}",
            "Content-Type": "application/fhir+json",
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status


def test_a_killed_part_comes_back(other: Other) -> None:
    demo, home = other.running, other.home
    before = total(demo)
    for part in ("serve", "work", "listen", "collect", "postgres"):
        pid = said(home)["pids"][part]
        os.kill(pid, signal.SIGKILL)
        assert until(lambda part=part, pid=pid: said(home)["pids"][part] != pid)
        # Each process finds out by itself that its connections are gone: one answer proves little.
        assert until(lambda: all(total(demo) == before for _ in range(10)))


def is_under(pid: int, roots: set[int]) -> bool:
    while pid > 1:
        if pid in roots:
            return True
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return False
        pid = int(stat.rpartition(")")[2].split()[1])
    return False


def refused(*options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "careweave", "demo", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 75
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_taken_port_and_a_taken_home_are_named(demo: Running, home: Path) -> None:
    port = demo.base.split(":")[2].split("/")[0]
    elsewhere = str(home / "elsewhere")
    assert f"Port {port}" in refused("--home", elsewhere, "--port", port)
    assert "already" in refused("--home", str(home), "--port", "0")


def figures(running: Running) -> dict[str, float]:
    address = f"{running.base.removesuffix('/fhir')}/metrics"
    with urllib.request.urlopen(address, timeout=10) as answer:
        lines = [line for line in answer.read().decode().splitlines() if line[0] != "#"]
    return {name: float(n) for name, _, n in (line.rpartition(" ") for line in lines)}


SEARCHED = 'careweave_fhir_requests_total{route="/fhir/{type}",method="GET",status="200"}'


def test_the_figures_are_those_of_all_its_processes(demo: Running) -> None:
    assert until(lambda: figures(demo)["careweave_processes"] == 2)
    total(demo)
    before = figures(demo)
    assert before["careweave_database_up"] == 1
    for _ in range(40):
        total(demo)
    # Each scrape reaches one process at random.
    assert [figures(demo)[SEARCHED] - before[SEARCHED] for _ in range(10)] == [40] * 10
    assert until(lambda: all(figures(demo)["careweave_pool_most"] == 16 for _ in range(10)))


def test_what_a_killed_process_counted_still_counts(other: Other) -> None:
    demo, home = other.running, other.home
    assert until(lambda: figures(demo)["careweave_processes"] == 2)
    for _ in range(20):
        total(demo)
    before, serve = figures(demo), said(home)["pids"]["serve"]
    everybody = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    workers = [pid for pid in everybody if pid != serve and is_under(pid, {serve})]
    os.kill(workers[0], signal.SIGKILL)
    starts = before["careweave_process_starts"] + 1
    assert until(lambda: figures(demo)["careweave_process_starts"] == starts)
    assert until(lambda: figures(demo)["careweave_processes"] == 2)
    assert figures(demo)[SEARCHED] == before[SEARCHED]


def test_the_agreements_of_the_region_are_in_force_and_people_at_work_have_logins(
    demo: Running, home: Path
) -> None:
    command = [sys.executable, "-m", "careweave", "--home", str(home), "configurations"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "in force" in listed.stdout
    practice = next(one for one in said(home)["clients"] if one["name"] == "nm-ashgrove-as-gp")
    assert practice["organisation"] == "nm-ashgrove"
    request = urllib.request.Request(
        f"{demo.base}/Patient?_summary=count",
        headers={"Authorization": f"Bearer {practice['token']}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        # Its own patients: it is tied to them by their registration.
        assert json.load(answer)["total"] >= 1


def test_example_people_sign_in_on_its_clock(demo: Running, home: Path) -> None:
    base = said(home)["doors"]["workspace"]
    (doctor,) = [one for one in said(home)["signins"] if one["user"] == "u-ed"]
    assert doctor["roles"][0]["role"] == "ED"
    made = http.client.HTTPConnection(urllib.parse.urlsplit(base).netloc, timeout=10)
    with contextlib.closing(made) as browser:
        browser.request("GET", "/")
        root = browser.getresponse()
        root.read()
        assert (root.status, root.headers["Location"]) == (303, base)
        # Another name that leads here, such as one that a site of somebody has made to, gets nothing.
        for other in ("127.0.0.1", "example.org"):
            port = base.rpartition(":")[2].partition("/")[0]
            browser.request("GET", "/workspace/sign-in", headers={"Host": f"{other}:{port}"})
            turned = browser.getresponse()
            turned.read()
            assert (turned.status, turned.headers["Location"]) == (303, base)
        browser.request("GET", "/workspace/sign-in")
        asked = browser.getresponse()
        page = asked.read().decode()
        assert doctor["name"] in page
        assert "Example region" in page
        assert "26-Mar-2026 0" in page
        hidden = dict(re.findall(r'name="(csrf|form)" value="([^"]+)"', page))
        headers = {
            "Cookie": str(asked.headers["Set-Cookie"]).partition(";")[0],
            "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        form = urllib.parse.urlencode({**hidden, "as": doctor["roles"][0]["as"]})
        browser.request("POST", "/workspace/sign-in/example", form, headers)
        answer = browser.getresponse()
        answer.read()
        assert (answer.status, answer.headers["Location"]) == (303, "/workspace/")
        assert "__Host-cw=" in answer.headers["Set-Cookie"]


def test_what_it_made_is_not_served_in_earnest(demo: Running, home: Path) -> None:
    command = [sys.executable, "-m", "careweave", "--home", str(home), "serve", "--port", "65530"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 64
    assert "demonstration" in done.stderr
