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

__all__ = [
    "Banner",
    "Detail",
    "Fact",
    "Group",
    "Overview",
    "Quantity",
    "Question",
    "Section",
    "SourceLine",
    "State",
    "Voice",
    "When",
    "Widget",
]
