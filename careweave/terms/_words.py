"""Ids, headings and labels."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType
from uuid import UUID

SourceId = NewType("SourceId", int)
"""One system of one organisation, as the small integer that the record gave it."""

SubjectId = NewType("SubjectId", int)
"""One patient or client record of one id authority: the compartment key of every entry."""

PersonId = NewType("PersonId", UUID)
"""The opaque id of a person: what the subjects of one human being are linked to."""

Clock = Callable[[], datetime]
"""Gives the time now, aware, in UTC. Passed in, so that a test can hold it still."""

Json = None | bool | int | Decimal | str | list["Json"] | dict[str, "Json"]
"""A JSON value as `formats` reads it: decimals keep their digits."""

CANONICAL = "https://careweave.example/fhir"
"""The base of the project's own canonical addresses."""

HEADING_SYSTEM = f"{CANONICAL}/CodeSystem/heading"
LABEL_SYSTEM = f"{CANONICAL}/CodeSystem/label"


class Heading(StrEnum):
    """The 38 record headings; exactly one per entry, or none for reference data and machinery.

    Source: UK Core Information Standard version 2, names only; `reference/record.md` section 1.
    """

    DEM = "DEM"
    GPP = "GPP"
    ABM = "ABM"
    REQ = "REQ"
    ALR = "ALR"
    LEG = "LEG"
    SAF = "SAF"
    PRO = "PRO"
    PER = "PER"
    RES = "RES"
    REF = "REF"
    CON = "CON"
    ADM = "ADM"
    DIS = "DIS"
    FUT = "FUT"
    VAC = "VAC"
    PRB = "PRB"
    PRC = "PRC"
    SOC = "SOC"
    SVC = "SVC"
    PSR = "PSR"
    FAM = "FAM"
    INV = "INV"
    IRQ = "IRQ"
    EXM = "EXM"
    PRG = "PRG"
    ASM = "ASM"
    FRM = "FRM"
    RSK = "RSK"
    ALG = "ALG"
    MED = "MED"
    EQP = "EQP"
    PLN = "PLN"
    CSP = "CSP"
    CTG = "CTG"
    ASP = "ASP"
    EOL = "EOL"
    DOC = "DOC"


class Label(StrEnum):
    """Sensitivity labels that an entry may carry, several at once.

    S11 and S12 are facts of the subject and are not here. Source: `reference/record.md` section 6.
    """

    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"
    S5 = "S5"
    S6 = "S6"
    S7 = "S7"
    S8 = "S8"
    S9 = "S9"
    S10 = "S10"
    TRIAGE = "triage"
    FINANCE = "finance"
    ACCESS_SECRET = "access-secret"  # noqa: S105  the name of a label, no password
    YOUNG_PERSON = "young-person-confidential"
    VERY_RESTRICTED = "V"
