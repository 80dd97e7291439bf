"""The way in: every write is checked, classified, labelled, appended and accounted here."""

from careweave.intake._classify import classify
from careweave.intake._facts import Classification, Context, Parent, SourceSettings
from careweave.intake._import import Imported, ImportOrder, Progress, run_import
from careweave.intake._labels import inherit
from careweave.intake._maintenance import erase, expire_receipts, find_faults, keep_statistics
from careweave.intake._opening import open_source
from careweave.intake._requests import (
    Condition,
    Interaction,
    Outcome,
    Reads,
    WriteRequest,
    Writing,
    Written,
)
from careweave.intake._rules import Rules, load_rules
from careweave.intake._writer import Writer, new_public_id, plain_settings

__all__ = [
    "Classification",
    "Condition",
    "Context",
    "ImportOrder",
    "Imported",
    "Interaction",
    "Outcome",
    "Parent",
    "Progress",
    "Reads",
    "Rules",
    "SourceSettings",
    "WriteRequest",
    "Writer",
    "Writing",
    "Written",
    "classify",
    "erase",
    "expire_receipts",
    "find_faults",
    "inherit",
    "keep_statistics",
    "load_rules",
    "new_public_id",
    "open_source",
    "plain_settings",
    "run_import",
]
