"""Reads, writes, searches and bundles over HTTP: CPU milliseconds, requests a second, growth."""

import asyncio
import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.figures import Figure
from bench.imports import grow
from bench.load import Ask, Client, Run, Target, measure
from bench.people import CODES, FAMILIES, MEASURES, PROBLEMS, bundle, observation
from bench.product import Product, product

TARGETS = {
    "read": 1.0, "create": 2.5, "search": 1.2, "chained": 1.5, "everything": 6.0, "bundle": 1.0,
}  # fmt: skip
_SEARCHES = ("search", "date", "code", "name", "chained")
_WANTED_GROWTH = 1.4
_LADDER = (1_000, 4_000, 16_000)


@dataclass(slots=True)
class Known:
    """The ids that the load may ask for."""

    patients: list[str] = field(default_factory=list)
    observations: list[str] = field(default_factory=list)


def run(*, quick: bool) -> list[Figure]:
    """Returns the figures of the door for systems."""
    with product() as running:
        target = running.target()
        known = Known()
        seed(target, known, 60 if quick else 200)
        figures = _scenarios(target, known, quick=quick)
        if quick:
            return figures
        return figures + growth(running, target, known)


def seed(target: Target, known: Known, n_patients: int) -> None:
    """Writes patients by transactions until there are so many."""
    asyncio.run(_seed(target, known, n_patients))


async def _seed(target: Target, known: Known, n_patients: int) -> None:
    rng = random.Random(f"careweave/{len(known.patients)}")

    async def client() -> None:
        link = Client(target.base, target.token)
        while len(known.patients) < n_patients:
            status, body = await link.ask(Ask("POST", "", bundle(rng)))
            if status >= 300:
                sys.exit(f"bench: the seed was refused: {status} {body[:600]!r}")
            _note(json.loads(body), known)
        link.close()

    await asyncio.gather(*(client() for _ in range(4)))


def _note(answer: dict[str, list[dict[str, dict[str, str]]]], known: Known) -> None:
    for entry in answer["entry"]:
        parts = entry["response"]["location"].split("/_history")[0].split("/")
        if parts[-2] == "Patient":
            known.patients.append(parts[-1])
        elif parts[-2] == "Observation":
            known.observations.append(parts[-1])


def asks(name: str, known: Known, rng: random.Random) -> Ask:
    """Returns the next request of a scenario."""
    who = rng.choice(known.patients)
    code = f"{CODES}%7C{rng.choice(MEASURES)[0]}"
    family = rng.choice(FAMILIES)
    problem = f"{CODES}%7C{PROBLEMS[0][0]}"
    match name:
        case "read":
            return Ask("GET", f"/Observation/{rng.choice(known.observations)}")
        case "create":
            made = observation(rng, f"Patient/{who}")
            return Ask("POST", "/Observation", json.dumps(made).encode())
        case "bundle":
            return Ask("POST", "", bundle(rng), 50)
        case _:
            return Ask("GET", _queries(who, code, family, problem)[name])


def _queries(who: str, code: str, family: str, problem: str) -> dict[str, str]:
    return {
        "search": f"/Observation?patient=Patient/{who}&code={code}&_count=20",
        "date": f"/Observation?patient=Patient/{who}&date=ge2020-01-01&_sort=-date&_count=20",
        "code": f"/Observation?code={code}&_count=20",
        "name": f"/Patient?name={family}&birthdate=ge1980-01-01&_count=20",
        "chained": f"/Condition?subject:Patient.family={family}&code={problem}&_count=20",
        "everything": f"/Patient/{who}/$everything",
    }


def drive(name: str, target: Target, known: Known, *, clients: int, seconds: float) -> Run:
    """Runs one scenario and returns what it gave; a failed request ends the measurement."""

    def maker(number: int) -> Callable[[], Ask]:
        rng = random.Random(f"{name}/{clients}/{number}/{len(known.observations)}")
        return lambda: asks(name, known, rng)

    done = measure(target, [maker(n) for n in range(clients)], seconds=seconds)
    if done.failures:
        sys.exit(f"bench: {name}: {len(done.failures)} requests failed: {done.failures[0]}")
    return done


def _scenarios(target: Target, known: Known, *, quick: bool) -> list[Figure]:
    figures: list[Figure] = []
    seconds = 3.0 if quick else 12.0
    for name in ("read", "create", *_SEARCHES, "everything", "bundle"):
        for clients in (8,) if quick else (8, 1, 16):
            done = drive(name, target, known, clients=clients, seconds=seconds)
            figures += _told(name, done, quick=quick)
    return figures


def _told(name: str, done: Run, *, quick: bool) -> list[Figure]:
    method = (
        f"closed loop, {done.n_clients} clients, {done.seconds:.0f} s, {len(done.latencies_ms)} "
        f"requests over HTTP with token, policy and account; CPU of server and PostgreSQL"
        f"{'; quick' if quick else ''}"
    )
    suffix = "" if done.n_clients == 8 else f"_c{done.n_clients}"
    full = f"{name}_cpu_ms" + ("_per_resource" if name == "bundle" else "")
    target = TARGETS.get(name) if done.n_clients == 8 else None
    unit = "CPU-ms a resource" if name == "bundle" else "CPU-ms a request"
    clients = f"_c{done.n_clients}"
    return [
        Figure(f"{full}{suffix}", round(done.cpu_ms, 3), unit, method, target),
        Figure(
            f"{name}_rps{clients}",
            round(done.per_second, 1),
            "requests/s",
            method,
            lower_is_better=False,
        ),
        Figure(f"{name}_p50_ms{clients}", round(done.quantile_ms(0.5), 2), "ms", method),
        Figure(f"{name}_p95_ms{clients}", round(done.quantile_ms(0.95), 2), "ms", method),
    ]


def growth(
    running: Product, target: Target, known: Known, ladder: tuple[int, ...] = _LADDER
) -> list[Figure]:
    """Returns the p50 of searches while the record grows, and the ratio of last to first."""
    figures: list[Figure] = []
    n_held = len(known.patients)
    medians: dict[int, dict[str, float]] = {}
    for n_patients in ladder:
        known.patients = grow(running, n_patients - n_held)
        n_held = n_patients
        medians[n_patients] = {
            name: drive(name, target, known, clients=1, seconds=6).quantile_ms(0.5)
            for name in _SEARCHES
        }
        figures += [
            Figure(f"{name}_p50_ms_{n_patients // 1000}k", round(value, 3), "ms", "1 client, 6 s")
            for name, value in medians[n_patients].items()
        ]
    first, last = medians[ladder[0]], medians[ladder[-1]]
    ratio = sum(last.values()) / sum(first.values())
    method = f"sum of the p50 of {', '.join(_SEARCHES)} with {ladder[-1]} patients over that with {ladder[0]}"
    name = f"search_growth_{ladder[0] // 1000}k_{ladder[-1] // 1000}k"
    grown = Figure(name, round(ratio, 3), "times", method, _WANTED_GROWTH)
    return [*figures, grown]
