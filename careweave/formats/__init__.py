"""FHIR R4 as bytes and as values: reading, writing, checking, patching and measuring them. Pure."""

from careweave.formats._numbers import number_range
from careweave.formats._temporal import date_range, temporal_range
from careweave.formats._ucum import canonical_quantity

__all__ = [
    "canonical_quantity",
    "date_range",
    "number_range",
    "temporal_range",
]
