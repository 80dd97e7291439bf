"""What a view is made with: the moment, the zone, the words and the handles of one page."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from careweave.views._clinical import Clinical, clinical_defaults
from careweave.views._terms import Terms, national_terms

Say = Callable[..., str]
"""Gives a sentence in the reader's language: `say("Feeds healthy at {time}", time=...)`.

The English text is the key of the catalogue.
"""


class Audience(StrEnum):
    """For whom a value is written."""

    PROFESSIONAL = "professional"
    CITIZEN = "citizen"


def english(text: str, /, **values: object) -> str:
    """Returns a sentence in English, which is its own key."""
    return text.format(**values) if values else text


@dataclass(frozen=True, slots=True)
class Making:
    """How one page is made: pure views take the time, handles and words from it.

    `now` is aware; `handle` gives the opaque name of an entry, by its type and id, in this session;
    `terms` are the region's words for units and codes, `clinical` its lists of medicines and facts.
    """

    now: datetime
    zone: ZoneInfo
    handle: Callable[[str, str], str]
    say: Say = english
    audience: Audience = Audience.PROFESSIONAL
    terms: Terms = field(default_factory=national_terms)
    clinical: Clinical = field(default_factory=clinical_defaults)
