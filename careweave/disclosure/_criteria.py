"""By what a person is looked for: exact terms, or demographics that may be a little wrong. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from careweave.identity import (
    Demographics,
    WrittenAddress,
    WrittenContact,
    WrittenName,
    WrittenNumber,
)

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"

Span = tuple[date, date]
"""From the first day to the last, both in it."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word that is looked for; with `is_start` it need only begin like this."""

    text: str
    is_start: bool = False


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a search for a person asks; None, "" and () mean not asked.

    `number` is (system, value). `is_fuzzy`: spelling, order and old values may differ, and what
    differs only weighs. `with_history`: former values count too. `most`: more than so many are
    none at all.
    """

    family: Word | None = None
    given: tuple[Word, ...] = ()
    sex: str = ""
    born: Span | None = None
    died: Span | None = None
    postcode: Word | None = None
    practice: str = ""
    email: str = ""
    phone: str = ""
    number: tuple[str, str] | None = None
    is_fuzzy: bool = False
    with_history: bool = False
    most: int = field(default=5)

    @property
    def is_named(self) -> bool:
        """Says that there is a name, or a number, beside the birth date."""
        return bool(self.family or self.given or self.number)

    @property
    def is_dated(self) -> bool:
        """Says that the birth date is given to the day."""
        return self.born is not None and self.born[0] == self.born[1]

    @property
    def may_name_several(self) -> bool:
        """Says that the answer may tell several people apart.

        Only with the full birth date and no open words: dates or words in series would else list
        people. Source: `reference/attacks.md` row 83; reference/identity.md 16, M10.
        """
        words = (self.family, self.postcode, *self.given)
        return self.is_dated and not any(word.is_start for word in words if word)


def demographics_of(asked: Criteria) -> Demographics:
    """Returns the criteria as the demographics of a record, to be compared like one."""
    family = asked.family.text if asked.family else ""
    given = tuple(word.text for word in asked.given)
    postcode = asked.postcode.text if asked.postcode else ""
    return Demographics(
        names=(WrittenName(family, given),) if family or given else (),
        birth_date=asked.born[0].isoformat() if asked.born and asked.is_dated else "",
        sex=asked.sex,
        addresses=(WrittenAddress(postcode=postcode),) if postcode else (),
        contacts=tuple(_contacts(asked)),
        numbers=(WrittenNumber(*asked.number),) if asked.number else (),
        practice=asked.practice,
    )


def _contacts(asked: Criteria) -> Iterator[WrittenContact]:
    if asked.email:
        yield WrittenContact("email", asked.email)
    if asked.phone:
        yield WrittenContact("phone", asked.phone)


def terms_of(asked: Demographics) -> tuple[tuple[str, str], ...]:
    """Returns what demographics ask by, as (name, value), sorted, for the account of a search."""
    found = {("birthdate", asked.birth_date), ("gender", asked.sex), ("practice", asked.practice)}
    for name in asked.names:
        found.add(("family", name.family))
        found.update(("given", given) for given in name.given)
    found.update(("postcode", address.postcode) for address in asked.addresses)
    found.update((contact.kind, contact.value) for contact in asked.contacts)
    found.update(("identifier", f"{number.system}|{number.value}") for number in asked.numbers)
    return tuple(
        sorted((name, " ".join(value.casefold().split())) for name, value in found if value)
    )
