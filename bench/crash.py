"""Kills the server and PostgreSQL while clients write, then counts what is lost or doubled."""

import asyncio
import json
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from bench.figures import Figure
from bench.load import Ask, Client, Target
from bench.people import observation, patient
from bench.product import Product, product

_SYSTEM = "urn:careweave:bench:crash"
_CLIENTS = 4


@dataclass(slots=True)
class _Story:
    """What the clients know: values acknowledged, and for how long nobody was answered."""

    subject: str
    stop_at: float = 0.0
    acknowledged: dict[str, str] = field(default_factory=dict)
    silences_s: list[float] = field(default_factory=list)
    answered_at: float = 0.0


def run(*, quick: bool) -> list[Figure]:
    """Returns how many acknowledged writes were lost, how many doubled, how long it was silent."""
    rounds = 4 if quick else 20
    with product() as running:
        target = running.target()
        story = _Story(asyncio.run(_subject(target)))
        asyncio.run(_all(running, target, story, rounds))
        lost, doubled = asyncio.run(_judged(target, story))
    method = (
        f"{rounds} rounds of SIGKILL, server and PostgreSQL in turn, under {_CLIENTS} clients; "
        f"{len(story.acknowledged)} writes acknowledged, each then searched for"
    )
    silence_s = max(story.silences_s, default=0.0)
    return [
        Figure("acknowledged_lost", lost, "writes", method, 0),
        Figure("written_twice", doubled, "writes", method, 0),
        Figure("longest_silence_s", round(silence_s, 2), "s", method),
    ]


async def _subject(target: Target) -> str:
    client = Client(target.base, target.token)
    body = json.dumps(patient(random.Random("crash"))).encode()
    _, answer = await client.ask(Ask("POST", "/Patient", body))
    client.close()
    return f"Patient/{json.loads(answer)['id']}"


async def _all(running: Product, target: Target, story: _Story, rounds: int) -> None:
    story.answered_at = time.monotonic()
    story.stop_at = float("inf")
    writers = [asyncio.create_task(_writer(target, story, number)) for number in range(_CLIENTS)]
    for number in range(rounds):
        await asyncio.sleep(2.0)
        pid = running.pid("serve" if number % 2 else "postgres")
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        killed_at = time.monotonic()
        while story.answered_at <= killed_at:
            await asyncio.sleep(0.05)
        story.silences_s.append(story.answered_at - killed_at)
    story.stop_at = 0.0
    await asyncio.gather(*writers)


def _values(rng: random.Random, subject: str, number: int) -> Iterator[tuple[str, bytes]]:
    turn = 0
    while True:
        turn += 1
        value = f"{number}-{turn}"
        made = {**observation(rng, subject), "identifier": [{"system": _SYSTEM, "value": value}]}
        yield value, json.dumps(made).encode()


async def _writer(target: Target, story: _Story, number: int) -> None:
    rng = random.Random(f"crash/{number}")
    for value, body in _values(rng, story.subject, number):
        # The same key until it is acknowledged: a repetition must not write twice.
        ask = Ask("POST", "/Observation", body, key=f"crash-{value}")
        while not await _acknowledged(target, story, ask, value):
            await asyncio.sleep(0.05)
        if time.monotonic() > story.stop_at:
            return


async def _acknowledged(target: Target, story: _Story, ask: Ask, value: str) -> bool:
    client = Client(target.base, target.token)
    try:
        status, _ = await asyncio.wait_for(client.ask(ask), 15)
    except (OSError, EOFError, TimeoutError, ValueError):
        return False
    finally:
        client.close()
    if status in {200, 201}:
        story.acknowledged[value] = "yes"
        story.answered_at = time.monotonic()
    return status in {200, 201}


async def _judged(target: Target, story: _Story) -> tuple[int, int]:
    lost = doubled = 0
    client = Client(target.base, target.token)
    for value in story.acknowledged:
        path = f"/Observation?identifier={_SYSTEM}%7C{value}&_summary=count"
        _, answer = await client.ask(Ask("GET", path))
        total = json.loads(answer)["total"]
        lost += total == 0
        doubled += total > 1
    client.close()
    return lost, doubled
