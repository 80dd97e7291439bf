"""One condition of a query as it was asked, and the ways to refuse it."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import NoReturn

from careweave.record._keys import Keys
from careweave.record._nodes import Parameter, Prefix
from careweave.record._parameters import Definition
from careweave.terms import Incorrect

_ESCAPED = re.compile(r"\\([\\,|$])")
_PREFIX = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)(?=[0-9+.-])")
_PUBLIC_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for the whole query: keys, zone of times without one, now, our address."""

    keys: Keys
    zone: tzinfo
    now: datetime
    base_url: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One parameter with its modifier and alternative values, still escaped.

    `given` is its name as written. `parts` come after the parameter in every key: the first
    component of a composite.
    """

    definition: Definition
    given: str
    modifier: str | None
    values: tuple[str, ...]
    setting: Setting
    parts: tuple[str, ...] = ()

    @property
    def parameter(self) -> Parameter:
        """The parameter asked for."""
        return self.definition.parameter

    def key(self, *parts: str) -> int:
        """Returns a key of the parameter."""
        parameter = self.parameter
        return self.setting.keys.of(parameter.type, parameter.name, *self.parts, *parts)

    def with_values(self, *values: str) -> "Asked":
        """Returns the same question with other values."""
        return replace(self, values=values)

    def refuse(self, message: str) -> NoReturn:
        """Refuses the value. The message never holds it."""
        raise Incorrect(message, where=self.given)

    def refuse_modifier(self) -> NoReturn:
        """Refuses the modifier."""
        message = f"The modifier :{self.modifier} is not supported for this parameter."
        raise Incorrect(message, where=self.given, code="not-supported")


def split(text: str, separator: str) -> list[str]:
    """Returns the parts between separators that no backslash escapes; escapes stay.

    Source: FHIR R4 4.0.1, search.html 3.1.1.4.17.
    """
    if "\\" not in text:
        return text.split(separator)
    parts, start, at = [], 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == separator:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]


def plain(text: str) -> str:
    """Returns a text without its escapes."""
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def prefixed(asked: Asked, text: str) -> tuple[Prefix, str]:
    """Returns the comparison and the rest of an ordered value."""
    found = _PREFIX.match(text)
    if found:
        return Prefix(found[1]), text[2:]
    if text[:1].isalpha():
        asked.refuse("The prefix is none of eq, ne, gt, lt, ge, le, sa, eb, ap.")
    return Prefix.EQ, text


def is_public_id(text: str) -> bool:
    """Returns whether the text has the form of a logical id."""
    return _PUBLIC_ID.fullmatch(text) is not None
