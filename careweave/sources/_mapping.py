"""A mapping, compiled for one source."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from careweave.sources._reading import Head, Reading


class Input(StrEnum):
    """What a mapping reads."""

    HL7V2 = "hl7v2"
    CSV = "csv"
    JSON = "json"
    FHIR_STU3 = "fhir-stu3"
    FHIR_R4 = "fhir-r4"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one element of an entry comes from.

    `element` is its path in the resource ("name.family"), `path` the place in what came in
    ("PID-5.1"), "" for a constant; `chain` are the operators between, the outermost first.
    """

    type: str
    element: str
    path: str
    chain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """One version of one mapping, compiled for one source.

    `body` are the bytes of the files it was made of, `digest` their SHA-256 in hex; `risks` are the
    sentences that a reviewer must read: labels taken away, expressions of another language.
    """

    id: str
    version: int
    input: Input
    accept: frozenset[str]
    digest: str
    body: bytes = field(repr=False)
    read: Callable[[bytes, Head], Reading] = field(repr=False)
    peek: Callable[[bytes], Head] = field(repr=False)
    trace: Callable[[], tuple[Origin, ...]] = field(repr=False, default=tuple)
    risks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Returns the id and the version: "uk-adt@4"."""
        return f"{self.id}@{self.version}"

    @property
    def lineage(self) -> tuple[Origin, ...]:
        """Returns where each element of each entry comes from, worked out anew at each call."""
        return self.trace()
