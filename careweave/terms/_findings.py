"""What somebody ought to know of something that came in."""

from dataclasses import dataclass

from careweave.terms._errors import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One deviation or loss that was noticed while a message was read, mapped or stored.

    `code` is a word of a closed list ("bad-date"). `where` is the place in what came in: "PID-5[2].1",
    "line 12, DOB", "entry[3].resource.code". `offset` is its byte, None where there is none. `about`
    says more without the data of a person: the name of a table, a limit, an unmapped code.
    """

    code: str
    severity: Severity
    where: str = ""
    about: str = ""
    offset: int | None = None
