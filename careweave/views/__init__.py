"""What each role needs on one page: from what was disclosed to what a page prints; pure."""

from careweave.views._banner import banner
from careweave.views._check import FOLDER, checked_views, national, read_views
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
from careweave.views._definition import Definition, Views
from careweave.views._making import Audience, Making, Say, english
from careweave.views._overview import overview
from careweave.views._plain import fact_of
from careweave.views._sections import section

__all__ = [
    "FOLDER",
    "Audience",
    "Banner",
    "Definition",
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
    "Views",
    "Voice",
    "When",
    "Widget",
    "banner",
    "checked_views",
    "english",
    "fact_of",
    "national",
    "overview",
    "read_views",
    "section",
]
