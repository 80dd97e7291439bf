"""Files at scale: resources a second from NDJSON to durable, searchable and accounted."""

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import IO

from bench.figures import Figure
from bench.load import Ask, Client, Target
from bench.machine import ROOT, cpu_s
from bench.people import person, places
from bench.product import Product, product

_WANTED_PER_S = 5_000
_RESOURCES_EACH = 50


def run(*, quick: bool) -> list[Figure]:
    """Returns how many resources `careweave import` stores in a second."""
    n_patients = 200 if quick else 2_000
    with product() as running, tempfile.TemporaryDirectory(prefix="cw-files-") as folder:
        write_files(Path(folder), n_patients, seed="import")
        roots = {running.pid("postgres")}
        cpu_before, ended_before, began = cpu_s(roots), os.times(), time.perf_counter()
        load(running, Path(folder))
        seconds, ended = time.perf_counter() - began, os.times()
        cpu = cpu_s(roots) - cpu_before
        cpu += ended.children_user + ended.children_system
        cpu -= ended_before.children_user + ended_before.children_system
    n_resources = n_patients * _RESOURCES_EACH
    method = (
        f"careweave import of {n_resources} resources in NDJSON files, {os.cpu_count()} processes, "
        f"fresh embedded PostgreSQL, whole command from start to end"
    )
    per_s = round(n_resources / seconds)
    return [
        Figure(
            "resources_per_second",
            per_s,
            "resources/s",
            method,
            _WANTED_PER_S,
            lower_is_better=False,
        ),
        Figure("import_cpu_ms", round(cpu * 1000 / n_resources, 3), "CPU-ms a resource", method),
    ]


def write_files(folder: Path, n_patients: int, *, seed: str) -> None:
    """Writes one NDJSON file for each type, patients first."""
    rng = random.Random(seed)
    files: dict[str, IO[bytes]] = {}
    order = defaultdict(lambda: 9, {"Patient": 0, "Encounter": 1})
    for _ in range(n_patients):
        for reference, resource in person(rng, places(rng)):
            kind, _, name = reference.partition("/")
            if kind not in files:
                files[kind] = (folder / f"{order[kind]}-{kind}.ndjson").open("wb")
            files[kind].write(json.dumps({**resource, "id": name}).encode() + b"\n")
    for file in files.values():
        file.close()


def load(running: Product, folder: Path) -> None:
    """Imports a folder into the running product, as its first client."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "careweave", "--home", str(running.home)),
            *("import", str(folder), "--client", running.client()),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"bench: the import failed:\n{done.stdout}{done.stderr}")


def grow(running: Product, n_more: int) -> list[str]:
    """Imports so many people more and returns the ids of some of them."""
    with tempfile.TemporaryDirectory(prefix="cw-files-") as folder:
        write_files(Path(folder), n_more, seed=f"grow/{n_more}")
        load(running, Path(folder))
    return asyncio.run(_some_patients(running.target()))


async def _some_patients(target: Target) -> list[str]:
    client, path, found = Client(target.base, target.token), "/Patient?_count=500", []
    for _ in range(4):
        _, body = await client.ask(Ask("GET", path))
        page = json.loads(body)
        found += [entry["resource"]["id"] for entry in page.get("entry", [])]
        onward = [link["url"] for link in page["link"] if link["relation"] == "next"]
        if not onward:
            break
        path = onward[0].removeprefix(target.base)
    client.close()
    return found
