"""The demographics of a patient record as its source wrote them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class WrittenName:
    """One name as written. `use` is FHIR's; `is_past` when its period has ended or it is old."""

    family: str = ""
    given: tuple[str, ...] = ()
    use: str = ""
    is_past: bool = False


@dataclass(frozen=True, slots=True)
class WrittenAddress:
    """One address as written: `district` is the state or county where there is one."""

    lines: tuple[str, ...] = ()
    city: str = ""
    district: str = ""
    postcode: str = ""
    use: str = ""
    is_past: bool = False


@dataclass(frozen=True, slots=True)
class WrittenContact:
    """One phone number or e-mail address as written: `kind` is `phone` or `email`."""

    kind: str
    value: str
    is_past: bool = False


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """One identifier as written. `status` is that of its verification, `01` when verified."""

    system: str
    value: str
    status: str = ""
    is_past: bool = False


@dataclass(frozen=True, slots=True)
class WrittenLink:
    """A link to another Patient of the source: `kind` is FHIR's, `patient` the public id."""

    kind: str
    patient: str


@dataclass(frozen=True, slots=True)
class Demographics:
    """What one version of a patient record says of who it is.

    Dates are as written, '' where there is none. `died` is a date, `yes`, or ''. `mother` is the
    number by which a baby's source names its mother. `extra` holds further fields that only a
    table for linkage has (a place of birth, an occupation): compared when a model says so.
    """

    names: tuple[WrittenName, ...] = ()
    birth_date: str = ""
    is_birth_estimated: bool = False
    sex: str = ""
    addresses: tuple[WrittenAddress, ...] = ()
    contacts: tuple[WrittenContact, ...] = ()
    numbers: tuple[WrittenNumber, ...] = ()
    died: str = ""
    birth_order: int | None = None
    mother: str = ""
    practice: str = ""
    is_restricted: bool = False
    is_sealed: bool = False
    is_active: bool = True
    links: tuple[WrittenLink, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict[str, str])
