"""Whose record is it: demographics compared, linked to a person, explained and taken back."""

from careweave.identity._acts import join, keep_apart, link, not_same, seal, unfreeze
from careweave.identity._again import Looking
from careweave.identity._alike import Alike, alike, is_namesake
from careweave.identity._answering import Answer, Answered, claim, decide, undo
from careweave.identity._asking import Ask, Candidate, Item, open_reviews, queue, review_item
from careweave.identity._by import By, Ground, Method
from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenContact,
    WrittenName,
    WrittenNumber,
)
from careweave.identity._explain import Explanation, explain
from careweave.identity._feed_links import apply_links
from careweave.identity._find import everybody, find
from careweave.identity._force import (
    KeptModel,
    activate_model,
    count_terms,
    means,
    model_in_force,
    model_to_try,
    models,
)
from careweave.identity._history import (
    Belonging,
    Happened,
    Interval,
    Membership,
    Ruled,
    check_projection,
    confidence,
    current,
    decision_of,
    history,
    members,
    misattributed,
    person_of,
    rebuilt_membership,
)
from careweave.identity._incoming import (
    Hazards,
    Incoming,
    Means,
    NumberTrust,
    SourcePolicy,
    no_hazards,
)
from careweave.identity._inverting import invert, unmerge_local
from careweave.identity._journal import Acted
from careweave.identity._leaving import Leaving, forget, members_sum, retire
from careweave.identity._load import Loaded, load
from careweave.identity._lookup import count_hot_keys
from careweave.identity._merging import merge_local
from careweave.identity._model import load_model
from careweave.identity._norm import Name, Norm
from careweave.identity._normalise import normalise
from careweave.identity._outcome import Change, Event, Grade, Outcome, Ranked
from careweave.identity._read_patient import demographics
from careweave.identity._region_rules import keep_rules, rules_in_force, rules_of
from careweave.identity._resolve import lock, resolve
from careweave.identity._rules import rules
from careweave.identity._settling import Settled, settle
from careweave.identity._shadow import Shadow, Would, shadow
from careweave.identity._shared import LikelyPlaceholder, count_shared_values, likely_placeholders
from careweave.identity._splink_export import adopt_splink, export_splink
from careweave.identity._splitting import split, unlink
from careweave.identity._standing import Standing, standings, together
from careweave.identity._sweep import Swept, sweep

__all__ = [
    "Acted",
    "Alike",
    "Answer",
    "Answered",
    "Ask",
    "Belonging",
    "By",
    "Candidate",
    "Change",
    "Demographics",
    "Event",
    "Explanation",
    "Grade",
    "Ground",
    "Happened",
    "Hazards",
    "Incoming",
    "Interval",
    "Item",
    "KeptModel",
    "Leaving",
    "LikelyPlaceholder",
    "Loaded",
    "Looking",
    "Means",
    "Membership",
    "Method",
    "Name",
    "Norm",
    "NumberTrust",
    "Outcome",
    "Ranked",
    "Ruled",
    "Settled",
    "Shadow",
    "SourcePolicy",
    "Standing",
    "Swept",
    "Would",
    "WrittenAddress",
    "WrittenContact",
    "WrittenName",
    "WrittenNumber",
    "activate_model",
    "adopt_splink",
    "alike",
    "apply_links",
    "check_projection",
    "claim",
    "confidence",
    "count_hot_keys",
    "count_shared_values",
    "count_terms",
    "current",
    "decide",
    "decision_of",
    "demographics",
    "everybody",
    "explain",
    "export_splink",
    "find",
    "forget",
    "history",
    "invert",
    "is_namesake",
    "join",
    "keep_apart",
    "keep_rules",
    "likely_placeholders",
    "link",
    "load",
    "load_model",
    "lock",
    "means",
    "members",
    "members_sum",
    "merge_local",
    "misattributed",
    "model_in_force",
    "model_to_try",
    "models",
    "no_hazards",
    "normalise",
    "not_same",
    "open_reviews",
    "person_of",
    "queue",
    "rebuilt_membership",
    "resolve",
    "retire",
    "review_item",
    "rules",
    "rules_in_force",
    "rules_of",
    "seal",
    "settle",
    "shadow",
    "split",
    "standings",
    "sweep",
    "together",
    "undo",
    "unfreeze",
    "unlink",
    "unmerge_local",
]
