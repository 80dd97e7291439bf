"""The published examples of NHS England, as the bytes that a system would send."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from careweave.sources import Input

DATA = Path(__file__).parents[3] / "shared" / "data"
FOLDERS = {"gp-connect-stu3": Input.FHIR_STU3, "nhs-messages": Input.FHIR_R4}
_PAIR_OUTPUT = "Example-Output-"


@dataclass(frozen=True, slots=True)
class Published:
    """One file: its path below the data, what a sender would send, and in which release."""

    path: str
    body: bytes
    release: Input


def published() -> Iterator[Published]:
    """Gives every file of the two folders, in order."""
    for folder, release in FOLDERS.items():
        for path in sorted((DATA / folder).rglob("*")):
            if path.is_file() and path.name != "README.md":
                is_output = path.name.startswith(_PAIR_OUTPUT)
                own = Input.FHIR_R4 if is_output else release
                yield Published(str(path.relative_to(DATA)), _sent(path), own)


def _sent(path: Path) -> bytes:
    """Returns the bytes of a file; examples of an OpenAPI page are the value that they wrap."""
    body = path.read_bytes()
    if path.suffix not in {".yaml", ".yml"}:
        return body
    tree = yaml.safe_load(body)
    wrapped = tree if "value" in tree else next(iter(tree.values()))
    return json.dumps(wrapped["value"], default=str).encode()
