"""Compiles the rule files and the value sets into what `classify` runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from careweave.intake._choosing import ChoiceRules, read_choices
from careweave.intake._conditions import Members, Names, Test, compile_condition
from careweave.intake._labels import LabelRules, read_labels
from careweave.intake._nodes import Node, node, nodes, packaged, read_file, text, texts
from careweave.terms import HEADING_SYSTEM, Heading, Label

# Which of two rules of one order group wins: first what urgent roles need with no click, a
# document last. Source: reference/record.md 4.6, third point.
_URGENT = ("EOL", "CTG", "ALG", "ALR", "MED", "LEG", "REQ")


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: when `test` holds, its heading, further headings, labels and finding.

    `heading` None with `found` is "no heading"; `found` False leaves the heading to other rules.
    """

    id: str
    test: Test | None
    heading: Heading | None
    found: bool
    also: tuple[Heading, ...]
    also_if: tuple[tuple[Test, tuple[Heading, ...]], ...]
    labels: frozenset[Label]
    finding: str | None
    takes: str | None  # "questionnaire" or "parents": where the heading or the `also` come from


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, compiled. `missing` names the value sets that no file gives."""

    reference: frozenset[str]
    machinery: frozenset[str]
    possible: Mapping[str, frozenset[Heading]]
    dominant: Mapping[str, tuple[Row, ...]]
    dominant_all: tuple[Row, ...]
    specific: Mapping[str, tuple[Row, ...]]
    defaults: Mapping[str, tuple[Row, ...]]
    tags: Mapping[str, Mapping[str, Heading]]
    review: frozenset[tuple[str, str]]
    labels: LabelRules
    questionnaires: Mapping[str, Heading]
    sets_of: Mapping[str, tuple[str, ...]]  # "system|code" -> value sets that hold it
    missing: tuple[str, ...]
    kin: frozenset[Heading]  # headings of a parent that some rule asks for
    choices: ChoiceRules

    def may(self, type_name: str, heading: Heading) -> bool:
        """Tells whether a tag or section may give this heading to this type."""
        return heading in self.possible.get(type_name, frozenset())


def read_value_sets(folder: Path | None) -> Members:
    """Returns the members of the value sets in a folder, each as "system|code"."""
    if folder is None or not folder.is_dir():
        return {}
    found = (read_file(path, "value-set/1") for path in sorted(folder.glob("*.yaml")))
    return {text(each, "name"): frozenset(_members(each)) for each in found}


def _members(value_set: Node) -> Iterable[str]:
    for member in nodes(value_set, "members"):
        yield f"{text(member, 'system')}|{text(member, 'code')}"


@cache
def load_rules(value_sets: Path | None = None) -> Rules:
    """Returns the national default rules with the value sets of a region, compiled once."""
    members = read_value_sets(value_sets)
    types = packaged("types.yaml", "heading-types/1")
    labels = packaged("labels.yaml", "label-rules/1")
    tags = packaged("tags.yaml", "heading-tags/1")
    questionnaires = {
        url: Heading(str(code)) for url, code in node(labels["questionnaires"]).items()
    }
    names = Names({}, members, questionnaires)
    dominant = packaged("dominant.yaml", "dominant-rules/1")
    read = read_labels(labels)
    choices = packaged("choices.yaml", "choice-rules/1")
    by_type, for_all = _dominant(dominant, _with_systems(names, dominant))
    return Rules(
        reference=frozenset(texts(types, "reference")),
        machinery=frozenset(texts(types, "machinery")),
        possible={t: _headings(codes) for t, codes in node(types["possible"]).items()},
        dominant=by_type,
        dominant_all=for_all,
        specific=_specific(packaged("specific.yaml", "heading-rules/1"), names),
        defaults=_groups_of(node(types["defaults"]), names),
        tags=_tags(tags),
        review=frozenset((text(tags, "system"), code) for code in texts(tags, "review")),
        labels=read,
        questionnaires=questionnaires,
        sets_of=_sets_of(members),
        missing=tuple(sorted(_named_sets() - members.keys())),
        kin=_kin(),
        choices=read_choices(choices, read),
    )


def _with_systems(names: Names, rules: Node) -> Names:
    systems = {key: str(url) for key, url in node(rules["systems"]).items()}
    return Names(systems, names.members, names.questionnaires)


def _dominant(rules: Node, names: Names) -> tuple[Mapping[str, tuple[Row, ...]], tuple[Row, ...]]:
    """Returns the dominant rows by type (in order), and those of every type for the others."""
    rows = [(frozenset(texts(each, "types")), _row(each, names)) for each in nodes(rules, "rules")]
    named = frozenset[str]().union(*(types for types, _ in rows))
    by_type = {t: tuple(row for types, row in rows if not types or t in types) for t in named}
    return by_type, tuple(row for types, row in rows if not types)


def _specific(rules: Node, names: Names) -> Mapping[str, tuple[Row, ...]]:
    return _groups_of(node(rules["rules"]), _with_systems(names, rules), shuffled=True)


def _groups_of(
    by_type: Node, names: Names, *, shuffled: bool = False
) -> Mapping[str, tuple[Row, ...]]:
    compiled: dict[str, tuple[Row, ...]] = {}
    for type_name in by_type:
        rows = nodes(by_type, type_name)
        if shuffled:
            rows = ordered(rows)
        compiled[type_name] = tuple(_row(each, names) for each in rows)
    return compiled


def ordered(rows: list[Node]) -> list[Node]:
    """Returns the rows of a type with each order group (one id) in its fixed inner order.

    So the order in which the rows of a group are written changes no result.
    """
    groups = groupby(rows, key=lambda row: str(row["id"]))
    return [row for _, group in groups for row in sorted(group, key=_rank)]


def _rank(row: Node) -> tuple[int, str]:
    heading = str(row.get("heading"))
    if heading in _URGENT:
        return _URGENT.index(heading), str(row)
    return (len(_URGENT) + (heading == "DOC"), str(row))


def _row(rule: Node, names: Names) -> Row:
    heading = rule.get("heading")
    takes = "questionnaire" if heading == "questionnaire" else None
    also = rule.get("also")
    if also == "parents":
        takes, also = "parents", []
    return Row(
        id=text(rule, "id"),
        test=compile_condition(node(rule["if"]), names) if "if" in rule else None,
        heading=Heading(str(heading)) if heading and takes != "questionnaire" else None,
        found="heading" in rule,
        also=tuple(Heading(str(code)) for code in also) if isinstance(also, list) else (),
        also_if=tuple(
            (compile_condition(node(each["if"]), names), tuple(map(Heading, texts(each, "add"))))
            for each in nodes(rule, "also_if")
        ),
        labels=frozenset(map(Label, texts(rule, "labels"))),
        finding=text(rule, "finding") if "finding" in rule else None,
        takes=takes,
    )


def _headings(codes: object) -> frozenset[Heading]:
    listed = [str(code) for code in codes] if isinstance(codes, list) else []
    return frozenset(Heading) if listed == ["*"] else frozenset(map(Heading, listed))


def _tags(tags: Node) -> Mapping[str, Mapping[str, Heading]]:
    of = node(tags["headings"])
    theirs = {code: Heading(heading) for heading in of for code in texts(of, heading)}
    return {HEADING_SYSTEM: {h.value: h for h in Heading}, text(tags, "system"): theirs}


def _sets_of(members: Members) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, codes in members.items():
        for code in codes:
            found[code] = (*found.get(code, ()), name)
    return found


def _named_sets() -> frozenset[str]:
    """Returns the names of all value sets that the rules and labels speak of."""
    labels = packaged("labels.yaml", "label-rules/1")
    named = {text for text in _texts_in(_all_rules()) if text.startswith("vs-")}
    choices = packaged("choices.yaml", "choice-rules/1")
    return frozenset({*named, *node(labels["value_sets"]), text(choices, "type_1")})


def _kin() -> frozenset[Heading]:
    """Returns the headings that conditions on parents name."""
    found: set[Heading] = set()
    waiting: list[object] = [_all_rules()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            if "parent" in value:
                found.update(map(Heading, texts(node(value), "parent")))
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return frozenset(found)


def _all_rules() -> list[object]:
    return [
        packaged("dominant.yaml", "dominant-rules/1")["rules"],
        packaged("specific.yaml", "heading-rules/1")["rules"],
    ]


def _texts_in(value: object) -> Iterable[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts_in(item)
    elif isinstance(value, str):
        yield value
