"""What each role needs on one page: from what was disclosed to what a page prints; pure."""

from careweave.views._context import (
    Banner,
    Detail,
    Fact,
    Group,
    Overview,
    Quantity,
    Question,
    Section,
    SourceLine,
    State,
    Voice,
    When,
    Widget,
)
from careweave.views._making import Audience, Making, Say, english

__all__ = [
    "Audience",
    "Banner",
    "Detail",
    "Fact",
    "Group",
    "Making",
    "Overview",
    "Quantity",
    "Question",
    "Say",
    "Section",
    "SourceLine",
    "State",
    "Voice",
    "When",
    "Widget",
    "english",
]
