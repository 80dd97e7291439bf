"""The golden UK messages: read by the ready mappings, and written down again by one command.

python -m tests.lib.golden writes the expected results anew; read the difference line by line.
"""

import json
import sys
import tempfile
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from careweave.sources import Mapped, Reading, Sources, load_sources, peek, read

GOLDEN = Path(__file__).resolve().parents[1] / "sources" / "golden"
SECRET = b"careweave-demo-key"
SOURCE = """careweave: source/1
name: {name}
organisation: stbeda
system: {name}
feed: {name}
transport: {{kind: folder, pattern: '*.hl7'}}
mapping: {name}
time_zone: Europe/London
entitled: [merge, move]
"""


def messages() -> list[Path]:
    """Returns the files of all golden messages, in order."""
    return sorted(GOLDEN.glob("*/*.hl7"))


def body_of(path: Path) -> bytes:
    """Returns a golden message as it is sent: the file has lines, the wire has CR."""
    return path.read_bytes().replace(b"\n", b"\r")


@cache
def sources() -> Sources:
    """Returns one source for each mapping that has golden messages."""
    with tempfile.TemporaryDirectory() as place:
        region = Path(place)
        (region / "sources").mkdir()
        (region / "organisations.yaml").write_text(
            "organisations:\n  - {id: stbeda, name: St Beda, kind: acute, code: RZZ01}\n"
        )
        for name in sorted({path.parent.name for path in messages()}):
            (region / "sources" / f"{name}.yaml").write_text(SOURCE.format(name=name))
        return load_sources(region, secret=SECRET)


def reading_of(path: Path) -> Reading:
    """Returns what the mapping that the folder names makes of a message."""
    body = body_of(path)
    source = sources().named(path.parent.name)
    return read(source, body, head=peek(source, body))


def _entry(one: Mapped) -> dict[str, Any]:
    told: dict[str, Any] = {"type": one.type, "id": one.id, "write": str(one.write)}
    if one.lists:
        told["lists"] = {name: str(mode) for name, mode in sorted(one.lists.items())}
    if one.nulls:
        told["nulls"] = sorted(one.nulls)
    if one.forces_status:
        told["forces_status"] = True
    if one.labels:
        told["labels"] = sorted(one.labels)
    return {**told, "value": one.value}


def told(reading: Reading) -> dict[str, Any]:
    """Returns a reading as JSON: findings, what was not mapped, and the entries."""
    return {
        "failure": str(reading.failure.reason) if reading.failure else None,
        "findings": sorted({f"{one.code} {one.where} {one.about}" for one in reading.findings}),
        "unmapped": sorted({path for path, _ in reading.coverage.unmapped}),
        "entries": [_entry(one) for one in reading.resources],
    }


def text_of(reading: Reading) -> str:
    """Returns the expected result as it lies in its file."""
    return json.dumps(told(reading), indent=1, ensure_ascii=False, default=_digits) + "\n"


def _digits(value: Decimal) -> str:
    """Returns a number with its digits, marked so that no text looks like it."""
    return f"#{value}"


def main() -> int:
    """Writes all expected results anew, and says how many changed."""
    n_changed = 0
    for path in messages():
        text, expected = text_of(reading_of(path)), path.with_suffix(".json")
        if not expected.exists() or expected.read_text() != text:
            expected.write_text(text)
            n_changed += 1
    print(f"{n_changed} of {len(messages())} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
