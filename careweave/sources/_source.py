"""The description of one legacy system."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from careweave.sources._mapping import SourceMapping
from careweave.terms import Heading, Json, Label, NotFound


class Channel(StrEnum):
    """How a system reaches us."""

    MLLP = "mllp"
    FOLDER = "folder"
    MESH = "mesh"
    FHIR = "fhir"


class OrderRule(StrEnum):
    """What the messages behind a failed one do."""

    HOLD = "hold"
    SKIP = "skip"
    HOLD_FOR = "hold-for"


@dataclass(frozen=True, slots=True)
class Order:
    """What the messages behind a failed one do; `wait` is set for `hold-for` alone."""

    rule: OrderRule = OrderRule.HOLD
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Tls:
    """The files of a listener with TLS; `clients` are the authorities of client certificates."""

    certificate: str
    key: str
    clients: str | None = None


@dataclass(frozen=True, slots=True)
class Transport:
    """How the messages of a source come in. What a kind has no use for is empty.

    `ack` is "stored" or "applied"; `on_unavailable` is "close" or "AE"; `processing` are the values
    of MSH-11 that are accepted. `pattern` is that of the names of files.
    """

    kind: Channel
    port: int | None = None
    peers: tuple[str, ...] = ()
    tls: Tls | None = None
    ack: str = "stored"
    on_unavailable: str = "close"
    processing: frozenset[str] = frozenset({"P"})
    pattern: str = "*"
    mailbox: str = ""
    workflow: str = ""


@dataclass(frozen=True, slots=True)
class FileRules:
    """How an extract is read and compared with the one before. Source: reference/interop.md 8.

    `absence` is "keep", "end", or "end-after-N" as the number of snapshots in `end_after`.
    `row_key` and `order_by` are names of columns; so are `numbers`, whose decimal sign is `decimal`,
    and `dates`, which may be day numbers of a spreadsheet. `sequence` is a pattern for the name of
    the file, with a group `n`. `is_zip` says that the files come in archives.
    """

    encoding: tuple[str, ...] = ("utf-8-sig", "cp1252")
    delimiter: str = ","
    quote: str = '"'
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    null: frozenset[str] = frozenset()
    is_snapshot: bool = False
    row_key: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    end_after: int | None = None
    max_drop_percent: float = 10.0
    footer_count: str = ""
    decimal: str = "."
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    excel_serial: bool = False
    is_zip: bool = False
    sequence: str = ""
    identifiers: Mapping[str, int] = field(default_factory=dict)
    sheet: str = ""
    records: str = ""


class TrustedNumbers(StrEnum):
    """Which national numbers of a source count as verified: all, those it says are, or none."""

    VERIFIED = "verified"
    STATED = "stated"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Telling:
    """How a source tells who is who, as its region declares it.

    `deduplicates`: two live records of it are two people. `links`: its records may be linked to
    persons; without, each stays alone. `rank`: what the source with the lowest says is shown first.
    `names_persons`: it is a door of ours, which names the person itself.
    Source: reference/identity.md 5, 7, 15.
    """

    numbers: TrustedNumbers = TrustedNumbers.STATED
    deduplicates: bool = False
    links: bool = True
    rank: int = 0
    names_persons: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """One legacy system of one organisation, as its file in `region/sources/` describes it.

    `rhythm` is the longest usual time between two messages, None where there is none. `sender` are
    the MSH-3 and MSH-4 it must write, "" for any. `mapping` is None where it sends R4.
    """

    name: str
    organisation: str
    system: str
    transport: Transport
    organisation_name: str = ""
    organisation_type: str = ""
    organisation_code: str = ""
    feed: str = ""
    authority: str = ""
    mapping: SourceMapping | None = None
    zone: str = "Europe/London"
    rhythm: timedelta | None = None
    order: Order = Order()
    is_control_id_unique: bool = True
    entitled: frozenset[str] = frozenset()
    live: frozenset[Heading] = frozenset()
    live_base: str = ""
    service: str = ""
    labels: frozenset[Label] = frozenset()
    may_tag: bool = False
    ties: frozenset[str] = frozenset()
    id_prefix: str = ""
    sender: tuple[str, str] = ("", "")
    charset: str | None = None
    version: str | None = None
    file: FileRules = FileRules()
    parameters: Mapping[str, Json] = field(default_factory=dict)
    telling: Telling = Telling()

    @property
    def processing_ids(self) -> frozenset[str]:
        """Returns the values of MSH-11 that are accepted."""
        return self.transport.processing


@dataclass(frozen=True, slots=True)
class Sources:
    """All sources of a region, in the order of their names; `digest` is that of all their files."""

    by_name: Mapping[str, Source]
    digest: str = ""

    def __iter__(self) -> Iterator[Source]:
        """Gives the sources in the order of their names."""
        return iter(self.by_name.values())

    @property
    def names(self) -> tuple[str, ...]:
        """Returns the names of the sources, sorted."""
        return tuple(self.by_name)

    def named(self, name: str) -> Source:
        """Returns the source of this name, or raises NotFound."""
        found = self.by_name.get(name)
        if found is None:
            raise NotFound("There is no source of that name; `careweave source list` names them.")
        return found

    def of_client(self, organisation: str, system: str) -> Source | None:
        """Returns the FHIR source of this system of this organisation, None where there is none."""
        for source in self:
            if (source.organisation, source.system) == (organisation, system):
                return source
        return None
