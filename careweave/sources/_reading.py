"""What a message was read as: the entries it gives, what was noticed, and what was left over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from careweave.terms import Finding, Heading, Json, Label


class Write(StrEnum):
    """How a resource meets what is held under its id. Source: reference/interop.md 6.1."""

    REPLACE = "replace"
    MERGE = "merge"
    SEED = "seed"
    APPEND = "append"


class ListMode(StrEnum):
    """What a list of a merged resource does to the list that is held."""

    REPLACE = "replace"
    ADD = "add"
    REMOVE = "remove"
    HISTORY = "history"


class Reason(StrEnum):
    """Why a message waits for somebody. Source: reference/interop.md 11, the closed list."""

    TRUNCATED = "truncated"
    EMPTY = "empty"
    BATCH_COUNT = "batch-count"
    SENDER_MISMATCH = "sender-mismatch"
    CONTROL_ID_REUSED = "control-id-reused"
    TYPE_NOT_MAPPED = "type-not-mapped"
    NO_KEY = "no-key"
    NO_PATIENT = "no-patient"
    IDENTIFIER_CONFLICT = "identifier-conflict"
    MANGLED_IDENTIFIER = "mangled-identifier"
    CODE_QUARANTINE = "code-quarantine"
    INVALID_RESOURCE = "invalid-resource"
    MERGE_NOT_ENTITLED = "merge-not-entitled"
    STATUS_MOVE = "status-move"
    FILE_PARKED = "file-parked"
    MAPPING_ERROR = "mapping-error"
    AGREEMENT_MISSING = "agreement-missing"
    UNKNOWN_OUTCOME = "unknown-outcome"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why nothing of a message may be stored, the place in it, and what to do."""

    reason: Reason
    where: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """One resource that a message gives; `value` is R4 JSON with its type and without an id.

    `id` is the public keyed id. `lists` says for elements of `value` how they meet the list that is
    held; an element that is not named is replaced. `nulls` are paths of elements to take away
    ("name", "period.end"). `forces_status` says that the status counts whatever the table of moves
    allows. `snapshot` is the key of the list that the entry belongs to, None for none.
    """

    type: str
    id: str
    value: dict[str, Json]
    write: Write = Write.REPLACE
    lists: Mapping[str, ListMode] = field(default_factory=dict)
    nulls: tuple[str, ...] = ()
    forces_status: bool = False
    heading: Heading | None = None
    labels: frozenset[Label] = frozenset()
    clears: frozenset[Label] = frozenset()
    snapshot: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which filled fields of a message were used, and which were left over.

    `mapped` are the paths of fields that had a value and were used, once each ("PID-5",
    "row.Surname"). `unmapped` are pairs of path and value, in the order of the message. `codes` are
    the codes without a target: name of the table, code, display.
    Source: reference/interop.md 7.
    """

    mapped: frozenset[str] = frozenset()
    unmapped: tuple[tuple[str, str], ...] = ()
    codes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a message says. Where `failure` is set, nothing of it is to be stored.

    `snapshots` are the lists that this message gives whole: their key, and the ids that are on them.
    """

    resources: tuple[Mapped, ...] = ()
    findings: tuple[Finding, ...] = ()
    coverage: Coverage = Coverage()
    failure: Failure | None = None
    snapshots: tuple[tuple[str, frozenset[str]], ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a message before it is mapped.

    `kind` is "ADT^A01", "csv-row", "json" or the type of a resource. `event_at` and `sent_at` are
    aware and in UTC, None where the message does not say. `lanes` are the lines that it waits in,
    never empty. `patients` are the identifiers it names, "system|value". `refusal` says that the
    sender is told no and nothing is kept; `quarantine`, that it is kept and somebody must look.
    """

    control_id: str | None = None
    kind: str = ""
    version: str = ""
    charset: str = ""
    event_at: datetime | None = None
    sent_at: datetime | None = None
    lanes: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()
    processing_id: str = ""
    refusal: Finding | None = None
    quarantine: Finding | None = None
