"""The door for systems: FHIR R4 over HTTP, by the one way in and the one way out."""

from careweave.doors.fhir._app import application
from careweave.doors.fhir._call import Limits, Parts
from careweave.doors.fhir._table import OPEN_ROUTES, ROUTES

__all__ = ["OPEN_ROUTES", "ROUTES", "Limits", "Parts", "application"]
