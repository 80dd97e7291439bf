"""What systems send, as bytes and as values: reading, writing, checking, patching, measuring. Pure."""

from careweave.formats._bundle import Bundle, BundleEntry, read_bundle
from careweave.formats._check import check
from careweave.formats._csv import CsvFault, CsvRow, CsvTable, read_csv
from careweave.formats._csv_settings import CSV_LIMITS, CsvLimits, CsvSettings, IdentifierRule
from careweave.formats._hl7 import read_hl7
from careweave.formats._hl7_ack import AckCode, Hl7Fault, hl7_ack
from careweave.formats._hl7_batch import split_hl7_batch
from careweave.formats._hl7_header import Hl7Header, hl7_header
from careweave.formats._hl7_limits import HL7_LIMITS, Hl7Limits
from careweave.formats._hl7_message import Hl7Message
from careweave.formats._hl7_number import Hl7Number, hl7_number, hl7_structured
from careweave.formats._hl7_segment import Segment, piece_of
from careweave.formats._hl7_text import DELIMITERS, NULL, Delimiters, Null, hl7_escape, unescape
from careweave.formats._hl7_time import HL7_PLACEHOLDERS, hl7_instant, hl7_time
from careweave.formats._limits import BUNDLE_LIMITS, LIMITS, Limits
from careweave.formats._links import references, relink, relinked
from careweave.formats._numbers import number_range
from careweave.formats._patch_fhirpath import fhirpath_patch
from careweave.formats._patch_json import json_patch
from careweave.formats._patch_merge import merge_patch
from careweave.formats._read import kept_json, read_json, read_value
from careweave.formats._render import bundle_bytes, entry_bytes, outcome
from careweave.formats._resource import Coding, Resource, instant, meta_fragment, splice
from careweave.formats._stu3 import read_stu3, stu3_to_r4
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
    "DELIMITERS",
    "HL7_LIMITS",
    "HL7_PLACEHOLDERS",
    "LIMITS",
    "NULL",
    "AckCode",
    "Bundle",
    "BundleEntry",
    "Coding",
    "CsvFault",
    "CsvLimits",
    "CsvRow",
    "CsvSettings",
    "CsvTable",
    "Delimiters",
    "Element",
    "Hl7Fault",
    "Hl7Header",
    "Hl7Limits",
    "Hl7Message",
    "Hl7Number",
    "IdentifierRule",
    "Limits",
    "Member",
    "Null",
    "Resource",
    "Segment",
    "bundle_bytes",
    "canonical_quantity",
    "check",
    "date_range",
    "elements",
    "entry_bytes",
    "fhirpath_patch",
    "hl7_ack",
    "hl7_escape",
    "hl7_header",
    "hl7_instant",
    "hl7_number",
    "hl7_structured",
    "hl7_time",
    "instant",
    "is_type",
    "json_patch",
    "kept_json",
    "known_types",
    "members",
    "merge_patch",
    "meta_fragment",
    "number_range",
    "outcome",
    "piece_of",
    "read_bundle",
    "read_csv",
    "read_hl7",
    "read_json",
    "read_stu3",
    "read_value",
    "read_xml",
    "references",
    "relink",
    "relinked",
    "splice",
    "split_hl7_batch",
    "stu3_to_r4",
    "subset",
    "temporal_range",
    "to_xml",
    "unescape",
    "write_json",
]
