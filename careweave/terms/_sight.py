"""Who asks, why, and what they may see."""

from dataclasses import dataclass
from enum import StrEnum

from careweave.terms._words import Heading, Label, SourceId


class Purpose(StrEnum):
    """Why somebody looks. Source: HL7 v3 ActReason, the codes used by `reference/agreements.md`."""

    DIRECT_CARE = "TREAT"
    PATIENT_ADMINISTRATION = "PATADMIN"
    OPERATIONS = "HOPERAT"
    EMERGENCY = "ETREAT"


@dataclass(frozen=True, slots=True)
class Actor:
    """A system client or person that asks or writes, on behalf of one organisation.

    `source` is the source that its writes belong to; `scopes` are SMART v2 scopes of its token.
    """

    name: str
    organisation: str
    source: SourceId
    authority: str
    purpose: Purpose
    scopes: frozenset[str]
    id_prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """One way in which entries may be seen: these sources, these headings, none of these labels.

    `headings` may hold None, which stands for reference data and machinery (no heading).
    """

    sources: frozenset[SourceId]
    headings: frozenset[Heading | None]
    barred: frozenset[Label] = frozenset()


@dataclass(frozen=True, slots=True)
class Sight:
    """What one caller may see, for one purpose, under one version of the configuration.

    There is no value that means everything: an empty sight sees nothing.
    """

    branches: tuple[Branch, ...]
    version: int
