"""FHIR R4 as bytes and as values: reading, writing, checking, patching and measuring them. Pure."""

from careweave.formats._bundle import Bundle, BundleEntry, read_bundle
from careweave.formats._check import check
from careweave.formats._csv import CsvFault, CsvRow, CsvTable, read_csv
from careweave.formats._csv_settings import CSV_LIMITS, CsvLimits, CsvSettings, IdentifierRule
from careweave.formats._limits import BUNDLE_LIMITS, LIMITS, Limits
from careweave.formats._links import references, relink, relinked
from careweave.formats._numbers import number_range
from careweave.formats._patch_fhirpath import fhirpath_patch
from careweave.formats._patch_json import json_patch
from careweave.formats._patch_merge import merge_patch
from careweave.formats._read import read_json, read_value
from careweave.formats._render import bundle_bytes, entry_bytes, outcome
from careweave.formats._resource import Coding, Resource, instant, meta_fragment, splice
from careweave.formats._subset import subset
from careweave.formats._table import Element, Member, elements, is_type, known_types, members
from careweave.formats._temporal import date_range, temporal_range
from careweave.formats._ucum import canonical_quantity
from careweave.formats._write import write_json
from careweave.formats._xml_read import read_xml
from careweave.formats._xml_write import to_xml

__all__ = [
    "BUNDLE_LIMITS",
    "CSV_LIMITS",
    "LIMITS",
    "Bundle",
    "BundleEntry",
    "Coding",
    "CsvFault",
    "CsvLimits",
    "CsvRow",
    "CsvSettings",
    "CsvTable",
    "Element",
    "IdentifierRule",
    "Limits",
    "Member",
    "Resource",
    "bundle_bytes",
    "canonical_quantity",
    "check",
    "date_range",
    "elements",
    "entry_bytes",
    "fhirpath_patch",
    "instant",
    "is_type",
    "json_patch",
    "known_types",
    "members",
    "merge_patch",
    "meta_fragment",
    "number_range",
    "outcome",
    "read_bundle",
    "read_csv",
    "read_json",
    "read_value",
    "read_xml",
    "references",
    "relink",
    "relinked",
    "splice",
    "subset",
    "temporal_range",
    "to_xml",
    "write_json",
]
