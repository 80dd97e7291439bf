"""python -m bench.mllp: a load of HL7 v2 over MLLP, in a process of its own.

Each connection sends its next message when the last is answered, as senders do; with --rate all
together send so many a second, whatever the answers take. Prints one line of JSON.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from bench.messages import N_PEOPLE, adt

_START, _END = b"\x0b", b"\x1c\r"


@dataclass(slots=True)
class Sending:
    """What was sent: when it began and ended, and when each message was acknowledged."""

    began: float = 0.0
    ended: float = 0.0
    n_refused: int = 0
    waits_ms: list[float] = field(default_factory=list)
    acknowledged: list[tuple[int, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Order:
    """How much is sent, from which number on, by how many connections; `rate` 0 is all that goes."""

    port: int
    n: int
    first: int = 0
    connections: int = 16
    rate: float = 0.0
    mark: str = "B"
    seconds: float = 600.0
    people: int = N_PEOPLE


async def send(order: Order) -> Sending:
    """Sends and returns what was measured."""
    done = Sending(began=time.time())
    numbers = iter(range(order.first, order.first + order.n))
    until = time.monotonic() + order.seconds
    await asyncio.gather(
        *(_connection(order, numbers, done, until) for _ in range(order.connections))
    )
    done.ended = time.time()
    return done


async def _connection(order: Order, numbers: Iterator[int], done: Sending, until: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", order.port, limit=1 << 20)
    began = time.monotonic()
    for number in numbers:
        if order.rate:
            due = began + (number - order.first) / order.rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        sent = time.perf_counter()
        writer.write(_START + adt(number, mark=order.mark, n_people=order.people) + _END)
        answer = await reader.readuntil(_END)
        done.waits_ms.append((time.perf_counter() - sent) * 1000)
        if b"MSA|AA" in answer or b"MSA|CA" in answer:
            done.acknowledged.append((number, time.time()))
        else:
            done.n_refused += 1
        if time.monotonic() > until:
            break
    writer.close()


def main() -> None:
    """Sends what the options say."""
    reader = argparse.ArgumentParser(prog="python -m bench.mllp")
    reader.add_argument("--port", type=int, required=True)
    reader.add_argument("--n", type=int, required=True)
    reader.add_argument("--first", type=int, default=0)
    reader.add_argument("--connections", type=int, default=16)
    reader.add_argument("--rate", type=float, default=0.0)
    reader.add_argument("--mark", default="B")
    reader.add_argument("--seconds", type=float, default=600.0)
    reader.add_argument("--people", type=int, default=N_PEOPLE)
    done = asyncio.run(send(Order(**vars(reader.parse_args()))))
    json.dump(asdict(done), sys.stdout)


if __name__ == "__main__":
    main()
