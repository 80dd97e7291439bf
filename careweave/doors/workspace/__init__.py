"""The pages of professionals: find a person, see what the role needs, act on it."""

from careweave.doors.workspace._app import application
from careweave.doors.workspace._parts import Parts

__all__ = ["Parts", "application"]
