"""What each legacy system sends, and how its messages become entries: descriptions, mappings, status."""

from careweave.sources._activate import activate
from careweave.sources._checks import LiveCheck, LiveOutcome, forget_live, live_checks, note_live
from careweave.sources._coverage import CoverageNote, note_coverage
from careweave.sources._covered import (
    CoverageReport,
    FindingCount,
    KindCoverage,
    UnmappedCode,
    UnmappedPath,
    coverage,
)
from careweave.sources._drift import Drift, DriftKind, drift, forget_coverage
from careweave.sources._examples import mapping_of, try_examples
from careweave.sources._extract import (
    ExtractRow,
    Part,
    absent_body,
    extract_at,
    extract_rows,
    parts_of,
    row_body,
    sequence_of,
)
from careweave.sources._follow import Followed
from careweave.sources._live import (
    Answered,
    LiveClients,
    LiveQuestion,
    Silent,
    Why,
    ask_live,
)
from careweave.sources._live_claims import claim_live
from careweave.sources._live_truth import Asked, check_answer
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
from careweave.sources._status import (
    FeedNote,
    FeedState,
    FeedStatus,
    expect_feeds,
    feed_status,
    forget_feed_counts,
    note_feeds,
    start_source,
    stop_source,
    stopped_sources,
)

__all__ = [
    "Answered",
    "Asked",
    "Channel",
    "Coverage",
    "CoverageNote",
    "CoverageReport",
    "Drift",
    "DriftKind",
    "ExtractRow",
    "Failure",
    "FeedNote",
    "FeedState",
    "FeedStatus",
    "FileRules",
    "FindingCount",
    "Followed",
    "Head",
    "Input",
    "KindCoverage",
    "ListMode",
    "LiveCheck",
    "LiveClients",
    "LiveOutcome",
    "LiveQuestion",
    "Mapped",
    "Order",
    "OrderRule",
    "Origin",
    "Part",
    "Reading",
    "Reason",
    "Silent",
    "Source",
    "SourceMapping",
    "Sources",
    "Tls",
    "Transport",
    "UnmappedCode",
    "UnmappedPath",
    "Why",
    "Write",
    "absent_body",
    "activate",
    "ask_live",
    "check_answer",
    "claim_live",
    "coverage",
    "drift",
    "expect_feeds",
    "extract_at",
    "extract_rows",
    "feed_status",
    "forget_coverage",
    "forget_feed_counts",
    "forget_live",
    "live_checks",
    "load_sources",
    "mapping_of",
    "note_coverage",
    "note_feeds",
    "note_live",
    "parts_of",
    "peek",
    "read",
    "row_body",
    "sequence_of",
    "start_source",
    "stop_source",
    "stopped_sources",
    "try_examples",
]
