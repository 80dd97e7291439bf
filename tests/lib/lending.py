"""The server of a run of tests, lent to the runs that one of its tests starts."""

import os
from pathlib import Path

from careweave.db import Embedded

TEMPLATE = "template_careweave"
"""The migrated database of a server that others are copied from."""

_HOME = "CAREWEAVE_LENT_SERVER"


def lent() -> Embedded | None:
    """Returns the server that was lent to this run; None when it starts its own."""
    home = os.environ.get(_HOME)
    return Embedded.start(Path(home), is_durable=False) if home else None


def lending(server: Embedded) -> dict[str, str]:
    """Returns what is put in the environment of a run that is to use this server."""
    return {_HOME: str(server.data.parents[1])}
