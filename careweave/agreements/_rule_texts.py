"""The rules of validation in words, for the reference. Source: `reference/agreements.md` 3.2."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its number, what it asks, and what happens where it is broken."""

    id: str
    text: str
    effect: str


_REFUSED: Final = "refused"
_IDLE: Final = "not in force"
_WARNING: Final = "warning"

RULES: Final = (
    Rule("YAML", "the file can be read safely", _REFUSED),
    Rule("FORM", "every field is known, of its kind, and there where it must be", _REFUSED),
    Rule("RULES", "a table of `region/roles/` is complete and its words are known", _REFUSED),
    Rule(
        "V1",
        "every name resolves: organisations, roles, headings, labels, purposes, ties, actions, "
        "metrics, jurisdictions and what they know, areas, cohorts; who gives or takes is a party; "
        "one version stands in one file",
        _REFUSED,
    ),
    Rule(
        "V2",
        "each clause's purpose is one of the objective; secondary purposes are in `secondary-use` "
        "only, and nothing else is",
        _REFUSED,
    ),
    Rule(
        "V3",
        "care asks for a relationship, is about somebody identified and for roles of care; an "
        "emergency opens `TREAT`, `ETREAT` and `SAFEG` only; `HLEGAL` asks for a mandate; that an "
        "objection does not count in care is a warning",
        _REFUSED,
    ),
    Rule(
        "V4",
        "secondary use: no relationship, a project, no emergency, `aggregate` and `export` only, "
        "choices of people named, every level D, role AN; what is not identified is of level D",
        _REFUSED,
    ),
    Rule(
        "V5",
        "`person-access`: `PATRQT` for CI by `self`, `FAMRQT` for PX by `grant`; never S6 or S7",
        _REFUSED,
    ),
    Rule(
        "V6",
        "no clause carries S8, V, S11 or S12; S2 and S4 only on the basis `explicit-consent`",
        _REFUSED,
    ),
    Rule("V7", "the role matrix gives each heading to one of the clause's roles", _WARNING),
    Rule("V8", "no level is above the role matrix; the matrix caps it", _WARNING),
    Rule("V8a", "what raises the matrix has an owner and ends with the agreement", _REFUSED),
    Rule(
        "V9",
        "it has begun and not ended, the review is due within its time, and no later version of "
        "it is in force; longer than three years, or an end within 30 days, is a warning",
        _IDLE,
    ),
    Rule(
        "V10",
        "every party has signed what the file says, with a key of its own that was in date; keys "
        "of a demonstration count in a demonstration only",
        _IDLE,
    ),
    Rule("V11", "every party's assurance is met and in date; 30 days before, a warning", _IDLE),
    Rule("V12", "the impact assessment was approved before it began", _IDLE),
    Rule(
        "V13",
        "soft is not above hard; pages have at most 500 rows; one person per request but with "
        "`list`, `find` (five) or for secondary use",
        _REFUSED,
    ),
    Rule("V14", "the feed keeps the promise of freshness already (95 of 100 in 28 days)", _WARNING),
    Rule("V15", "nobody shares with oneself alone, but for what people ask for", _REFUSED),
    Rule("V16", "written out and read again, the file says the same", _REFUSED),
    Rule(
        "V17",
        "`PATADMIN` if and only if `[find]`: DEM only, roles of care, no emergency, no "
        "relationship, but for CH its own residents or packages",
        _REFUSED,
    ),
)
"""Every rule, in the order of the reference."""
