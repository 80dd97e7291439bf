"""When two entries speak of one legal matter, contact, pregnancy, package or goal.

Source: `reference/record.md` 3.1, LEG, PER, PRG, SVC, CSP.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from careweave.disclosure import ShownPerson
from careweave.terms import Heading
from careweave.views import _fhir as fhir
from careweave.views._context import Detail, Fact
from careweave.views._making import Making
from careweave.views._meaning import fact_in, meaning, named_by, plain_words
from careweave.views._said import Phase, is_over, observed, phase_of
from careweave.views._voice import Spoken
from careweave.views._voices import Part, Saying, organisation

BESIDE = "beside"
"""The standing of a voice that stands in a row of its own too, and makes none alone."""

_CONTACT_ROLES = {"N": "Next of kin", "C": "Emergency contact"}
_ROLES_SYSTEM = "http://terminology.hl7.org/CodeSystem/v2-0131"
"""Source: HL7 v2 table 0131, contact role."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_AGREES = "council"
_HELD_UP = frozenset({"onhold", "on-hold", "suspended"})


def legal(one: Spoken, alone: Fact, shown: ShownPerson, making: Making) -> Iterable[Saying]:
    """Yields what an entry says of a matter in law: whether it holds, who holds it, how far."""
    slug, kind = organisation(one, shown, making)
    value = one.value
    coded = value.get("category") or value.get("code") or value.get("type")
    said = fhir.words(fhir.at(value.get("policyRule"), "text")) or observed(value, making)
    is_none = plain_words(said) in making.clinical.words.get("none", ())
    words = plain_words(said.casefold().removeprefix(fhir.concept(coded).casefold()))
    holds = "none recorded" if is_none else _holds(value, making)
    yield Saying(
        spoken=one,
        slug=slug,
        kind=kind,
        keys=frozenset(named_by(coded, alone.title, meaning(Heading.LEG, coded, making))),
        title=alone.title,
        standing=holds,
        voice=alone.voices[0],
        parts=(
            Part("Status", making.say(holds), holds),
            Part("Who and how far", "", words if words and not is_none else None),
        ),
    )


def _holds(value: fhir.Value, making: Making) -> str:
    if is_over(value, making.now):
        return "ended"
    return "ended" if phase_of(fhir.words(value.get("status"))) is Phase.ENDED else "valid now"


def contact(one: Spoken, alone: Fact, shown: ShownPerson, making: Making) -> Iterable[Saying]:
    """Yields a person's contact: by its role where it has one, else by the name."""
    slug, kind = organisation(one, shown, making)
    name = fhir.human_name(one.value.get("name")) or alone.title
    tokens = frozenset(plain_words(name).split())
    roles = [
        _CONTACT_ROLES[code]
        for system, code in sorted(fhir.codes(one.value.get("relationship")))
        if system == _ROLES_SYSTEM and code in _CONTACT_ROLES
    ]
    digits = "".join(re.findall(r"\d", fhir.phone(one.value.get("telecom"))))
    told = alone.voices[0]
    own = " ".join(sorted(tokens))
    for role in roles or [""]:
        yield Saying(
            spoken=one,
            slug=slug,
            kind=kind,
            keys=frozenset([f"role:{role}" if role else f"name:{own}"]),
            title=making.say(role) if role else name,
            standing=fhir.words(one.value.get("status")),
            # In the row of a role the name is what is said.
            voice=replace(told, text=_named(name, told.text)) if role else told,
            parts=(
                Part("Name", "", tokens or None),
                Part("Telephone", "", digits or None),
            ),
        )


def _named(name: str, text: str) -> str:
    return text if name in text else "; ".join(part for part in (name, text) if part)


def pregnancy(one: Spoken, alone: Fact, shown: ShownPerson, making: Making) -> Iterable[Saying]:
    """Yields what is said of a pregnancy; what is said of one matter is compared."""
    slug, kind = organisation(one, shown, making)
    coded = one.value.get("code")
    said = plain_words(observed(one.value, making))
    yield Saying(
        spoken=one,
        slug=slug,
        kind=kind,
        keys=frozenset(named_by(coded, alone.title, meaning(Heading.PRG, coded, making))),
        title=alone.title,
        standing="",
        voice=alone.voices[0],
        parts=(Part("What it says", "", said or None),),
    )


def package(one: Spoken, alone: Fact, shown: ShownPerson, making: Making) -> Iterable[Saying]:
    """Yields what is said of a package of care: agreed by the council, or happening.

    One package is one number that its parties share; of an entry with no such number, its code.
    """
    slug, kind = organisation(one, shown, making)
    value = one.value
    numbers = [
        f"number:{fhir.words(each.get('system'))}|{fhir.words(each.get('value'))}"
        for each in fhir.items(value.get("identifier"))
        if fhir.words(each.get("value"))
    ]
    coded = value.get("code") or value.get("type")
    status = fhir.words(value.get("status"))
    standing = "suspended" if status in _HELD_UP else status
    label = "What is agreed" if kind == _AGREES else "What happens"
    told = alone.voices[0]
    said = Detail(making.say(label), making.say(standing)) if standing else None
    yield Saying(
        spoken=one,
        slug=slug,
        kind=kind,
        keys=frozenset(numbers) or frozenset(named_by(coded, alone.title, None)),
        title=alone.title,
        standing=standing,
        voice=replace(
            told,
            status=making.say(standing) if standing else told.status,
            details=(*((said,) if said else ()), *told.details),
        ),
        parts=(Part("Status", "", standing or None),),
    )


def goal(one: Spoken, alone: Fact, shown: ShownPerson, making: Making) -> Iterator[Saying]:
    """Yields what is aimed at: a goal by its measure, and a plan that names a target beside it."""
    slug, kind = organisation(one, shown, making)
    found = _target(one, alone, making)
    is_goal = one.row.type == "Goal"
    told = alone.voices[0]
    if not is_goal or found is None:
        own = frozenset([f"entry:{one.row.type}/{one.row.id}"])
        yield Saying(one, slug, kind, own, alone.title, "", told)
    if found is not None:
        fact, number = found
        title = making.clinical.title_of(Heading.CSP, fact) or alone.title
        yield Saying(
            spoken=one,
            slug=slug,
            kind=kind,
            keys=frozenset([f"fact:{fact}"]),
            title=making.say("{measure} target", measure=title),
            standing="" if is_goal else BESIDE,
            voice=told if is_goal else replace(told, text=alone.title, details=()),
            parts=(Part("Target", "", number),),
        )


def _target(one: Spoken, alone: Fact, making: Making) -> tuple[str, Decimal] | None:
    """Returns the measure and the number that an entry aims at, None where it names none."""
    for aim in fhir.items(one.value.get("target")):
        meant = meaning(Heading.CSP, aim.get("measure"), making)
        said = fhir.words(aim.get("detailString"))
        exact = fhir.number(fhir.at(aim.get("detailQuantity"), "value"))
        number = exact if exact is not None else _first(said)
        if meant is not None and number is not None:
            return meant.fact, number
    words = making.clinical.words.get("target", ())
    if not any(word in alone.title.casefold() for word in words):
        return None
    named = fact_in(Heading.CSP, alone.title, making)
    number = None if named is None else _first(named[1])
    return None if named is None or number is None else (named[0], number)


def _first(text: str) -> Decimal | None:
    found = _NUMBER.search(text)
    return None if found is None else Decimal(found.group())
