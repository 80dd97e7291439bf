"""What each legacy system sends, and how its messages become entries: descriptions, mappings, status."""

from careweave.sources._load import load_sources
from careweave.sources._mapping import Input, Origin, SourceMapping
from careweave.sources._read import peek, read
from careweave.sources._reading import (
    Coverage,
    Failure,
    Head,
    ListMode,
    Mapped,
    Reading,
    Reason,
    Write,
)
from careweave.sources._source import (
    Channel,
    FileRules,
    Order,
    OrderRule,
    Source,
    Sources,
    Tls,
    Transport,
)

__all__ = [
    "Channel",
    "Coverage",
    "Failure",
    "FileRules",
    "Head",
    "Input",
    "ListMode",
    "Mapped",
    "Order",
    "OrderRule",
    "Origin",
    "Reading",
    "Reason",
    "Source",
    "SourceMapping",
    "Sources",
    "Tls",
    "Transport",
    "Write",
    "load_sources",
    "peek",
    "read",
]
