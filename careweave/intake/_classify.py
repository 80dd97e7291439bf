"""Decides the heading and the labels of one resource. Pure.

Source: reference/record.md 4.1 (order of decision) and 6.1 (labels).
"""

from collections.abc import Iterable, Mapping

from careweave.intake._conditions import questionnaire_of
from careweave.intake._facts import Classification, Context, Facts, SourceSettings, at
from careweave.intake._labels import labels_of, labels_with_heading, source_labels
from careweave.intake._rules import Row, Rules
from careweave.terms import Heading, Json, Label

NO_CONTEXT = Context()
_HOLDS = (
    ("contained", "contained"),
    ("entry", "entry.resource"),
    ("parameter", "parameter.resource"),
)


def classify(
    value: Mapping[str, Json],
    source: SourceSettings,
    context: Context,
    rules: Rules,
) -> Classification:
    """Returns heading, further headings, labels, deciding rules and findings of a resource."""
    said = source_labels(value, rules.labels)
    members = _members(value, rules.sets_of)
    facts = Facts(value, source, context, members, said.confidentiality)
    findings = list(said.findings)
    chosen = _Choice()
    _dominant(facts, rules, chosen, findings)
    if not chosen.found:
        _normal(facts, rules, chosen, findings)
    own = labels_of(said, members, source, context, rules.labels) | chosen.labels
    own |= _inner(value, source, rules)
    labels = labels_with_heading(own, chosen.heading, said, context, rules.labels)
    return Classification(
        primary=chosen.heading,
        also=_also(chosen, labels, rules),
        labels=labels,
        rule_id="+".join(chosen.ids),
        findings=tuple(findings),
    )


def _inner(value: Mapping[str, Json], source: SourceSettings, rules: Rules) -> frozenset[Label]:
    """Returns the labels of the resources inside: a container has those of all that it holds.

    Source: reference/record.md 6.2. What is inside and nobody can place does not wait for review.
    """
    found: frozenset[Label] = frozenset()
    for name, path in _HOLDS:
        if name in value:
            for inner in at(value, path):
                if isinstance(inner, dict):
                    found |= classify(inner, source, NO_CONTEXT, rules).labels
    return found - {Label.TRIAGE}


class _Choice:
    """The decision while it is being made."""

    __slots__ = ("also", "exclusive", "found", "heading", "ids", "labels")

    def __init__(self) -> None:
        self.heading: Heading | None = None
        self.found = False
        self.also: list[Heading] = []
        self.labels: frozenset[Label] = frozenset()
        self.ids: list[str] = []
        self.exclusive = False

    def take(self, heading: Heading | None, rule_id: str) -> None:
        self.heading, self.found = heading, True
        self.ids.append(rule_id)


def _members(value: Mapping[str, Json], sets_of: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Returns the value sets that hold any code of the resource, contained resources included."""
    if not sets_of:
        return frozenset()
    found: set[str] = set()
    waiting: list[Iterable[Json]] = [value.values()]
    while waiting:
        for item in waiting.pop():
            if type(item) is dict:
                code = item.get("code")
                if type(code) is str:
                    names = sets_of.get(f"{item.get('system', '')}|{code}")
                    if names:
                        found.update(names)
                waiting.append(item.values())
            elif type(item) is list:
                waiting.append(item)
    return frozenset(found)


def _dominant(facts: Facts, rules: Rules, chosen: _Choice, findings: list[str]) -> None:
    """Applies every dominant rule that holds; the first with a heading gives it (step 2).

    Steps 0 and 1 come first for the heading, but the labels of the rules still count.
    """
    type_name = str(facts.value.get("resourceType"))
    plain = type_name in rules.reference or type_name in rules.machinery
    for row in rules.dominant.get(type_name, rules.dominant_all):
        if row.test is None or not row.test(facts):
            continue
        chosen.labels |= row.labels
        chosen.exclusive = True
        if row.finding:
            findings.append(row.finding)
        if plain or row.id in chosen.ids:
            continue
        if row.found and not chosen.found:
            chosen.take(row.heading, row.id)
        elif not row.found:
            chosen.ids.append(row.id)


def _normal(facts: Facts, rules: Rules, chosen: _Choice, findings: list[str]) -> None:
    """Applies steps 0, 1 and 3 to 7."""
    type_name = str(facts.value.get("resourceType"))
    if _without_heading(type_name, facts, rules, chosen):
        return
    tag = _trusted_tag(type_name, facts, rules, chosen, findings)
    if tag and not _is_weak(tag, type_name):
        chosen.take(tag, "tag")
        return
    if _first(rules.specific.get(type_name, ()), facts, rules, chosen, findings):
        return
    if tag:
        chosen.take(tag, "tag")
        return
    if _by_section(type_name, facts, rules, chosen, findings):
        return
    if not _first(rules.defaults.get(type_name, ()), facts, rules, chosen, findings):
        chosen.take(Heading.DOC, "7")
        chosen.labels |= {Label.TRIAGE}
        findings.append("heading-unclassified")


def _without_heading(type_name: str, facts: Facts, rules: Rules, chosen: _Choice) -> bool:
    """Steps 0 and 1: reference data and machinery; a specific rule (LO1) may still say more."""
    if type_name in rules.machinery:
        chosen.take(None, "1")
    elif type_name in rules.reference and not _first(
        rules.specific.get(type_name, ()), facts, rules, chosen, []
    ):
        chosen.take(None, "0")
    return chosen.found


def _is_weak(tag: Heading, type_name: str) -> bool:
    """DOC anywhere, and CON on a Composition, never beat a specific rule (4.8, last line)."""
    return tag is Heading.DOC or (tag is Heading.CON and type_name == "Composition")


def _trusted_tag(
    type_name: str, facts: Facts, rules: Rules, chosen: _Choice, findings: list[str]
) -> Heading | None:
    """Returns the heading of a tag that counts (step 3); one that does not is a finding."""
    mapped = facts.context.mapped
    tags = [(mapped, True)] if mapped else []
    if "meta" in facts.value:
        tags += [(tag, facts.source.may_tag) for tag in _tags(facts, rules, chosen, findings)]
    for tag, trusted in tags:
        if trusted and rules.may(type_name, tag):
            return tag
        findings.append("tag-ignored")
    return None


def _tags(facts: Facts, rules: Rules, chosen: _Choice, findings: list[str]) -> Iterable[Heading]:
    for coding in at(facts.value, "meta.tag"):
        if isinstance(coding, dict):
            system, code = str(coding.get("system", "")), str(coding.get("code", ""))
            heading = rules.tags.get(system, {}).get(code)
            if heading:
                yield heading
            elif (system, code) in rules.review:
                chosen.labels |= {Label.TRIAGE}
                findings.append(code)


def _first(
    rows: tuple[Row, ...], facts: Facts, rules: Rules, chosen: _Choice, findings: list[str]
) -> bool:
    """Takes the first row that holds (steps 4 and 6); rows without heading only add."""
    for row in rows:
        if row.test is not None and not row.test(facts):
            continue
        _add(row, facts, chosen, findings)
        if row.found:
            heading = row.heading
            if row.takes == "questionnaire":
                heading = rules.questionnaires[questionnaire_of(facts)]
            chosen.take(heading, row.id)
            return True
        chosen.ids.append(row.id)
    return False


def _add(row: Row, facts: Facts, chosen: _Choice, findings: list[str]) -> None:
    chosen.also += row.also
    for test, headings in row.also_if:
        if test(facts):
            chosen.also += headings
    if row.takes == "parents":
        chosen.also += [p.heading for p in facts.context.parents if p.heading]
    chosen.labels |= row.labels
    if row.finding:
        findings.append(row.finding)


def _by_section(
    type_name: str, facts: Facts, rules: Rules, chosen: _Choice, findings: list[str]
) -> bool:
    """Takes the heading of the one section that refers to the resource (step 5)."""
    sections = set(facts.context.sections)
    if len(sections) > 1:
        findings.append("context-ambiguous")
    elif sections and rules.may(type_name, heading := sections.pop()):
        chosen.take(heading, "section")
    return chosen.found


def _also(chosen: _Choice, labels: frozenset[Label], rules: Rules) -> tuple[Heading, ...]:
    """Returns up to three further headings; none where heading or label is exclusive (4.6)."""
    if chosen.exclusive or chosen.heading is None:
        return ()
    if chosen.heading in rules.labels.exclusive_headings:
        return ()
    if not rules.labels.exclusive_labels.isdisjoint(labels):
        return ()
    unique = dict.fromkeys(chosen.also)
    unique.pop(chosen.heading, None)
    return tuple(unique)[:3]
