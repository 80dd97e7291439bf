"""Files of several HL7 v2 messages, with or without batch headers around them."""

import re
from dataclasses import dataclass, field

from careweave.formats._hl7_limits import HL7_LIMITS, Hl7Limits
from careweave.terms import Finding, Severity, TooLong

_MARK = re.compile(
    rb"(?:\A(?:\xef\xbb\xbf)?|(?<=[\r\n\x0b]))[ \t\x0b]*(MSH|FHS|BHS|BTS|FTS)([^A-Za-z0-9\s]|(?=[\r\n]|\Z))"
)
_MOST = 100_000


def split_hl7_batch(
    data: bytes, *, limits: Hl7Limits = HL7_LIMITS
) -> tuple[tuple[bytes, ...], tuple[Finding, ...]]:
    """Returns each message of the file byte for byte, and what is wrong with the file as a whole.

    An error among the findings (`batch-count`, `batch-order`, `batch-empty`) means that the file is
    held. A file of messages without any batch header is fine, and so is a single message. Raises
    TooLong for more than 100,000 messages. Source: HL7 v2.5.1, 2.10.3.
    """
    batch = _Batch(data, limits)
    marks = list(_MARK.finditer(data))
    for number, found in enumerate(marks):
        end = marks[number + 1].start() if number + 1 < len(marks) else len(data)
        batch.take(found[1].decode(), found.start(1), end)
    return batch.finished()


@dataclass(slots=True)
class _Batch:
    """What was found so far: messages, how many there are in the open batch and file."""

    data: bytes
    limits: Hl7Limits
    messages: list[bytes] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    n_before: int = 0
    n_batches: int = 0
    open_: list[str] = field(default_factory=list)

    def take(self, name: str, start: int, end: int) -> None:
        """Takes one marked line and what follows it."""
        if name == "MSH":
            if len(self.messages) >= _MOST:
                raise TooLong(f"A file has at most {_MOST} messages.", where="MSH")
            self.messages.append(self.data[start:end])
        elif name in {"FHS", "BHS"}:
            self._begin(name, start)
        else:
            self._end(name, start)

    def finished(self) -> tuple[tuple[bytes, ...], tuple[Finding, ...]]:
        """Returns what was found, when the file is at its end."""
        for name in self.open_:
            self._fault("batch-order", name, "its end is absent", len(self.data))
        if not self.messages:
            self._fault("batch-empty", "MSH", "there is no message", 0)
        return tuple(self.messages), tuple(self.findings)

    def _begin(self, name: str, at: int) -> None:
        if name in self.open_ or (name == "FHS" and self.open_):
            self._fault("batch-order", name, "it begins inside another", at)
        self.open_.append(name)
        if name == "BHS":
            self.n_before = len(self.messages)
        else:
            self.n_batches = 0

    def _end(self, name: str, at: int) -> None:
        begun = "BHS" if name == "BTS" else "FHS"
        if begun not in self.open_:
            self._fault("batch-order", name, "its beginning is absent", at)
        else:
            self.open_ = self.open_[: self.open_.index(begun)]
        n_found = len(self.messages) - self.n_before if name == "BTS" else self.n_batches
        if name == "BTS":
            self.n_batches += 1
        said = self._count(at)
        if said is not None and said != n_found:
            about = f"{name}-1 differs from the {n_found} that are there"
            self._fault("batch-count", f"{name}-1", about, at)

    def _count(self, at: int) -> int | None:
        line = re.split(rb"[\r\n]", self.data[at : at + 256], maxsplit=1)[0]
        fields = line.split(line[3:4]) if len(line) > 3 else [line]
        said = fields[1].strip() if len(fields) > 1 else b""
        return int(said) if said.isdigit() and len(said) < 10 else None

    def _fault(self, code: str, where: str, about: str, at: int) -> None:
        if len(self.findings) < 100:
            self.findings.append(Finding(code, Severity.ERROR, where, about, at))
