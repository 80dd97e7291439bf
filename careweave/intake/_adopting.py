"""What a region says of identity: read from its file and put in force.

Source: docs/decisions/0026.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import cast

from careweave import identity
from careweave.db import Session
from careweave.intake._nodes import read_file
from careweave.terms import Json

_FILE = "identity.yaml"
_KIND = "identity/1"
_ASIDE = frozenset({"careweave", "about"})


def identity_rules(region: Path) -> Mapping[str, Json]:
    """Returns what a region sets of identity, checked; nothing where it has no such file.

    Raises Incorrect when the file is wrong.
    """
    file = region / _FILE
    if not file.is_file():
        return {}
    # YAML of texts, numbers, lists and objects: a value of JSON.
    said = cast("Mapping[str, Json]", read_file(file, _KIND))
    found = {name: value for name, value in said.items() if name not in _ASIDE}
    identity.rules_of(found)
    return found


def adopt_identity(session: Session, region: Path, *, at: datetime) -> None:
    """Puts in force what a region says of identity; this process asks for it anew."""
    identity.keep_rules(session, identity_rules(region), at=at)
