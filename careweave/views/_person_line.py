"""One person in a list: what tells people apart, as a page prints it. Pure.

Source: `reference/agreements.md` 6.5; `reference/interface.md` 6.1 and 6.2.
"""

from dataclasses import dataclass, field

from careweave.disclosure import Who
from careweave.views._format import age, day_of, instant_of, nhs, written_day
from careweave.views._making import Making

_SEX = {"female": "Female", "male": "Male", "other": "Other", "not-specified": "Not specified"}


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person in a list, and where their record is."""

    href: str = field(metadata=_help("Where the record is opened."))
    name: str = field(metadata=_help("FAMILY, Given (Title)."))
    born: str = field(metadata=_help("Birth date with the age, or the death; Not known."))
    sex: str = field(metadata=_help("Spelt out; Not known."))
    number_label: str = field(metadata=_help("NHS No. or CHI No."))
    number: str = field(metadata=_help("3-3-4 with non-breaking spaces; Not known."))
    outward: str = field(metadata=_help("Outward postcode; empty where it may not be told."))
    is_deceased: bool = field(default=False, metadata=_help("Whether the person has died."))
    note: str = field(default="", metadata=_help("Why the person is in the list, and since when."))


def person_line(who: Who, href: str, making: Making, *, note: str = "") -> PersonLine:
    """Returns how somebody is told apart in a list."""
    labels = making.terms.numbers
    label = labels.get(who.number_system) or next(iter(labels.values()))
    return PersonLine(
        href=href,
        name=_name(who, making),
        born=_born(who, making),
        sex=making.say(_SEX.get(who.sex, "Not known")),
        number_label=making.say(label),
        number=nhs(who.number) if who.number else making.say("Not known"),
        outward=who.outward,
        is_deceased=who.is_deceased,
        note=note,
    )


def _name(who: Who, making: Making) -> str:
    first = f"{who.given} ({who.title})" if who.given and who.title else who.given or who.title
    parts = [part for part in (who.family.upper(), first) if part]
    return ", ".join(parts) or making.say("Name not known")


def _born(who: Who, making: Making) -> str:
    date = written_day(who.born, making).text if who.born else ""
    if not date:
        return making.say("Not known")
    if who.is_deceased:
        died = written_day(who.died, making).text if who.died else making.say("date not known")
        return making.say("{date}. Died {died}", date=date, died=died)
    on = instant_of(who.born) or day_of(who.born)
    years = age(who.born, making.now, making) if on is not None else ""
    return making.say("{date} ({age})", date=date, age=years) if years else date
