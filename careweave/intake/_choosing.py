"""What an entry states of choices: a Consent, or a code by which a record is kept from other uses.

Source: reference/agreements.md section 8.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from careweave.agreements import Choice, ChoiceKind, ConsentWords, ReadConsent, read_consent
from careweave.formats import Resource
from careweave.intake._facts import at
from careweave.intake._labels import LabelRules
from careweave.intake._nodes import Node, node, text, texts
from careweave.terms import Json, Label, Purpose

_SAYS_NOTHING = ReadConsent()
_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ChoiceRules:
    """What codes in a Consent stand for, and the value set whose codes are a type 1 opt-out."""

    words: ConsentWords
    type_1: str


def read_choices(rules: Node, labels: LabelRules) -> ChoiceRules:
    """Returns the rules of a file of kind choice-rules/1, with what labels.yaml says of codes."""
    bars = frozenset(map(Label, texts(rules, "law_bars")))
    purposes = {_pair(key): Purpose(str(one)) for key, one in node(rules["purposes"]).items()}
    words = ConsentWords(
        labels={
            (system, code): label
            for system in labels.sensitivity_systems
            for code, label in labels.sensitivity.items()
        },
        degrees={
            (system, code): allowed
            for system in labels.confidentiality_systems
            for codes, allowed in (
                (labels.ordinary, frozenset[Label]()),
                (labels.restricted, frozenset(Label) - bars),
                (labels.very_restricted, frozenset(Label)),
            )
            for code in codes
        },
        purposes=purposes,
    )
    return ChoiceRules(words, text(rules, "type_1"))


def choices_of(
    said: Resource, rules: ChoiceRules, sets_of: Mapping[str, tuple[str, ...]], zone: tzinfo
) -> ReadConsent:
    """Returns what an entry states of choices, and what was not understood."""
    if said.type == "Consent":
        return read_consent(said.value, zone, rules.words)
    if any(rules.type_1 in sets_of.get(code, ()) for code in _codes(said.value)):
        return ReadConsent((Choice(ChoiceKind.TYPE_1, _ALWAYS),))
    return _SAYS_NOTHING


def _codes(value: Mapping[str, Json]) -> list[str]:
    if "code" not in value:
        return []
    return [
        f"{coding.get('system', '')}|{coding.get('code', '')}"
        for coding in at(value, "code.coding")
        if isinstance(coding, dict)
    ]


def _pair(key: str) -> tuple[str, str]:
    system, _, code = key.rpartition("|")
    return system, code
