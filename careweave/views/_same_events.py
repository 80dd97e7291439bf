"""When two entries are the same event or the same paper, received twice.

Source: `reference/record.md` 3.1, VAC, PRC, DOC.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress

from careweave.disclosure import ShownPerson
from careweave.views import _fhir as fhir
from careweave.views._context import Fact
from careweave.views._format import day_of, instant_of
from careweave.views._making import Making
from careweave.views._meaning import named_by
from careweave.views._voice import Spoken
from careweave.views._voices import Saying, organisation

_CODED = ("vaccineCode", "code", "type")


def day_in_zone(one: Spoken, making: Making) -> str:
    """Returns the day of an entry in the region's zone, "" where it has no full date."""
    exact = instant_of(one.date)
    if exact is not None:
        return exact.astimezone(making.zone).date().isoformat()
    on = day_of(one.date)
    return one.date if on is not None and one.date == on.isoformat() else ""


def once_a_day(one: Spoken, alone: Fact, shown: ShownPerson, making: Making) -> Iterable[Saying]:
    """Yields an entry as the same thing as others of its code on its day."""
    day = day_in_zone(one, making)
    status = fhir.words(one.value.get("status"))
    keys = [f"{key}@{day}/{status}" for key in _names(one, alone)] if day else []
    yield _saying(one, alone, shown, making, keys)


def document(one: Spoken, alone: Fact, shown: ShownPerson, making: Making) -> Iterable[Saying]:
    """Yields a document as the same as others of its kind and day with one hash, number or name."""
    day = day_in_zone(one, making)
    marks = tuple(dict.fromkeys(_marks(one.value))) if day else ()
    keys = [f"{key}@{day}#{mark}" for key in _names(one, alone) for mark in marks]
    yield _saying(one, alone, shown, making, keys)


def _names(one: Spoken, alone: Fact) -> Iterator[str]:
    for name in _CODED:
        if name in one.value:
            yield from named_by(one.value.get(name), alone.title, None)
            return


def _marks(value: fhir.Value) -> Iterator[str]:
    """Yields what makes a paper this one: its hash, its numbers, the name of its file."""
    for content in fhir.items(value.get("content")):
        attachment = fhir.table(content.get("attachment"))
        if said := fhir.words(attachment.get("hash")) or _hash(attachment):
            yield f"hash:{said}"
        if (name := fhir.words(attachment.get("title"))) and "." in name:
            yield f"file:{name.casefold()}"
    for number in (
        *fhir.items(value.get("masterIdentifier")),
        *fhir.items(value.get("identifier")),
    ):
        if said := fhir.words(number.get("value")):
            is_file = "." in said and not fhir.words(number.get("system"))
            yield f"file:{said.casefold()}" if is_file else f"number:{said}"


def _hash(attachment: fhir.Value) -> str:
    data = attachment.get("data")
    with suppress(ValueError):
        if isinstance(data, str) and data:
            # FHIR gives the SHA-1 of an attachment: a name of its bytes, and no protection of them.
            digest = hashlib.sha1(base64.b64decode(data), usedforsecurity=False).digest()
            return base64.b64encode(digest).decode()
    return ""


def _saying(
    one: Spoken, alone: Fact, shown: ShownPerson, making: Making, keys: Iterable[str]
) -> Saying:
    slug, kind = organisation(one, shown, making)
    own = f"entry:{one.row.type}/{one.row.id}"
    found = frozenset(keys) or frozenset([own])
    return Saying(one, slug, kind, found, alone.title, "", alone.voices[0])
