"""What each role needs on one page: from what was disclosed to what a page prints; pure."""

from careweave.views._banner import banner
from careweave.views._cautions import cautions
from careweave.views._check import FOLDERS, checked_views, national, read_views
from careweave.views._clinical import Clinical, clinical_defaults, read_clinical
from careweave.views._clinical_context import Caution, Change, Point, Reconciliation, Trend, Turn
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
from careweave.views._definition import Definition, Views, wanted_for
from careweave.views._document import Content, contents, document_parts
from careweave.views._entry import entry_page
from careweave.views._format import clock_time, day, moment, nhs, recent, span, written, written_day
from careweave.views._headings import NAMED, Named, heading_of, slug_of
from careweave.views._making import Audience, Making, Say, english
from careweave.views._overview import overview
from careweave.views._papers import documents
from careweave.views._person_line import PersonLine, person_line
from careweave.views._plain import fact_of
from careweave.views._plans_eol import decision
from careweave.views._reconcile import reconciliation
from careweave.views._record_context import DocumentPart, EntryPage, VersionLine
from careweave.views._reference import reference
from careweave.views._results import trends
from careweave.views._sections import section
from careweave.views._texts import texts
from careweave.views._timeline import ALL, Chosen, timeline, wanted_for_timeline
from careweave.views._timeline_context import (
    Choice,
    Timeline,
    TimelineGap,
    TimelineItem,
    TimelineRow,
)

__all__ = [
    "ALL",
    "FOLDERS",
    "NAMED",
    "Audience",
    "Banner",
    "Caution",
    "Change",
    "Choice",
    "Chosen",
    "Clinical",
    "Content",
    "Definition",
    "Detail",
    "DocumentPart",
    "EntryPage",
    "Fact",
    "Group",
    "Making",
    "Named",
    "Overview",
    "PersonLine",
    "Point",
    "Quantity",
    "Question",
    "Reconciliation",
    "Say",
    "Section",
    "SourceLine",
    "State",
    "Timeline",
    "TimelineGap",
    "TimelineItem",
    "TimelineRow",
    "Trend",
    "Turn",
    "VersionLine",
    "Views",
    "Voice",
    "When",
    "Widget",
    "banner",
    "cautions",
    "checked_views",
    "clinical_defaults",
    "clock_time",
    "contents",
    "day",
    "decision",
    "document_parts",
    "documents",
    "english",
    "entry_page",
    "fact_of",
    "heading_of",
    "moment",
    "national",
    "nhs",
    "overview",
    "person_line",
    "read_clinical",
    "read_views",
    "recent",
    "reconciliation",
    "reference",
    "section",
    "slug_of",
    "span",
    "texts",
    "timeline",
    "trends",
    "wanted_for",
    "wanted_for_timeline",
    "written",
    "written_day",
]
