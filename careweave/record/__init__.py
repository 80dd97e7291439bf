"""The longitudinal record: append, as-of, search, timeline and ties, sealed behind a sight."""

from careweave.record._append import append
from careweave.record._bearing import Bearing, bearing
from careweave.record._breadth import breadth
from careweave.record._changes import Appended, Change, Held, Op
from careweave.record._children import children
from careweave.record._choices import granted
from careweave.record._clearance import clear, tied
from careweave.record._compile_known import Known, know
from careweave.record._dictionaries import Dictionaries, dictionaries
from careweave.record._entries import Rows, as_of, as_of_dated, entries_of, timeline
from careweave.record._growth import open_source
from careweave.record._held import held, parents, taken
from careweave.record._history import HistoryPage, history
from careweave.record._keyring import keys
from careweave.record._keys import Keys
from careweave.record._links import (
    Fact,
    Link,
    Member,
    Stake,
    link,
    links_sum,
    members,
    note_facts,
    persons_of,
    stakes,
    with_fact,
)
from careweave.record._maintain import Erased, Finding, analyse, erase, faults, statistics
from careweave.record._nodes import Include, Kind, Parameter, Search, Summary, Total
from careweave.record._outline import Kept, Line, both, kinds, outline
from careweave.record._parameters import parameters
from careweave.record._prepare import prepare
from careweave.record._prepared import Prepared, TieProof
from careweave.record._query import parse
from careweave.record._reach import reach
from careweave.record._read import located, read
from careweave.record._receipts import Receipt, expire_receipts, keep_receipt, receipt
from careweave.record._row import Row
from careweave.record._search import Found, Match, find_ids, find_ids_each, search
from careweave.record._search_steps import is_plain
from careweave.record._subjects import subjects, subjects_of
from careweave.record._therapy import Taken, therapy
from careweave.record._tied_people import After, Tied, people_changed, people_tied

__all__ = [
    "After",
    "Appended",
    "Bearing",
    "Change",
    "Dictionaries",
    "Erased",
    "Fact",
    "Finding",
    "Found",
    "Held",
    "HistoryPage",
    "Include",
    "Kept",
    "Keys",
    "Kind",
    "Known",
    "Line",
    "Link",
    "Match",
    "Member",
    "Op",
    "Parameter",
    "Prepared",
    "Receipt",
    "Row",
    "Rows",
    "Search",
    "Stake",
    "Summary",
    "Taken",
    "TieProof",
    "Tied",
    "Total",
    "analyse",
    "append",
    "as_of",
    "as_of_dated",
    "bearing",
    "both",
    "breadth",
    "children",
    "clear",
    "dictionaries",
    "entries_of",
    "erase",
    "expire_receipts",
    "faults",
    "find_ids",
    "find_ids_each",
    "granted",
    "held",
    "history",
    "is_plain",
    "keep_receipt",
    "keys",
    "kinds",
    "know",
    "link",
    "links_sum",
    "located",
    "members",
    "note_facts",
    "open_source",
    "outline",
    "parameters",
    "parents",
    "parse",
    "people_changed",
    "people_tied",
    "persons_of",
    "prepare",
    "reach",
    "read",
    "receipt",
    "search",
    "stakes",
    "statistics",
    "subjects",
    "subjects_of",
    "taken",
    "therapy",
    "tied",
    "timeline",
    "with_fact",
]
