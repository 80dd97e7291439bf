"""People and what is known of them: facts, before any system has put them into its own words."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from careweave.demonstration._calendar import day_of
from careweave.terms import Json


@dataclass(frozen=True, slots=True)
class Name:
    """A name as one system records it; a single name has no given names."""

    family: str
    given: tuple[str, ...] = ()

    @property
    def plain(self) -> str:
        """Returns the name as it is spoken."""
        return " ".join((*self.given, self.family))


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody lives."""

    line: str
    town: str
    postcode: str
    uprn: str = ""


@dataclass(frozen=True, slots=True)
class Who:
    """A person as one system knows them at one moment.

    `local` is the system's own number, `practice` the code of the GP practice, `others` are more
    names that the same system holds. `traced` says how far the NHS number was checked against the
    national register, `former_nhs` is one that another has taken the place of. `sealed` is the label
    that closes an identity for good, empty for none.
    Source: NHS Data Dictionary, NHS number status indicator code.
    """

    key: str
    local: str
    name: Name
    born: date | None
    sex: str
    nhs: str | None = None
    others: tuple[Name, ...] = ()
    home: Home | None = None
    phones: tuple[str, ...] = ()
    died_at: datetime | None = None
    practice: str = ""
    is_protected: bool = False
    is_watched: bool = False
    language: str = ""
    traced: str = "01"
    former_nhs: str = ""
    sealed: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that one system knows: `text` in plain words, `at` when it was so.

    `number` counts the facts of one holding and never changes; `more` is what the kind needs.
    """

    kind: str
    text: str
    at: datetime
    sent_at: datetime
    number: int
    more: Mapping[str, Json] = field(default_factory=dict)
    canary: str = ""

    def word(self, name: str, usual: str = "") -> str:
        """Returns one of the further members as text."""
        value = self.more.get(name)
        return usual if value is None else str(value)

    def words(self, name: str) -> tuple[str, ...]:
        """Returns a member that may be one word or several."""
        value = self.more.get(name)
        if value is None:
            return ()
        return tuple(map(str, value)) if isinstance(value, list) else (str(value),)

    @property
    def display(self) -> str:
        """Returns the words a system shows, with the planted canary if there is one."""
        return f"{self.text} {self.canary}" if self.canary else self.text

    @property
    def note(self) -> str:
        """Returns the free text, with the planted canary if there is one."""
        return " ".join(part for part in (self.word("note"), self.canary) if part)

    @property
    def ended_at(self) -> datetime | None:
        """Returns when it ended, if it did."""
        value = self.more.get("ended_at")
        return datetime.fromisoformat(value) if isinstance(value, str) else None

    def again(self, at: datetime, sent_at: datetime, **more: Json) -> "Fact":
        """Returns the same fact as it is told at a later moment."""
        return replace(self, at=at, sent_at=sent_at, more={**self.more, **more})

    @property
    def day(self) -> int:
        """Returns the day of the scenario on which it was so."""
        return day_of(self.at)


@dataclass(frozen=True, slots=True)
class Holding:
    """All that one system holds of one person, oldest first.

    `desk` is the key of the system (`GPA`, `ACU.sexual`), `which` its number where a system holds
    the same person more than once; `known_at` is when the system tells of the person first.
    """

    desk: str
    which: str
    who: Who
    facts: tuple[Fact, ...]
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the region and every holding of them.

    `family` is a letter of the sheet; `subject` are facts of the person that no entry carries
    (S11, S12).
    """

    key: str
    family: str
    who: Who
    holdings: tuple[Holding, ...]
    subject: frozenset[str] = frozenset()

    def held(self, desk: str) -> tuple[Holding, ...]:
        """Returns what one system holds of the person."""
        return tuple(one for one in self.holdings if one.desk == desk)


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as a system sent it: `name` is that of the file, None where there is none."""

    source: str
    at: datetime
    name: str | None
    body: bytes
