"""The way in: every write is checked, classified, labelled, appended and accounted here."""

from careweave.intake._classify import classify
from careweave.intake._facts import Classification, Context, Parent, SourceSettings
from careweave.intake._labels import inherit
from careweave.intake._rules import Rules, load_rules

__all__ = [
    "Classification",
    "Context",
    "Parent",
    "Rules",
    "SourceSettings",
    "classify",
    "inherit",
    "load_rules",
]
