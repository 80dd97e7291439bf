"""Sensitivity labels: what adds them, and how they pass from parents to what is derived.

Source: reference/record.md 6.1, 6.2. Labels are only ever added here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from careweave.intake._facts import Context, SourceSettings, at
from careweave.intake._nodes import Node, node, texts
from careweave.terms import LABEL_SYSTEM, Heading, Json, Label

K = TypeVar("K")
_NO_LABELS: frozenset[Label] = frozenset()
_OF_SUBJECT = "label-of-subject"
_LABELS: Mapping[str, Label] = {label.value: label for label in Label}


@dataclass(frozen=True, slots=True)
class LabelRules:
    """The label rules, ready to look up."""

    sensitivity_systems: frozenset[str]
    sensitivity: Mapping[str, Label]
    confidentiality_systems: frozenset[str]
    very_restricted: frozenset[str]
    restricted: frozenset[str]
    restricted_else: Label
    ordinary: frozenset[str]
    facts_of_subject: frozenset[str]
    restricted_facts: frozenset[str]
    protected_address: str
    watched: str
    value_sets: Mapping[str, Label]
    services: Mapping[str, frozenset[Label]]
    headings: Mapping[Heading, frozenset[Label]]
    exclusive_headings: frozenset[Heading]
    exclusive_labels: frozenset[Label]
    young_from: int
    young_until: int
    young_labels: frozenset[Label]


def read_labels(rules: Node) -> LabelRules:
    """Returns the label rules of a file of kind label-rules/1."""
    young = node(rules["young_person"])
    return LabelRules(
        sensitivity_systems=frozenset(texts(rules, "sensitivity_systems")),
        sensitivity=_labels_by(rules, "sensitivity"),
        confidentiality_systems=frozenset(texts(rules, "confidentiality_systems")),
        very_restricted=frozenset(texts(rules, "very_restricted")),
        restricted=frozenset(texts(rules, "restricted")),
        restricted_else=Label(str(rules["restricted_else"])),
        ordinary=frozenset(texts(rules, "ordinary")),
        facts_of_subject=frozenset(texts(rules, "facts_of_subject")),
        restricted_facts=frozenset(texts(rules, "restricted_facts")),
        protected_address=str(rules["protected_address"]),
        watched=str(rules["watched"]),
        value_sets=_labels_by(rules, "value_sets"),
        services={key: _label_set(node(rules["services"]), key) for key in node(rules["services"])},
        headings={
            Heading(key): _label_set(node(rules["headings"]), key)
            for key in node(rules["headings"])
        },
        exclusive_headings=frozenset(map(Heading, texts(rules, "exclusive_headings"))),
        exclusive_labels=frozenset(map(Label, texts(rules, "exclusive_labels"))),
        young_from=int(str(young["from"])),
        young_until=int(str(young["until"])),
        young_labels=_label_set(young, "labels"),
    )


def _labels_by(rules: Node, key: str) -> Mapping[str, Label]:
    return {str(code): Label(str(label)) for code, label in node(rules[key]).items()}


def _label_set(parent: Node, key: str) -> frozenset[Label]:
    return frozenset(map(Label, texts(parent, key)))


@dataclass(frozen=True, slots=True)
class SourceLabels:
    """What `meta.security` says: labels, confidentiality codes, and findings."""

    labels: frozenset[Label] = _NO_LABELS
    confidentiality: frozenset[str] = frozenset()
    findings: tuple[str, ...] = ()


NOTHING_SAID = SourceLabels()


def source_labels(value: Mapping[str, Json], rules: LabelRules) -> SourceLabels:
    """Returns what the source says in `meta.security`; a code that nobody mapped gives V."""
    if "meta" not in value:
        return NOTHING_SAID
    labels: set[Label] = set()
    confidentiality: set[str] = set()
    findings: set[str] = set()
    for coding in at(value, "meta.security"):
        if isinstance(coding, dict):
            system, code = str(coding.get("system", "")), str(coding.get("code", ""))
            if system in rules.confidentiality_systems:
                confidentiality.add(code)
            else:
                _one_label(system, code, rules, labels, findings)
    if value.get("resourceType") in rules.restricted_facts and confidentiality & rules.restricted:
        confidentiality -= rules.restricted
        findings.add(_OF_SUBJECT)
    known = rules.very_restricted | rules.restricted | rules.ordinary
    if not confidentiality <= known:
        labels.add(Label.VERY_RESTRICTED)
        findings.add("label-unknown")
    return SourceLabels(frozenset(labels), frozenset(confidentiality), tuple(sorted(findings)))


def is_protected(value: Mapping[str, Json], rules: LabelRules) -> bool:
    """Says whether a Patient states that the address of the person is protected.

    Source: reference/record.md 6, S12.
    """
    for coding in at(value, "meta.security"):
        if isinstance(coding, dict):
            system, code = coding.get("system"), coding.get("code")
            if system in rules.confidentiality_systems and code in rules.restricted:
                return True
            if system == LABEL_SYSTEM and code == rules.protected_address:
                return True
    return False


def is_watched(value: Mapping[str, Json], rules: LabelRules) -> bool:
    """Says whether a Patient states that each look at the person is reviewed: staff, the well known.

    Source: reference/record.md 6, S11.
    """
    return any(
        isinstance(coding, dict)
        and coding.get("system") == LABEL_SYSTEM
        and coding.get("code") == rules.watched
        for coding in at(value, "meta.security")
    )


def _one_label(
    system: str, code: str, rules: LabelRules, labels: set[Label], findings: set[str]
) -> None:
    if system in rules.sensitivity_systems:
        found = rules.sensitivity.get(code)
    elif system == LABEL_SYSTEM:
        if code in rules.facts_of_subject:
            findings.add(_OF_SUBJECT)
            return
        found = _LABELS.get(code)
    else:
        return
    labels.add(found or Label.VERY_RESTRICTED)
    if found is None:
        findings.add("label-unknown")


def labels_of(
    said: SourceLabels,
    members: Iterable[str],
    source: SourceSettings,
    context: Context,
    rules: LabelRules,
) -> frozenset[Label]:
    """Returns the labels that do not depend on the heading: said, by code, service, parents."""
    found = said.labels | source.default_labels
    for name in members:
        label = rules.value_sets.get(name)
        if label is not None:
            found |= {label}
    for service in (source.service, context.service):
        if service is not None:
            found |= rules.services.get(service, _NO_LABELS)
    for parent in context.parents:
        found |= parent.labels
    return found


def labels_with_heading(
    found: frozenset[Label],
    heading: Heading | None,
    said: SourceLabels,
    context: Context,
    rules: LabelRules,
) -> frozenset[Label]:
    """Returns the labels with those of the heading, of confidentiality R, of a young person."""
    by_heading = rules.headings.get(heading, _NO_LABELS) if heading else _NO_LABELS
    found |= by_heading
    if not rules.restricted.isdisjoint(said.confidentiality):
        found |= by_heading or {rules.restricted_else}
    age = context.age_years
    young = age is not None and rules.young_from <= age < rules.young_until
    if young and not rules.young_labels.isdisjoint(found):
        found |= {Label.YOUNG_PERSON}
    return found


def inherit(
    own: Mapping[K, frozenset[Label]], parents: Mapping[K, Iterable[K]]
) -> dict[K, frozenset[Label]]:
    """Returns the labels of each entry united with those of all that it derives from.

    Parents that are not in `own` add nothing; cycles end. Source: reference/record.md 6.2.
    """
    found = dict(own)
    children: dict[K, list[K]] = {}
    for child, its in parents.items():
        for parent in its:
            children.setdefault(parent, []).append(child)
    waiting = [key for key, labels in own.items() if labels]
    while waiting:
        key = waiting.pop()
        for child in children.get(key, ()):
            if child in found and not found[key] <= found[child]:
                found[child] |= found[key]
                waiting.append(child)
    return found
