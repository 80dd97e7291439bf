"""Who this is, on every page about a person: one banner, in a fixed order.

Source: `reference/interface.md` 6.1; ISB 1505-1509.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time

from careweave.disclosure import Mark, ShownPerson
from careweave.formats import kept_json
from careweave.terms import Heading, Json
from careweave.views import _fhir as fhir
from careweave.views._context import Banner, Voice
from careweave.views._format import age, day_of, instant_of, nhs, written_day
from careweave.views._making import Making
from careweave.views._sections import section_of

SEXES = {
    "female": "Female",
    "male": "Male",
    "other": "Other",
    "unknown": "Not known",
    "not-specified": "Not specified",
}
_STATUS = "Extension-UKCore-NHSNumberVerificationStatus"
_BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
_VERIFIED = frozenset({"01", "number-present-and-verified"})
_ALERTED = (Heading.REQ, Heading.ALR, Heading.SAF)


def banner(shown: ShownPerson, making: Making) -> Banner:
    """Returns who this is, from the demographics chosen among what is shown."""
    value: Mapping[str, Json] = {}
    if shown.portrait is not None and shown.portrait.body:
        value = kept_json(shown.portrait.body)
    label, number = _number(value, making)
    is_protected = Mark.PROTECTED in shown.marks
    return Banner(
        name=_name(value, making),
        preferred=_preferred(value),
        born=_born(value, shown, making),
        sex=making.say(SEXES.get(fhir.words(value.get("gender")), "Not known")),
        number_label=label,
        number=number,
        address=_address(value, shown, making),
        phone=fhir.phone(value.get("telecom")) or making.say("Not known"),
        allergies=section_of(Heading.ALG, shown, making) if _is_wanted(shown) else None,
        alerts=tuple(_alerts(shown, making)),
        is_address_withheld=is_protected,
        is_deceased=_died(value) is not None,
        is_restricted=is_protected or Mark.WATCHED in shown.marks,
        notes=tuple(_notes(value, shown, making)),
        initials=_initials(value, shown, making),
    )


def _is_wanted(shown: ShownPerson) -> bool:
    return Heading.ALG in shown.coverage


def _official(value: fhir.Value) -> dict[str, Json]:
    """Returns the name to go by: an official one before others, never a former one."""
    names = [
        one for one in fhir.items(value.get("name")) if one.get("use") not in {"old", "maiden"}
    ]
    for use in ("official", "usual", None):
        for one in names:
            if one.get("use") == use:
                return one
    return names[0] if names else {}


def _name(value: fhir.Value, making: Making) -> str:
    one = _official(value)
    family, given = fhir.words(one.get("family")).upper(), _given(one)
    title = _joined(one.get("prefix"))
    first = f"{given} ({title})" if given and title else given or title
    return ", ".join(part for part in (family, first) if part) or (
        fhir.words(one.get("text")) or making.say("Name not known")
    )


def _joined(value: Json) -> str:
    parts = value if isinstance(value, list) else [value]
    return " ".join(said for part in parts if (said := fhir.words(part)))


def _given(one: Mapping[str, Json]) -> str:
    return _joined(one.get("given"))


def _preferred(value: fhir.Value) -> str:
    """Returns the name that the person wants to be called by, where it is another."""
    for one in fhir.items(value.get("name")):
        if one.get("use") == "nickname":
            return _given(one) or fhir.words(one.get("text"))
    return ""


def _birth(value: fhir.Value) -> str:
    """Returns the birth with its time where it is known, else its date."""
    for one in fhir.items(fhir.at(value, "_birthDate", "extension")):
        if one.get("url") == _BIRTH_TIME:
            return fhir.words(one.get("valueDateTime"))
    return fhir.words(value.get("birthDate"))


def _died(value: fhir.Value) -> str | None:
    """Returns when the person died, "" where only that is known; None of somebody who lives."""
    at = fhir.words(value.get("deceasedDateTime"))
    return at or ("" if value.get("deceasedBoolean") is True else None)


def _born(value: fhir.Value, shown: ShownPerson, making: Making) -> str:
    born = _birth(value)
    date, died = written_day(born, making).text, _died(value)
    if not date:
        return making.say("Born Not known") if died is None else _death(born, "", died, making)
    if died is not None:
        return _death(born, date, died, making)
    if born[:10] > making.now.astimezone(making.zone).date().isoformat():
        return making.say("Expected {date}", date=date)
    years = age(born, shown.as_of or making.now, making)
    return making.say("Born {date} ({age})", date=date, age=years)


def _death(born: str, date: str, died: str, making: Making) -> str:
    """Returns birth and death; the age at death takes the place of the age."""
    first = making.say("Born {date}", date=date) if date else making.say("Born Not known")
    if not died:
        return making.say("{born}. Died, date not known", born=first)
    end = _noon(died)
    on, years = written_day(died, making).text, "" if end is None else age(born, end, making)
    if not years:
        return making.say("{born}. Died {died}", born=first, died=on)
    return making.say("{born}. Died {died} (age {age})", born=first, died=on, age=years)


def _noon(died: str) -> datetime | None:
    """Returns the moment of a death: of a day alone, its noon."""
    on = day_of(died)
    return instant_of(died) or (None if on is None else datetime.combine(on, time(12), UTC))


def _number(value: fhir.Value, making: Making) -> tuple[str, str]:
    """Returns the label and the number to go by; one that nobody verified says so."""
    labels = making.terms.numbers
    for system, label in labels.items():
        for one in fhir.items(value.get("identifier")):
            by = (fhir.words(one.get("system")), fhir.words(fhir.at(one, "assigner", "display")))
            if system in by and one.get("use") != "old":
                digits = nhs(fhir.words(one.get("value")))
                return making.say(label), _verified(one, digits, making)
    return making.say(next(iter(labels.values()))), making.say("Not known")


def _verified(one: dict[str, Json], digits: str, making: Making) -> str:
    said = [
        {code for _, code in fhir.codes(part.get("valueCodeableConcept"))}
        for part in fhir.items(one.get("extension"))
        if _STATUS in fhir.words(part.get("url"))
    ]
    if said and not any(codes & _VERIFIED for codes in said):
        return making.say("{number} (not verified)", number=digits)
    return digits


def _address(value: fhir.Value, shown: ShownPerson, making: Making) -> str:
    """Returns where the person lives; of a protected address whom to ask, whoever reads.

    A banner is on every page and is read over shoulders; who may know it reads it in its section.
    """
    if Mark.PROTECTED in shown.marks:
        return making.say("Address withheld. Ask {team}", team=_team(shown, making))
    for one in fhir.items(value.get("address")):
        if one.get("use") == "old":
            continue
        lines = [
            _joined_lines(one),
            *(fhir.words(one.get(part)) for part in ("city", "postalCode")),
        ]
        if said := ", ".join(part for part in lines if part):
            return said
    return making.say("Not known")


def _joined_lines(one: dict[str, Json]) -> str:
    lines = one.get("line")
    return ", ".join(
        said for line in (lines if isinstance(lines, list) else ()) if (said := fhir.words(line))
    )


def _team(shown: ShownPerson, making: Making) -> str:
    """Returns whom to ask instead of showing an address: the source of the chosen demographics."""
    found = None if shown.portrait is None else shown.organisations.get(shown.portrait.source)
    if found is None:
        return making.say("the treating team")
    return f"{found.name}, {found.telephone}" if found.telephone else found.name


def _alerts(shown: ShownPerson, making: Making) -> Iterator[Voice]:
    """Yields what must be known before anything else: needs, alerts, safeguarding markers."""
    for heading in _ALERTED:
        if heading not in shown.rows:
            continue
        for group in section_of(heading, shown, making).groups:
            if group.kind in {"ended", "refuted"}:
                continue
            for fact in group.facts:
                yield from (_titled(fact.title, one) for one in fact.voices[:1])


def _titled(title: str, one: Voice) -> Voice:
    text = title if not one.text or one.text == title else f"{title}: {one.text}"
    return Voice(one.entry, one.source, one.when, text, one.status, (), one.author, one.is_old)


MARKS: Mapping[Mark, str] = {
    Mark.PROTECTED: "Protected address: do not tell anybody where this person is",
    Mark.WATCHED: "Restricted record: every look at it is reviewed",
    Mark.UNDER_REVIEW: "Identity under review: check that all entries are of this person",
    Mark.MERGED: "Records of this person were merged",
}


def _notes(value: fhir.Value, shown: ShownPerson, making: Making) -> Iterator[str]:
    for mark, text in MARKS.items():
        if mark in shown.marks:
            yield making.say(text)
    if Mark.DECEASED in shown.marks and _died(value) is None:
        yield making.say("A source says that this person has died")
    if order := _birth_order(value):
        yield making.say("Multiple birth: number {n}", n=order)


def _birth_order(value: fhir.Value) -> str:
    found = fhir.number(value.get("multipleBirthInteger"))
    return "" if found is None else str(found)


def _initials(value: fhir.Value, shown: ShownPerson, making: Making) -> str:
    """Returns initials and age, which tell two tabs apart and name nobody."""
    one = _official(value)
    letters = "".join(word[0] for word in f"{_given(one)} {fhir.words(one.get('family'))}".split())
    died = _died(value)
    end = (shown.as_of or making.now) if died is None else (_noon(died) if died else None)
    years = "" if end is None else age(_birth(value), end, making)
    return " ".join(part for part in (letters.upper()[:4], years) if part)
