"""The longitudinal record: append, as-of, search, timeline and ties, sealed behind a sight."""

from careweave.record._append import append
from careweave.record._changes import Appended, Change, Held, Op
from careweave.record._dictionaries import Dictionaries, dictionaries
from careweave.record._entries import Rows, as_of, entries_of, timeline
from careweave.record._growth import open_source
from careweave.record._held import held, taken
from careweave.record._history import HistoryPage, history
from careweave.record._keyring import keys
from careweave.record._keys import Keys
from careweave.record._nodes import Kind, Parameter, Search
from careweave.record._parameters import parameters
from careweave.record._prepare import prepare
from careweave.record._prepared import Prepared, TieProof
from careweave.record._query import parse
from careweave.record._read import located, read
from careweave.record._row import Row
from careweave.record._subjects import subjects, subjects_of

__all__ = [
    "Appended",
    "Change",
    "Dictionaries",
    "Held",
    "HistoryPage",
    "Keys",
    "Kind",
    "Op",
    "Parameter",
    "Prepared",
    "Row",
    "Rows",
    "Search",
    "TieProof",
    "append",
    "as_of",
    "dictionaries",
    "entries_of",
    "held",
    "history",
    "keys",
    "located",
    "open_source",
    "parameters",
    "parse",
    "prepare",
    "read",
    "subjects",
    "subjects_of",
    "taken",
    "timeline",
]
