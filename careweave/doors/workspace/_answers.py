"""What somebody has answered to a form, read from the fields of a post; or what is wrong with it.

Pure. A question that was not to be asked has no answer, whatever was posted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from careweave.doors._frame import Wrong
from careweave.doors.workspace._questions import (
    Choice,
    Condition,
    Item,
    ItemType,
    Operator,
    Questions,
)

Value = str | bool | int | Decimal | date | Choice

_OTHER = "other"
_FLAGS = {"true": True, "false": False}
_DATE_PARTS = ("day", "month", "year")
_LONGEST_NUMBER = 20
_EARLIEST = 1875
_SILENT = frozenset({ItemType.GROUP, ItemType.DISPLAY})
_DECIMALS = frozenset({ItemType.DECIMAL, ItemType.QUANTITY})


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered, by the name of the question; and what is wrong."""

    values: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    wrong: tuple[Wrong, ...] = ()

    def one(self, link: str) -> Value | None:
        """Returns the answer to a question that has one; None without."""
        return next(iter(self.values.get(link, ())), None)

    def text(self, link: str) -> str:
        """Returns the answer to a question as text; empty without."""
        return text_of(self.one(link))


def field_of(item: Item, part: str = "") -> str:
    """Returns the name of the field of a question, or of a part of it."""
    return f"q-{item.link}-{part}" if part else f"q-{item.link}"


def read_answers(questions: Questions, fields: Mapping[str, str]) -> Answers:
    """Returns what a post answers; `wrong` says what has to be mended before it can be saved."""
    values: dict[str, tuple[Value, ...]] = {}
    wrong: list[Wrong] = []
    _read(questions.items, fields, values, wrong)
    if not wrong and not values:
        asked = (one for one in questions.every if one.type not in _SILENT)
        first = next((_first_field(one) for one in asked), "")
        wrong.append(Wrong(first, "Answer at least one question."))
    return Answers(values, tuple(wrong))


def is_asked(item: Item, values: Mapping[str, tuple[Value, ...]]) -> bool:
    """Says whether a question is to be asked, by the answers to those before it."""
    if not item.asked_if:
        return True
    held = [_holds(one, values.get(one.question, ())) for one in item.asked_if]
    return any(held) if item.is_any else all(held)


def text_of(value: Value | None) -> str:
    """Returns an answer as people write it."""
    match value:
        case None:
            return ""
        case Choice():
            return value.display
        case bool():
            return "Yes" if value else "No"
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _holds(condition: Condition, given: tuple[Value, ...]) -> bool:
    if condition.operator is Operator.EXISTS:
        return bool(given) is (condition.answer != "false")
    said = {_compared(one) for one in given}
    is_same = condition.answer in said
    return is_same if condition.operator is Operator.EQUALS else bool(said) and not is_same


def _compared(value: Value) -> str:
    match value:
        case Choice():
            return value.code
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _read(
    items: tuple[Item, ...],
    fields: Mapping[str, str],
    values: dict[str, tuple[Value, ...]],
    wrong: list[Wrong],
) -> None:
    for item in items:
        if not is_asked(item, values):
            continue
        if item.type is ItemType.GROUP:
            _read(item.items, fields, values, wrong)
        elif item.type is not ItemType.DISPLAY:
            _answer(item, fields, values, wrong)
            _read(item.items, fields, values, wrong)


def _answer(
    item: Item,
    fields: Mapping[str, str],
    values: dict[str, tuple[Value, ...]],
    wrong: list[Wrong],
) -> None:
    try:
        found = tuple(_values(item, fields))
    except ValueError as error:
        wrong.append(Wrong(_first_field(item), f"{item.text}: {error}"))
        return
    if found:
        values[item.link] = found
    elif item.is_required:
        wrong.append(Wrong(_first_field(item), f"{item.text}: this is needed."))


def _first_field(item: Item) -> str:
    if item.type is ItemType.DATE:
        return field_of(item, "day")
    return field_of(item, "0") if item.repeats else field_of(item)


def _values(item: Item, fields: Mapping[str, str]) -> Iterator[Value]:
    """Yields the answers to one question; ValueError with a sentence for what is none."""
    if item.type in (ItemType.CHOICE, ItemType.OPEN_CHOICE):
        yield from _chosen(item, fields)
        return
    if item.type is ItemType.DATE:
        yield from _date(item, fields)
        return
    text = fields.get(field_of(item), "").strip()
    if text:
        yield _single(item, text)


def _single(item: Item, text: str) -> Value:
    if item.type is ItemType.BOOLEAN:
        if text not in _FLAGS:
            raise ValueError("choose yes or no.")
        return _FLAGS[text]
    if item.type in _DECIMALS or item.type is ItemType.INTEGER:
        return _number(item, text)
    if len(text) > item.longest:
        raise ValueError(f"write at most {item.longest} letters.")
    return text.replace("\r\n", "\n")


def _number(item: Item, text: str) -> Decimal | int:
    plain = text.replace(",", "").replace(" ", "")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise ValueError("write a number.") from None
    if not number.is_finite() or len(plain) > _LONGEST_NUMBER:
        raise ValueError("write a number.")
    if item.type is ItemType.INTEGER and number != number.to_integral_value():
        raise ValueError("write a whole number.")
    for bound, is_beyond, side in (
        (item.lowest, number.__lt__, "least"),
        (item.highest, number.__gt__, "most"),
    ):
        if bound and is_beyond(Decimal(bound)):
            raise ValueError(f"it is at {side} {bound} {item.unit}".rstrip() + ".")
    return int(number) if item.type is ItemType.INTEGER else number


def _chosen(item: Item, fields: Mapping[str, str]) -> Iterator[Value]:
    names = [field_of(item)]
    if item.repeats:
        names = [field_of(item, str(at)) for at in range(len(item.choices))]
    by_code = {one.code: one for one in item.choices}
    for name in names:
        code = fields.get(name, "")
        if code in by_code:
            yield by_code[code]
        elif code and not (code == _OTHER and item.type is ItemType.OPEN_CHOICE):
            raise ValueError("choose one of the answers.")
    if item.type is ItemType.OPEN_CHOICE:
        own = fields.get(field_of(item, _OTHER), "").strip()
        if len(own) > item.longest:
            raise ValueError(f"write at most {item.longest} letters.")
        if own:
            yield own


def _date(item: Item, fields: Mapping[str, str]) -> Iterator[date]:
    parts = [fields.get(field_of(item, part), "").strip() for part in _DATE_PARTS]
    if not any(parts):
        return
    yield date_from(*parts)


def date_from(day: str, month: str, year: str) -> date:
    """Returns the date of three fields; ValueError, with a sentence, for what is none."""
    if not all(one.isascii() and one.isdigit() and len(one) <= 4 for one in (day, month, year)):
        raise ValueError("write day, month and year in figures.")
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError("there is no such date.") from None
    if found.year < _EARLIEST:
        raise ValueError("write the year in four figures.")
    return found
