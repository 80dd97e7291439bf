"""The door for systems: FHIR R4 over HTTP, by the one way in and the one way out."""

from careweave.doors.fhir._app import application
from careweave.doors.fhir._call import Limits, Parts
from careweave.doors.fhir._figures import METRICS, reference
from careweave.doors.fhir._metrics import Metrics
from careweave.doors.fhir._operate import levels
from careweave.doors.fhir._table import OPEN_ROUTES, ROUTES

__all__ = [
    "METRICS",
    "OPEN_ROUTES",
    "ROUTES",
    "Limits",
    "Metrics",
    "Parts",
    "application",
    "levels",
    "reference",
]
