"""A form as its region declares it: a FHIR Questionnaire, in the subset that our pages can show.

Whatever the subset does not have is refused by name when the form is read, never when it is shown.
Source: FHIR R4 4.0.1 Questionnaire; SDC 3.0.0, of which the unit alone is taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from careweave.terms import Json, Role


class Kind(StrEnum):
    """What a form becomes: measured values, a text, a warning, or a person's own words."""

    OBSERVATION = "observation"
    NOTE = "note"
    ALERT = "alert"
    ABOUT_ME = "about-me"


class ItemType(StrEnum):
    """The kinds of question that our pages can ask. Source: FHIR R4 4.0.1 item-type."""

    GROUP = "group"
    DISPLAY = "display"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE = "date"
    STRING = "string"
    TEXT = "text"
    CHOICE = "choice"
    OPEN_CHOICE = "open-choice"
    QUANTITY = "quantity"


class Operator(StrEnum):
    """How a condition compares. Source: FHIR R4 4.0.1 questionnaire-enable-operator."""

    EXISTS = "exists"
    EQUALS = "="
    DIFFERS = "!="


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that may be chosen."""

    code: str
    display: str
    system: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """When a question is asked: by the answer to an earlier one, as it is posted."""

    question: str
    operator: Operator
    answer: str


@dataclass(frozen=True, slots=True)
class Item:
    """One question, or a group of them.

    `link` names it in the form. `code` is what a measured value is of, `unit` in what it is
    measured. `asked_if` are the conditions, all of which must hold, or with `is_any` one of them.
    """

    link: str
    type: ItemType
    text: str
    is_required: bool = False
    repeats: bool = False
    longest: int = 4000
    choices: tuple[Choice, ...] = ()
    code: tuple[Mapping[str, Json], ...] = ()
    unit: str = ""
    lowest: str = ""
    highest: str = ""
    items: tuple["Item", ...] = ()
    asked_if: tuple[Condition, ...] = ()
    is_any: bool = False

    @property
    def every(self) -> tuple["Item", ...]:
        """Returns the question with those inside it, in the order in which they are asked."""
        return (self, *(one for inner in self.items for one in inner.every))


@dataclass(frozen=True, slots=True)
class Questions:
    """One form: what it becomes, who may fill it in, and what it asks.

    `category` is the category of what it becomes, where its kind has one.
    """

    name: str
    url: str
    version: str
    title: str
    kind: Kind
    roles: frozenset[Role]
    items: tuple[Item, ...]
    about: str = ""
    category: tuple[Mapping[str, Json], ...] = ()

    @property
    def every(self) -> tuple[Item, ...]:
        """Returns all questions in the order in which they are asked."""
        return tuple(one for item in self.items for one in item.every)
