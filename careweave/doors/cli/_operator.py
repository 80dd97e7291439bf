"""Who sits at the command line, as the ledger will know them."""

import getpass
import os
from uuid import uuid4

from careweave.doors.cli._desk import Desk
from careweave.intake import Operator

_DOOR = "cli"


def operator(desk: Desk) -> Operator:
    """Returns the person whose account of the machine runs this command."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        # An account without a name has a number.
        name = f"user-{os.getuid()}"
    return Operator(name, "platform", _DOOR, str(uuid4()), desk.around.clock())
