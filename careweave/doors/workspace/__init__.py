"""The pages of professionals: find a person, see what the role needs, act on it."""

from careweave.doors.workspace._app import application
from careweave.doors.workspace._forms import faults_of_forms
from careweave.doors.workspace._parts import Parts

__all__ = ["Parts", "application", "faults_of_forms"]
