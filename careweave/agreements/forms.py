"""How any file of a region is read and held to its form: every room that reads one uses this.

YAML without its surprises, kinds of values against which a file is checked, and notices that name
the file, the line and the remedy.
"""

from careweave.agreements._nodes import Node
from careweave.agreements._notices import Grade, Notice, Notices, near, refuse
from careweave.agreements._reference import printed
from careweave.agreements._schema import (
    MANDATORY,
    OPTIONAL,
    Either,
    Flag,
    Kind,
    ListOf,
    MapOf,
    Member,
    Number,
    Table,
    Text,
    Whole,
    Word,
    check,
)
from careweave.agreements._vocabulary import SLUG, WORDS
from careweave.agreements._yaml import Document, place, read_yaml

__all__ = [
    "MANDATORY",
    "OPTIONAL",
    "SLUG",
    "WORDS",
    "Document",
    "Either",
    "Flag",
    "Grade",
    "Kind",
    "ListOf",
    "MapOf",
    "Member",
    "Node",
    "Notice",
    "Notices",
    "Number",
    "Table",
    "Text",
    "Whole",
    "Word",
    "check",
    "near",
    "place",
    "printed",
    "read_yaml",
    "refuse",
]
