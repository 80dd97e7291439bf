"""From the bytes of a FHIR Questionnaire to the questions that a page asks, or to what is wrong.

Source: FHIR R4 4.0.1 Questionnaire. Every element that is not named here is refused by its path.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from careweave.doors.workspace._questions import (
    Choice,
    Condition,
    Item,
    ItemType,
    Kind,
    Operator,
    Questions,
)
from careweave.formats import LIMITS, check, read_json
from careweave.terms import CANONICAL, Incorrect, Json, Role

_TOP = frozenset(
    {
        *("resourceType", "id", "url", "version", "name", "title", "status", "description"),
        *("subjectType", "publisher", "date", "language", "extension", "item"),
    }
)
_ITEM = frozenset(
    {
        *("linkId", "type", "text", "required", "repeats", "maxLength", "code", "item"),
        *("answerOption", "answerValueSet", "enableWhen", "enableBehavior", "extension"),
    }
)
_KIND = f"{CANONICAL}/StructureDefinition/form-kind"
_ROLE = f"{CANONICAL}/StructureDefinition/form-role"
_CATEGORY = f"{CANONICAL}/StructureDefinition/form-category"
_UNIT = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"
_LOWEST = "http://hl7.org/fhir/StructureDefinition/minValue"
_HIGHEST = "http://hl7.org/fhir/StructureDefinition/maxValue"
_is_link = re.compile(r"[a-z][a-z0-9-]{0,40}").fullmatch
_is_name = re.compile(r"[a-z][a-z0-9-]{0,40}").fullmatch
_CHOOSING = frozenset({ItemType.CHOICE, ItemType.OPEN_CHOICE})
_MOST_ITEMS = 100
_TYPES = ", ".join(ItemType)
_ROLES = ", ".join(Role)
_LONGEST = 20_000
_USUAL = 4000

ValueSets = Callable[[str], tuple[Choice, ...]]
"""Gives the members of a value set by its canonical; none for one that is not there."""

Node = Mapping[str, Json]


def read_questions(body: bytes, value_sets: ValueSets) -> Questions:
    """Returns the form of a Questionnaire; Incorrect, with the path, for what pages cannot ask."""
    resource = read_json(body, limits=LIMITS)
    if resource.type != "Questionnaire":
        raise _wrong("resourceType", "A form is a Questionnaire; write this resource type.")
    faults = check(resource)
    if faults:
        raise _wrong(
            faults[0].where or "Questionnaire",
            "This is not as FHIR R4 has it in a Questionnaire; mend it.",
        )
    value = resource.value
    _only(value, _TOP, "Questionnaire")
    name = str(value.get("name", ""))
    if not _is_name(name):
        raise _wrong("Questionnaire.name", "Name the form in small letters, digits and hyphens.")
    reader = _Reader(value_sets)
    items = tuple(reader.items(value.get("item"), "Questionnaire"))
    _check_links(items)
    return Questions(
        name=name,
        url=_needed(value, "url"),
        version=_needed(value, "version"),
        title=_needed(value, "title"),
        kind=_kind(value),
        roles=frozenset(_roles(value)),
        items=items,
        about=str(value.get("description", "")),
        category=tuple(_extended(value, _CATEGORY, "valueCoding")),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the items of one form."""

    value_sets: ValueSets

    def items(self, given: Json, where: str) -> Iterable[Item]:
        for at, one in enumerate(_nodes(given)):
            yield self.item(one, f"{where}.item[{at}]")

    def item(self, one: Node, where: str) -> Item:
        _only(one, _ITEM, where)
        link, type_ = str(one.get("linkId", "")), _type(one, where)
        if not _is_link(link):
            raise _wrong(f"{where}.linkId", "Name it in small letters, digits and hyphens.")
        repeats = bool(one.get("repeats", False))
        if repeats and type_ not in _CHOOSING:
            raise _wrong(
                f"{where}.repeats", "Only a choice can be answered more than once; take it out."
            )
        return Item(
            link=link,
            type=type_,
            text=str(one.get("text", "")),
            is_required=bool(one.get("required", False)),
            repeats=repeats,
            longest=_longest(one, where),
            choices=self._choices(one, type_, where),
            code=tuple(_nodes(one.get("code"))),
            unit=_unit(one, type_, where),
            lowest=_bound(one, _LOWEST),
            highest=_bound(one, _HIGHEST),
            items=tuple(self.items(one.get("item"), where)),
            asked_if=tuple(_conditions(one, where)),
            is_any=one.get("enableBehavior") == "any",
        )

    def _choices(self, one: Node, type_: ItemType, where: str) -> tuple[Choice, ...]:
        if type_ not in _CHOOSING:
            if "answerOption" in one or "answerValueSet" in one:
                raise _wrong(where, "Only a choice has answers to choose from; take them out.")
            return ()
        named = one.get("answerValueSet")
        found = self.value_sets(str(named)) if named else tuple(_options(one, where))
        if not found:
            raise _wrong(where, "There is nothing to choose from; name a value set that exists.")
        return found


def _options(one: Node, where: str) -> Iterable[Choice]:
    for at, option in enumerate(_nodes(one.get("answerOption"))):
        _only(option, frozenset({"valueCoding", "valueString"}), f"{where}.answerOption[{at}]")
        coding = option.get("valueCoding")
        if isinstance(coding, dict):
            code = str(coding.get("code", ""))
            yield Choice(code, str(coding.get("display", code)), str(coding.get("system", "")))
        else:
            text = str(option.get("valueString", ""))
            yield Choice(text, text)


def _conditions(one: Node, where: str) -> Iterable[Condition]:
    for at, given in enumerate(_nodes(one.get("enableWhen"))):
        place = f"{where}.enableWhen[{at}]"
        taken = {"question", "operator", "answerBoolean", "answerCoding", "answerString"}
        _only(given, frozenset(taken), place)
        operator = str(given.get("operator"))
        if operator not in {one.value for one in Operator}:
            raise _wrong(
                f"{where}.enableWhen.operator",
                "Conditions compare by exists, = or !=; write one of them.",
            )
        yield Condition(str(given.get("question", "")), Operator(operator), _compared(given))


def _compared(given: Node) -> str:
    coding, flag = given.get("answerCoding"), given.get("answerBoolean")
    if isinstance(coding, dict):
        return str(coding.get("code", ""))
    if flag is not None:
        return "true" if flag else "false"
    return str(given.get("answerString", ""))


def _check_links(items: tuple[Item, ...]) -> None:
    """Raises where two questions have one name, or a condition asks for none before it."""
    every = [one for item in items for one in item.every]
    if len(every) > _MOST_ITEMS:
        raise _wrong(
            "Questionnaire.item", f"A form has at most {_MOST_ITEMS} questions; make two of it."
        )
    before: set[str] = set()
    for one in every:
        if one.link in before:
            raise _wrong(
                "Questionnaire.item.linkId", "Two questions have one name; rename one of them."
            )
        for condition in one.asked_if:
            if condition.question not in before:
                message = "A condition asks for a question that comes before it; move that one up."
                raise _wrong("Questionnaire.item.enableWhen", message)
        before.add(one.link)


def _type(one: Node, where: str) -> ItemType:
    said = str(one.get("type"))
    if said not in {known.value for known in ItemType}:
        raise _wrong(f"{where}.type", f"Pages cannot ask this; its type is one of {_TYPES}.")
    return ItemType(said)


def _unit(one: Node, type_: ItemType, where: str) -> str:
    for coding in _extended(one, _UNIT, "valueCoding"):
        return str(coding.get("code", ""))
    if type_ is ItemType.QUANTITY:
        raise _wrong(f"{where}.extension", "A quantity names its unit; add questionnaire-unit.")
    return ""


def _bound(one: Node, url: str) -> str:
    for extension in _nodes(one.get("extension")):
        if extension.get("url") == url:
            return str(extension.get("valueDecimal", extension.get("valueInteger", "")))
    return ""


def _kind(value: Node) -> Kind:
    for extension in _nodes(value.get("extension")):
        if extension.get("url") == _KIND and extension.get("valueCode") in set(Kind):
            return Kind(str(extension["valueCode"]))
    message = "Say by form-kind what it becomes: observation, note, alert or about-me."
    raise _wrong("Questionnaire.extension", message)


def _roles(value: Node) -> Iterable[Role]:
    known = {one.value for one in Role}
    for extension in _nodes(value.get("extension")):
        if extension.get("url") == _ROLE:
            said = str(extension.get("valueCode"))
            if said not in known:
                raise _wrong(
                    "Questionnaire.extension",
                    f"There is no such role; write one of {_ROLES}.",
                )
            yield Role(said)


def _extended(one: Node, url: str, name: str) -> Iterable[Node]:
    for extension in _nodes(one.get("extension")):
        found = extension.get(name)
        if extension.get("url") == url and isinstance(found, dict):
            yield found


def _only(one: Node, known: frozenset[str], where: str) -> None:
    for element in sorted(one.keys() - known):
        raise _wrong(f"{where}.{element}", "Pages cannot ask this; take it out.")


def _needed(value: Node, element: str) -> str:
    text = value.get(element)
    if not isinstance(text, str) or not text:
        raise _wrong(f"Questionnaire.{element}", "A form needs this; write it.")
    return text


def _longest(one: Node, where: str) -> int:
    said = one.get("maxLength")
    if said is None:
        return _USUAL
    if not isinstance(said, int) or not 0 < said <= _LONGEST:
        raise _wrong(f"{where}.maxLength", f"Write a whole number from 1 to {_LONGEST}.")
    return said


def _nodes(value: Json) -> list[Node]:
    listed = value if isinstance(value, list) else []
    return [cast(Node, one) for one in listed if isinstance(one, dict)]


def _wrong(where: str, message: str) -> Incorrect:
    return Incorrect(message, where=where, code="not-supported")
