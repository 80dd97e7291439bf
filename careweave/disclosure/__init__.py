"""The way out: decides what a caller may see, fetches exactly that, and accounts for it first."""

from careweave.disclosure._alerts import Alert, Notice, alert
from careweave.disclosure._applying import Planned, Through, apply, plan
from careweave.disclosure._asking import Asking, Disclosed, Inside, Outlet, Page, Way
from careweave.disclosure._audit_export import export_audit
from careweave.disclosure._compared import FIELDS, Compared, compare
from careweave.disclosure._criteria import Criteria, Span, Word
from careweave.disclosure._cross import Crossed, cross
from careweave.disclosure._disclosing import disclose, explain, may
from careweave.disclosure._effect import Effect, Effects, effects
from careweave.disclosure._entitled import Because, Said
from careweave.disclosure._entry import EntryVersion, ShownEntry, entry
from careweave.disclosure._episodes import (
    Opened,
    end_all_episodes,
    end_episodes,
    may_state,
    open_episode,
)
from careweave.disclosure._everything import everything
from careweave.disclosure._exactly import match
from careweave.disclosure._find import find
from careweave.disclosure._finding import parameters, search
from careweave.disclosure._ingredients import Ingredients
from careweave.disclosure._interactions import Checked
from careweave.disclosure._lists import CLINICAL, listed
from careweave.disclosure._lists_people import Listed, ListKind, People, people_of
from careweave.disclosure._live_questions import LiveQuestions, live_questions
from careweave.disclosure._looked import audited, looked
from careweave.disclosure._looks import Look
from careweave.disclosure._mandates import (
    KeptOrder,
    Order,
    end_mandate,
    enter_mandate,
    mandates,
)
from careweave.disclosure._masked import asks, whole
from careweave.disclosure._match import Matched, Matches
from careweave.disclosure._offline import OfflineLook, note_opened
from careweave.disclosure._own import Access, my_accesses
from careweave.disclosure._pairs import Interaction, Pairs, read_pairs
from careweave.disclosure._problems import (
    Problem,
    Remedy,
    Wrongness,
    answer_problem,
    problems,
    problems_of,
    report_problem,
)
from careweave.disclosure._prospects import Expected
from careweave.disclosure._reading import history, read
from careweave.disclosure._recall import Recall, ShownTo, recall
from careweave.disclosure._redact import is_partial
from careweave.disclosure._refusing import refuse
from careweave.disclosure._region_files import RegionFiles, region_files
from careweave.disclosure._replay import ShownAgain, as_shown
from careweave.disclosure._review_queue import (
    Finding,
    PageShown,
    Review,
    broken_glass,
    claim_review,
    pages_under,
    release,
    review,
    reviews,
    shown_under,
)
from careweave.disclosure._shown import (
    DOCUMENTS,
    FeedLine,
    FeedState,
    Indicator,
    Mark,
    OpenEpisode,
    OrganisationShown,
    ShownPerson,
    Wanted,
)
from careweave.disclosure._sight import View, sight, view
from careweave.disclosure._standing import Standing, open_episodes, standing
from careweave.disclosure._watching import watch
from careweave.disclosure._who import Who, who
from careweave.disclosure._worlds import begin, look_again, world
from careweave.record import After, Line, Parameter, Row

__all__ = [
    "CLINICAL",
    "DOCUMENTS",
    "FIELDS",
    "Access",
    "After",
    "Alert",
    "Asking",
    "Because",
    "Checked",
    "Compared",
    "Criteria",
    "Crossed",
    "Disclosed",
    "Effect",
    "Effects",
    "EntryVersion",
    "Expected",
    "FeedLine",
    "FeedState",
    "Finding",
    "Indicator",
    "Ingredients",
    "Inside",
    "Interaction",
    "KeptOrder",
    "Line",
    "ListKind",
    "Listed",
    "LiveQuestions",
    "Look",
    "Mark",
    "Matched",
    "Matches",
    "Notice",
    "OfflineLook",
    "OpenEpisode",
    "Opened",
    "Order",
    "OrganisationShown",
    "Outlet",
    "Page",
    "PageShown",
    "Pairs",
    "Parameter",
    "People",
    "Planned",
    "Problem",
    "Recall",
    "RegionFiles",
    "Remedy",
    "Review",
    "Row",
    "Said",
    "ShownAgain",
    "ShownEntry",
    "ShownPerson",
    "ShownTo",
    "Span",
    "Standing",
    "Through",
    "View",
    "Wanted",
    "Way",
    "Who",
    "Word",
    "Wrongness",
    "alert",
    "answer_problem",
    "apply",
    "as_shown",
    "asks",
    "audited",
    "begin",
    "broken_glass",
    "claim_review",
    "compare",
    "cross",
    "disclose",
    "effects",
    "end_all_episodes",
    "end_episodes",
    "end_mandate",
    "enter_mandate",
    "entry",
    "everything",
    "explain",
    "export_audit",
    "find",
    "history",
    "is_partial",
    "listed",
    "live_questions",
    "look_again",
    "looked",
    "mandates",
    "match",
    "may",
    "may_state",
    "my_accesses",
    "note_opened",
    "open_episode",
    "open_episodes",
    "pages_under",
    "parameters",
    "people_of",
    "plan",
    "problems",
    "problems_of",
    "read",
    "read_pairs",
    "recall",
    "refuse",
    "region_files",
    "release",
    "report_problem",
    "review",
    "reviews",
    "search",
    "shown_under",
    "sight",
    "standing",
    "view",
    "watch",
    "who",
    "whole",
    "world",
]
