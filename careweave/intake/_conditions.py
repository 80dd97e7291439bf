"""Compiles the conditions of the rule files into closures.

at, codes, system   a code at a path (or one of several paths)
at, in              a code at a path is in one of these value sets
anywhere            a code anywhere in the resource is in one of these value sets
present             something stands at the path
refers, to          a reference at the path leads to one of these types
parent, by, only    an entry that it derives from has one of these headings
service, organisation, transaction, role, sealed, confidentiality, profile, extension
questionnaire       its questionnaire is registered with a heading
all, any, not
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from careweave.intake._facts import Facts, at
from careweave.intake._nodes import Node, node, nodes, text, texts
from careweave.terms import Heading, Incorrect, Label

Test = Callable[[Facts], bool]
Members = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Names:
    """What the names in a rule file stand for: systems, members of value sets, questionnaires."""

    systems: Mapping[str, str]
    members: Members
    questionnaires: Mapping[str, Heading]


def compile_condition(condition: Node, names: Names) -> Test:
    """Returns the closure that tells whether the condition holds."""
    for key, make in _MAKERS.items():
        if key in condition:
            return make(condition, names)
    raise Incorrect("A rule has a condition of an unknown kind.", where=",".join(condition))


def _codes(condition: Node, names: Names) -> Test:
    system = condition.get("system")
    prefix = names.systems[str(system)] if system else "*"
    wanted = frozenset(f"{prefix}|{code}" for code in texts(condition, "codes"))
    if "in" in condition:
        sets = (names.members.get(name, frozenset()) for name in texts(condition, "in"))
        wanted = wanted.union(*sets)
    elif "codes" not in condition:
        wanted = frozenset({f"{prefix}|*"})
    paths = tuple(texts(condition, "at"))
    if len(paths) == 1:
        only = paths[0]
        return lambda facts: not wanted.isdisjoint(facts.codes(only))
    return lambda facts: any(not wanted.isdisjoint(facts.codes(path)) for path in paths)


def _anywhere(condition: Node, names: Names) -> Test:
    del names
    sets = frozenset(texts(condition, "anywhere"))
    return lambda facts: not sets.isdisjoint(facts.members)


def _present(condition: Node, names: Names) -> Test:
    del names
    path = text(condition, "present")
    if "." not in path:
        return lambda facts: path in facts.value
    return lambda facts: bool(at(facts.value, path))


def _refers(condition: Node, names: Names) -> Test:
    del names
    paths = tuple(texts(condition, "refers"))
    types = frozenset(texts(condition, "to"))

    def holds(facts: Facts) -> bool:
        return any(_target(ref) in types for path in paths for ref in at(facts.value, path))

    return holds


def _target(reference: object) -> str | None:
    """Returns the type that a Reference leads to, by its `type` or its address."""
    if not isinstance(reference, Mapping):
        return None
    named = reference.get("type")
    if isinstance(named, str):
        return named
    parts = str(reference.get("reference", "")).split("/_history/")[0].rsplit("/", 2)
    return parts[-2] if len(parts) > 1 else None


def _parent(condition: Node, names: Names) -> Test:
    del names
    wanted = frozenset(Heading(code) for code in texts(condition, "parent"))
    by = frozenset(texts(condition, "by"))
    only = bool(condition.get("only"))

    def holds(facts: Facts) -> bool:
        met = [p.heading in wanted for p in facts.context.parents if not by or p.via in by]
        return bool(met) and (all(met) if only else any(met))

    return holds


def _service(condition: Node, names: Names) -> Test:
    del names
    wanted = frozenset(texts(condition, "service"))
    return lambda facts: facts.source.service in wanted or facts.context.service in wanted


def _organisation(condition: Node, names: Names) -> Test:
    del names
    wanted = frozenset(texts(condition, "organisation"))
    return lambda facts: facts.source.organisation_type in wanted


def _transaction(condition: Node, names: Names) -> Test:
    del names
    wanted = frozenset(texts(condition, "transaction"))
    return lambda facts: facts.context.transaction in wanted


def _role(condition: Node, names: Names) -> Test:
    del names
    wanted = frozenset(texts(condition, "role"))
    return lambda facts: not wanted.isdisjoint(facts.context.roles)


def _sealed(condition: Node, names: Names) -> Test:
    del names
    wanted = frozenset(Label(code) for code in texts(condition, "sealed"))
    return lambda facts: not wanted.isdisjoint(facts.context.sealed)


def _confidentiality(condition: Node, names: Names) -> Test:
    del names
    wanted = frozenset(texts(condition, "confidentiality"))
    return lambda facts: not wanted.isdisjoint(facts.confidentiality)


def _profile(condition: Node, names: Names) -> Test:
    del names
    wanted = frozenset(texts(condition, "profile"))
    return lambda facts: any(item in wanted for item in at(facts.value, "meta.profile"))


def _extension(condition: Node, names: Names) -> Test:
    del names
    wanted = frozenset(texts(condition, "extension"))
    return lambda facts: any(url in wanted for url in at(facts.value, "extension.url"))


def _questionnaire(condition: Node, names: Names) -> Test:
    del condition
    registered = names.questionnaires
    return lambda facts: questionnaire_of(facts) in registered


def questionnaire_of(facts: Facts) -> str:
    """Returns the canonical of the questionnaire that was answered, without its version."""
    return str(facts.value.get("questionnaire", "")).partition("|")[0]


def _all(condition: Node, names: Names) -> Test:
    tests = [compile_condition(each, names) for each in nodes(condition, "all")]
    return lambda facts: all(test(facts) for test in tests)


def _any(condition: Node, names: Names) -> Test:
    tests = [compile_condition(each, names) for each in nodes(condition, "any")]
    return lambda facts: any(test(facts) for test in tests)


def _not(condition: Node, names: Names) -> Test:
    test = compile_condition(node(condition["not"]), names)
    return lambda facts: not test(facts)


_MAKERS: Mapping[str, Callable[[Node, Names], Test]] = {
    "at": _codes,
    "anywhere": _anywhere,
    "present": _present,
    "refers": _refers,
    "parent": _parent,
    "service": _service,
    "organisation": _organisation,
    "transaction": _transaction,
    "role": _role,
    "sealed": _sealed,
    "confidentiality": _confidentiality,
    "profile": _profile,
    "extension": _extension,
    "questionnaire": _questionnaire,
    "all": _all,
    "any": _any,
    "not": _not,
}
