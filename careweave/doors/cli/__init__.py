"""The door for operators: one command line for everything that is done beside the doors."""

from careweave.doors.cli._desk import Around, Doors
from careweave.doors.cli._main import main
from careweave.doors.cli._reference import reference
from careweave.doors.cli._serve import n_systems

__all__ = ["Around", "Doors", "main", "n_systems", "reference"]
