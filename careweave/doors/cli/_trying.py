"""What a source would make of a file, without keeping any of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from careweave.doors.cli._spans import FieldSpan, SegmentSpan, fields_of, segments_of
from careweave.formats import Hl7Message, read_hl7
from careweave.sources import (
    Channel,
    Head,
    Input,
    Mapped,
    Origin,
    Part,
    Reading,
    Source,
    peek,
    read,
)
from careweave.terms import CareweaveError, Finding, Json


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry that a message gives: its type and id, how it is written, what it says."""

    type: str
    id: str
    write: str
    heading: str | None
    labels: tuple[str, ...]
    value: dict[str, Json]
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """One message of the file, and all that would come of it.

    `outcome` is "mapped", "quarantined" or "refused"; `reason`, `where` and `suggestion` say why.
    `line` is that of a row, None for what is no row.
    """

    number: int
    line: int | None
    size: int
    mapping: str
    kind: str
    control_id: str | None
    version: str
    event_at: datetime | None
    outcome: str
    reason: str
    where: str
    suggestion: str
    segments: tuple[SegmentSpan, ...]
    findings: tuple[Finding, ...]
    entries: tuple[Entry, ...]
    unmapped: tuple[FieldSpan, ...]
    unmapped_codes: tuple[tuple[str, str, str], ...]
    n_mapped: int

    @property
    def used_share(self) -> float:
        """Returns the share of the filled fields that were used; 1 of none."""
        total = self.n_mapped + len(self.unmapped)
        return self.n_mapped / total if total else 1.0


def trials(
    source: Source, parts: Iterable[Part], *, most: int, lineage: Sequence[Origin] = ()
) -> Iterator[Trial]:
    """Yields what would come of the first messages; entries tell their origins by `lineage`."""
    for number, part in enumerate(islice(parts, most), 1):
        yield trial(source, part, number, lineage)


def trial(source: Source, part: Part, number: int = 1, lineage: Sequence[Origin] = ()) -> Trial:
    """Returns what would come of one message."""
    head = peek(source, part.body)
    turned = head.refusal or part.fault or head.quarantine
    reading = Reading() if turned else read(source, part.body, head=head)
    message = _message(source, part.body)
    outcome, reason, where, suggestion = _outcome(head, part.fault, reading)
    return Trial(
        number=number,
        line=part.line,
        size=len(part.body),
        mapping=source.mapping.name if source.mapping else "no mapping",
        kind=head.kind,
        control_id=head.control_id,
        version=head.version,
        event_at=head.event_at,
        outcome=outcome,
        reason=reason,
        where=where,
        suggestion=suggestion,
        segments=segments_of(message) if message else (),
        findings=_findings(message, turned, reading),
        entries=tuple(_entry(one, lineage) for one in reading.resources),
        unmapped=_unmapped(message, reading),
        unmapped_codes=reading.coverage.codes,
        n_mapped=len(reading.coverage.mapped),
    )


def _outcome(head: Head, fault: Finding | None, reading: Reading) -> tuple[str, str, str, str]:
    if head.refusal is not None:
        return "refused", head.refusal.code, head.refusal.where, head.refusal.about
    against = fault or head.quarantine
    if against is not None:
        return "quarantined", str(against.code), against.where, against.about
    if reading.failure is not None:
        failure = reading.failure
        return "quarantined", str(failure.reason), failure.where, failure.suggestion
    return "mapped", "", "", ""


def _message(source: Source, body: bytes) -> Hl7Message | None:
    is_hl7 = source.transport.kind is Channel.MLLP
    if source.mapping is not None:
        is_hl7 = source.mapping.input is Input.HL7V2
    if not is_hl7:
        return None
    try:
        return read_hl7(body, charset=source.charset, version=source.version)
    except CareweaveError:
        # What is wrong with it is told by the look at its head.
        return None


def _findings(
    message: Hl7Message | None, turned: Finding | None, reading: Reading
) -> tuple[Finding, ...]:
    own = list(message.findings) if message else []
    told = [*([turned] if turned else []), *own, *reading.findings]
    return tuple(dict.fromkeys(told))


def _entry(mapped: Mapped, lineage: Sequence[Origin]) -> Entry:
    return Entry(
        type=mapped.type,
        id=mapped.id,
        write=str(mapped.write),
        heading=None if mapped.heading is None else str(mapped.heading),
        labels=tuple(sorted(map(str, mapped.labels))),
        value=mapped.value,
        origins=tuple(one for one in lineage if one.type == mapped.type),
    )


def _unmapped(message: Hl7Message | None, reading: Reading) -> tuple[FieldSpan, ...]:
    pairs = reading.coverage.unmapped
    if message is None:
        return tuple(FieldSpan(path, value) for path, value in pairs)
    return fields_of(message, pairs)
