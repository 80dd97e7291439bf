"""The fields of a form as a page prints them: label, hint, what was typed, what is wrong. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from careweave.doors._frame import Say, Wrong
from careweave.doors.workspace._answers import field_of
from careweave.doors.workspace._questions import Condition, Item, ItemType, Operator, Questions


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose: a radio button, or with a name of its own a check box."""

    name: str = field(metadata=_help("Name of its field."))
    value: str = field(metadata=_help("What is posted when it is chosen."))
    text: str = field(metadata=_help("What it says."))
    is_chosen: bool = field(default=False, metadata=_help("Whether it is chosen now."))


@dataclass(frozen=True, slots=True)
class Part:
    """One of the three fields of a date."""

    name: str = field(metadata=_help("Name of the field."))
    text: str = field(metadata=_help("Day, month or year."))
    value: str = field(metadata=_help("What was typed."))
    width: int = field(metadata=_help("How many figures it takes."))


@dataclass(frozen=True, slots=True)
class Field:
    """One question as it is printed."""

    name: str = field(metadata=_help("Name and id of its field, or of the first of several."))
    kind: str = field(
        metadata=_help("heading, text, long, number, date, one, several, or told (no field).")
    )
    label: str = field(metadata=_help("The question."))
    hint: str = field(default="", metadata=_help("What helps to answer; empty without."))
    value: str = field(default="", metadata=_help("What was typed."))
    unit: str = field(default="", metadata=_help("In what it is measured; empty without."))
    options: tuple[Option, ...] = field(default=(), metadata=_help("The answers to choose from."))
    parts: tuple[Part, ...] = field(default=(), metadata=_help("The three fields of a date."))
    other: str = field(default="", metadata=_help("Name of the field for another answer."))
    other_value: str = field(default="", metadata=_help("What was typed there."))
    wrong: str = field(default="", metadata=_help("What is wrong with the answer."))
    longest: int = field(default=0, metadata=_help("How many letters it takes."))
    is_required: bool = field(default=False, metadata=_help("Whether it must be answered."))

    @property
    def described(self) -> str:
        """Returns the ids of what describes the field, for assistive technology."""
        ids = [f"{self.name}-hint"] if self.hint else []
        return " ".join([*ids, *([f"{self.name}-error"] if self.wrong else [])])


_KINDS: Mapping[ItemType, str] = {
    ItemType.GROUP: "heading",
    ItemType.DISPLAY: "told",
    ItemType.BOOLEAN: "one",
    ItemType.DECIMAL: "number",
    ItemType.INTEGER: "number",
    ItemType.QUANTITY: "number",
    ItemType.DATE: "date",
    ItemType.STRING: "text",
    ItemType.TEXT: "long",
    ItemType.CHOICE: "one",
    ItemType.OPEN_CHOICE: "one",
}
_UNITS = {"Cel": "°C", "mm[Hg]": "mmHg", "/min": "per minute"}


def fields_of(
    questions: Questions, typed: Mapping[str, str], wrong: tuple[Wrong, ...], say: Say
) -> tuple[Field, ...]:
    """Returns the fields of a form, filled with what was typed and marked with what is wrong."""
    made = _Maker(typed, {one.field: one.text for one in wrong}, questions, say)
    return tuple(made.all(questions.items))


@dataclass(frozen=True, slots=True)
class _Maker:
    typed: Mapping[str, str]
    wrong: Mapping[str, str]
    questions: Questions
    say: Say

    def all(self, items: tuple[Item, ...]) -> Iterator[Field]:
        for item in items:
            yield self.one(item)
            yield from self.all(item.items)

    def one(self, item: Item) -> Field:
        name, options = field_of(item), tuple(self._options(item))
        parts = tuple(self._parts(item)) if item.type is ItemType.DATE else ()
        first = parts[0].name if parts else options[0].name if item.repeats and options else name
        is_open = item.type is ItemType.OPEN_CHOICE
        other = field_of(item, "other") if is_open else ""
        return Field(
            name=first,
            kind="several" if item.repeats else _KINDS[item.type],
            label=self.say(item.text),
            hint=self._hint(item),
            value=self.typed.get(name, ""),
            unit=_UNITS.get(item.unit, item.unit),
            options=options,
            parts=parts,
            other=other,
            other_value=self.typed.get(other, ""),
            wrong=self.wrong.get(first, ""),
            longest=item.longest,
            is_required=item.is_required,
        )

    def _options(self, item: Item) -> Iterator[Option]:
        if item.type is ItemType.BOOLEAN:
            for value, text in (("true", "Yes"), ("false", "No")):
                name = field_of(item)
                yield Option(name, value, self.say(text), self.typed.get(name) == value)
        for at, one in enumerate(item.choices):
            name = field_of(item, str(at)) if item.repeats else field_of(item)
            yield Option(name, one.code, self.say(one.display), self.typed.get(name) == one.code)

    def _parts(self, item: Item) -> Iterator[Part]:
        for part, text, width in (("day", "Day", 2), ("month", "Month", 2), ("year", "Year", 4)):
            name = field_of(item, part)
            yield Part(name, self.say(text), self.typed.get(name, ""), width)

    def _hint(self, item: Item) -> str:
        hints = []
        if item.asked_if:
            word = self.say(" or ") if item.is_any else self.say(" and ")
            told = word.join(self._told(one) for one in item.asked_if)
            hints.append(self.say("Only if {answer}.", answer=told))
        if not item.is_required and item.type not in (ItemType.GROUP, ItemType.DISPLAY):
            hints.append(self.say("You may leave this out."))
        return " ".join(hints)

    def _told(self, condition: Condition) -> str:
        asked = next(one for one in self.questions.every if one.link == condition.question)
        shown = {one.code: one.display for one in asked.choices} | {"true": "Yes", "false": "No"}
        answer = self.say(shown.get(condition.answer, condition.answer))
        texts = {
            Operator.EQUALS: "“{question}” is “{answer}”",
            Operator.DIFFERS: "“{question}” is not “{answer}”",
            Operator.EXISTS: "“{question}” is answered",
        }
        return self.say(texts[condition.operator], question=self.say(asked.text), answer=answer)
