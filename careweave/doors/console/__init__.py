"""The pages of those who answer for the service: first the privacy officer's queue."""

from careweave.doors.console._app import application
from careweave.doors.console._parts import Parts

__all__ = ["Parts", "application"]
