"""What each kind of fact is in the record: its heading, and the label that its source gives."""

from functools import cache

from careweave.demonstration._model import Fact
from careweave.terms import Heading, Label

_HEADINGS = {
    "ABM": "about-me",
    "ADM": "stay",
    "ALG": "allergy none-known",
    "ALR": "flag",
    "ASM": "assessment score",
    "CON": "visit emergency note incident episode",
    "CSP": "goal plan strength",
    "DOC": "document",
    "EOL": "cpr place ceiling prognosis",
    "EQP": "equipment device",
    "EXM": "exam sign",
    "FAM": "family",
    "FRM": "formulation",
    "FUT": "appointment",
    "INV": "result",
    "IRQ": "request",
    "LEG": "legal section lpa legal-status dols capacity dissent",
    "MED": "medicine statement dispensed given complete",
    "PER": "contact",
    "PLN": "task",
    "PRB": "problem",
    "PRC": "procedure",
    "PRG": "pregnancy",
    "PRO": "team",
    "PSR": "support-reason",
    "REF": "referral activity",
    "REQ": "need",
    "RES": "research",
    "RSK": "risk",
    "SAF": "concern",
    "SOC": "social accommodation",
    "SVC": "package residence placement",
    "VAC": "vaccination",
}
# The code decides over the kind. Source: reference/record.md 4.3.
_BY_CODE = {
    "demo-crisis-plan": "CTG",
    "demo-contingency-plan": "CTG",
    "demo-plan-behaviour": "ASP",
    "demo-eol-plan": "EOL",
    "demo-child-protection-plan": "SAF",
    "demo-child-protection": "SAF",
    "demo-safeguarding-concern": "SAF",
    "demo-discharge-summary": "DIS",
    "demo-therapy-note": "FRM",
    "734163000": "CSP",
    "demo-mobility": "REQ",
}
# Or what the kind is of.
_BY_SORT = {
    ("flag", "adjustment"): "REQ",
    ("flag", "child-protection"): "SAF",
    ("flag", "key-safe"): "SOC",
    ("plan", "LAC"): "SAF",
    ("plan", "CP"): "SAF",
    ("plan", "UNBORN"): "SAF",
    ("document", "respect"): "EOL",
}
# Or who says it: an episode of the hospice is a service, one of a caseload a contact.
_BY_DESK = {("HOS", "episode"): "SVC", ("HOS", "plan"): "EOL"}
_SUBJECT = frozenset({"S11", "S12"})
_UNTOLD = frozenset({"silent", "voice"})


def heading_of(fact: Fact, desk: str) -> Heading | None:
    """Returns the heading of what a fact becomes; None for what is only part of the person."""
    told = (
        fact.word("heading")
        or _BY_CODE.get(fact.word("code"))
        or _BY_SORT.get((fact.kind, fact.word("sort")))
        or _BY_DESK.get((desk, fact.kind))
        or _by_kind().get(fact.kind)
    )
    if fact.kind == "home-visit":
        told = "FUT" if fact.word("status", "done") in {"planned", "cancelled", "missed"} else "CON"
    return Heading(told) if told else None


@cache
def _by_kind() -> dict[str, str]:
    return {kind: heading for heading, kinds in _HEADINGS.items() for kind in kinds.split()}


def label_of(fact: Fact) -> Label | None:
    """Returns the label that a fact must carry because of its class, None for none."""
    name = fact.word("label") or fact.word("class")
    return None if not name or name in _SUBJECT else Label(name)


def is_told(fact: Fact) -> bool:
    """Says whether a system tells a fact at all; a voice may be a silence or a way of writing."""
    return fact.kind not in _UNTOLD
