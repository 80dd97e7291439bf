"""HL7 v2 messages through a compiled mapping."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from careweave.formats import (
    Hl7Header,
    Hl7Message,
    Null,
    hl7_instant,
    read_hl7,
)
from careweave.sources._groups import grouped
from careweave.sources._hl7_paths import all_of, item_piece, items_getter, picker
from careweave.sources._plan import (
    Plan,
    instant_of,
    named,
    not_entitled,
    produce,
    reading,
    refused_kind,
    with_patient,
)
from careweave.sources._reading import Coverage, Failure, Head, Reading, Reason
from careweave.sources._scope import Item, Line, Run, Scope
from careweave.terms import Finding, Incorrect, Severity, TooLong

# Source: HL7 v2.5.1: the segments whose first field counts the repetitions of the segment.
_COUNTED = frozenset(
    {"PID", "NK1", "PV1", "AL1", "IAM", "DG1", "PR1", "OBR", "OBX", "NTE", "IN1", "GT1", "SPM"}
    | {"RGS", "AIS", "AIG", "AIL", "AIP", "TXA", "TQ1", "ROL", "CTD", "FT1", "DB1"}
)
_REASONS = frozenset(reason.value for reason in Reason)
_SEPARATORS = 0b111
"""The name of MSH and its first two fields, which say how the message is written."""
_NHS = frozenset({"NH", "NHS", "NHSNBR"})
_EMPTY = re.compile(r"[\^~&\s]*").fullmatch


class Hl7Reader:
    """Reads the HL7 v2 messages of one source by one mapping."""

    def __init__(self, plan: Plan) -> None:
        """Takes the compiled mapping."""
        self._plan = plan
        self._zone = plan.place.zone
        self._drops = {name: _mask(fields) for name, fields in plan.drops.items()}
        self._former = _former()
        self._names = frozenset({"PID", "MRG", "EVN", "MSH", *plan.segments})

    def peek(self, body: bytes) -> Head:
        """Returns what is known of a message before it is mapped."""
        plan = self._plan
        unknown = (f"{plan.place.name}:*unknown*",)
        try:
            message = self._message(body)
        except TooLong as error:
            return Head(
                lanes=unknown, refusal=Finding("too-long", Severity.ERROR, error.where or "")
            )
        except Incorrect:
            return Head(lanes=unknown, quarantine=Finding("empty", Severity.ERROR, "MSH"))
        head = self._head(message.header, message)
        root = _scope(Run(head), message, self._names)
        pids = root.all.get("PID", [])
        scopes = [root.at(line) for line in pids] if len(pids) > 1 else [root]
        numbers = [
            number for line in root.all.get("MRG", []) if (number := self._number(root, line))
        ]
        return with_patient(plan, head, named(plan, scopes, numbers))

    def read(self, body: bytes, head: Head) -> Reading:
        """Returns all that a message says."""
        plan = self._plan
        try:
            message = self._message(body)
        except TooLong:
            return Reading(failure=Failure(Reason.MAPPING_ERROR, "", "The message is too large."))
        except Incorrect:
            return Reading(failure=Failure(Reason.EMPTY, "MSH", "Ask the sender for the message."))
        failure = _unfit(message) or not_entitled(plan, head.kind)
        refused = refused_kind(plan, head.kind)
        if refused is not None:
            suggestion = "Add the kind to `accept` of the mapping, or refuse the message."
            failure = failure or Failure(Reason.TYPE_NOT_MAPPED, "MSH-9", suggestion)
        if failure is not None:
            return Reading(findings=tuple(message.findings), failure=failure)
        return self._mapped(message, body, head)

    def _mapped(self, message: Hl7Message, body: bytes, head: Head) -> Reading:
        plan = self._plan
        run = Run(head)
        run.findings += message.findings
        root = _scope(run, message)
        if plan.kinds:
            grouped(root, run.lines, plan.kinds)
        run.has_nulls = b'""' in body
        out = produce(plan, root)
        return reading(out, run, self._coverage(run))

    def _message(self, body: bytes) -> Hl7Message:
        place = self._plan.place
        return read_hl7(body, charset=place.charset, version=place.version)

    def _head(self, header: Hl7Header, message: Hl7Message) -> Head:
        plan = self._plan
        kind = header.kind
        sent_at = hl7_instant(header.sent_at, self._zone) if header.sent_at else None
        return Head(
            control_id=header.control_id or None,
            kind=kind,
            version=header.version,
            charset=header.charset,
            event_at=self._event_at(message) or sent_at,
            sent_at=sent_at,
            processing_id=header.processing_id,
            refusal=_refusal(plan, header),
            quarantine=_cut_off(message) or _mismatch(plan, header) or refused_kind(plan, kind),
        )

    def _event_at(self, message: Hl7Message) -> datetime | None:
        # Source: reference/interop.md 4: the time of the event, else that of its recording.
        own = self._plan.event_at
        if own is not None:
            return instant_of(own(_scope(Run(Head()), message)), self._zone)
        for path in ("EVN-6", "EVN-2"):
            text = message.get(path)
            at = hl7_instant(text, self._zone) if isinstance(text, str) else None
            if at is not None:
                return at
        return None

    def _number(self, root: Scope, line: Line) -> str:
        inside = root.at(line)
        for items in self._former:
            found = items(inside)
            if not isinstance(found, Null) and found:
                number = item_piece(found[0], 1, 1)
                if isinstance(number, str):
                    return number
        return ""

    def _coverage(self, run: Run) -> Coverage:
        mapped: set[str] = set()
        unmapped: list[tuple[str, str]] = []
        drops = self._drops
        for line in run.lines:
            name = line.name
            skipped = drops.get(name, 0)
            if skipped < 0:
                continue
            skipped |= _SEPARATORS if name == "MSH" else 3 if name in _COUNTED else 1
            filled = (line.filled if line.filled >= 0 else line.fill()) & ~skipped
            mapped.update(_paths(name, filled & line.used))
            rest = filled & ~line.used
            if rest:
                unmapped += _left(line, rest)
        return Coverage(frozenset(mapped), tuple(unmapped), tuple(run.codes))


def _former() -> tuple[Callable[[Scope], list[Item] | Null], ...]:
    """Returns what finds the number that was merged away: one of the sender's own kind."""
    own = [picker(5, frozenset({"PI", "MR"}), is_one_of=True)]
    others = [picker(5, _NHS, is_one_of=False), picker(4, _NHS, is_one_of=False)]
    return tuple(items_getter("MRG", 1, 1, all_of(picks), is_used=False) for picks in (own, others))


def _scope(run: Run, message: Hl7Message, names: frozenset[str] | None = None) -> Scope:
    """Returns the whole message as a place; with names, only the segments that are called so."""
    every: dict[str, list[Line]] = {}
    said = message.delimiters
    signs = (said.component, said.sub, said.repetition, said.escape, said)
    for segment in message.segments:
        if names is not None and segment.name not in names:
            continue
        raw = segment.raw
        is_plain = not (said.escape in raw or said.sub in raw or '""' in raw)
        line = Line(segment.name, segment.index, segment.fields, signs, is_plain=is_plain)
        run.lines.append(line)
        held = every.get(line.name)
        if held is None:
            every[line.name] = [line]
        else:
            held.append(line)
    return Scope(run, {name: held[0] for name, held in every.items()}, every)


def _refusal(plan: Plan, header: Hl7Header) -> Finding | None:
    """Returns why the sender is told no. Source: reference/interop.md 3.1."""
    allowed = plan.place.processing
    if not header.processing_id or not allowed or header.processing_id in allowed:
        return None
    return Finding("processing-id", Severity.ERROR, "MSH-11")


def _mismatch(plan: Plan, header: Hl7Header) -> Finding | None:
    """Returns the finding for a sender that the source is not. Source: interop.md 3."""
    sign = header.delimiters.component
    said = (
        header.sending_app.split(sign)[0].strip(),
        header.sending_facility.split(sign)[0].strip(),
    )
    for where, wanted, found in zip(("MSH-3", "MSH-4"), plan.place.sender, said, strict=True):
        if wanted and wanted != found:
            return Finding("sender-mismatch", Severity.ERROR, where)
    return None


def _cut_off(message: Hl7Message) -> Finding | None:
    """Returns why a message is not to be mapped: what is cut off says less than was meant."""
    worst = next((one for one in message.findings if one.severity is Severity.ERROR), None)
    if worst is None or worst.code in _REASONS:
        return worst
    # Zero bytes, several messages in one: no mapping can mend that, its sender sends it again.
    return replace(worst, code=Reason.TRUNCATED, about=worst.code)


def _unfit(message: Hl7Message) -> Failure | None:
    worst = _cut_off(message)
    if worst is None:
        return None
    return Failure(Reason(worst.code), worst.where, "Ask the sender for the whole message.")


def _left(line: Line, rest: int) -> Iterator[tuple[str, str]]:
    for number, text in enumerate(line.fields):
        if rest >> number & 1 and not _EMPTY(text):
            yield f"{line.name}-{number}", text


def _mask(fields: frozenset[str] | None) -> int:
    return -1 if fields is None else sum(1 << int(field) for field in fields)


@lru_cache(maxsize=4096)
def _paths(name: str, mask: int) -> tuple[str, ...]:
    # The messages of a system fill the same fields again and again.
    return tuple(f"{name}-{number}" for number in range(mask.bit_length()) if mask >> number & 1)
