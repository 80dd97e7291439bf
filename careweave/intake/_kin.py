"""What surrounds each resource: stored parents, and the other entries of its bundle."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace

from careweave import record
from careweave.db import Session
from careweave.intake._draft import Draft, Drafter
from careweave.intake._facts import Context, Parent, SourceSettings, at
from careweave.intake._matching import share
from careweave.terms import Heading, Json, Label, SourceId

Ref = tuple[str, str]
"""Type and id of a resource."""

State = tuple[Heading | None, frozenset[Label]]
_NO_CONTEXT = Context()
_ROUNDS = 12


def stored_parents(
    session: Session,
    drafts: Iterable[Draft],
    sources: frozenset[SourceId],
    known: Container[Ref] = (),
    *,
    holds: bool = True,
) -> Mapping[Ref, State]:
    """Returns heading and labels of the stored entries that the drafts draw on; own sources only.

    Those that are `known` already are not asked for. `holds` keeps who adds labels to one of them
    waiting until the transaction ends: so it finds the drafts and passes the labels on to them.
    """
    refs = {(kind, key) for draft in drafts for _, kind, key in draft.prepared.references}
    asked = [ref for ref in refs if ref[0] and not ref[1].startswith("#") and ref not in known]
    if not asked:
        return {}
    if holds:
        share(session, map(kin_of, asked))
    return record.parents(session, sorted(asked), sources=sources)


def kin_of(ref: Ref) -> str:
    """Returns what those who draw on an entry, and those who add labels to it, ask for alike."""
    return "kin\x1f" + "/".join(ref)


def in_context(
    draft: Draft,
    stored: Mapping[Ref, State],
    drafter: Drafter,
    source: SourceSettings,
    around: Context = _NO_CONTEXT,
) -> Draft:
    """Returns the draft as its parents make it: a further heading rule, labels inherited."""
    parents = _parents(draft, stored, drafter)
    if not parents and around == _NO_CONTEXT:
        return draft
    base = draft.base
    parents = around.parents + parents + base.parents
    mapped = around.mapped or base.mapped
    return drafter.again(draft, source, replace(around, parents=parents, mapped=mapped))


def _parents(draft: Draft, states: Mapping[Ref, State], drafter: Drafter) -> tuple[Parent, ...]:
    """Returns the parents, or none where no rule could ask for them and none has a label."""
    found = tuple(
        Parent(path.rpartition(".")[2], *states[kind, key])
        for path, kind, key in draft.prepared.references
        if (kind, key) in states
    )
    asked = drafter.rules.kin
    return found if any(p.labels or p.heading in asked for p in found) else ()


def related(
    drafts: Mapping[Ref, Draft],
    stored: Mapping[Ref, State],
    drafter: Drafter,
    source_of: Callable[[Ref], SourceSettings],
) -> dict[Ref, Draft]:
    """Returns the drafts of one bundle, or of several messages, as they make each other.

    Repeats until nothing changes: labels only grow, so it ends, and on cycles too.
    Source: reference/record.md 4.1 step 5, 6.2.
    """
    around = _around(drafts, drafter)
    found = dict(drafts)
    for _ in range(_ROUNDS):
        states = dict(stored)
        for ref, draft in found.items():
            labels = draft.classification.labels
            states[ref] = (draft.classification.primary, labels)
        after = {
            ref: in_context(draft, states, drafter, source_of(ref), _context(ref, around, states))
            for ref, draft in found.items()
        }
        if all(after[ref] is found[ref] for ref in found):
            break
        found = after
    return found


class _Around:
    """What other entries of the bundle say of one."""

    __slots__ = ("by", "roles", "sections")

    def __init__(self) -> None:
        self.by: list[tuple[str, Ref]] = []
        self.sections: list[Heading] = []
        self.roles: set[str] = set()


class _Surroundings(dict[Ref, _Around]):
    """By entry; `transaction` names a national transaction that the bundle is."""

    transaction: str | None = None

    def of(self, ref: Ref) -> _Around:
        return self.setdefault(ref, _Around())


def _context(ref: Ref, around: _Surroundings, states: Mapping[Ref, State]) -> Context:
    said = around.get(ref)
    if said is None:
        if around.transaction is None:
            return _NO_CONTEXT
        return Context(transaction=around.transaction)
    return Context(
        parents=tuple(Parent(via, *states[other]) for via, other in said.by),
        sections=tuple(said.sections),
        roles=frozenset(said.roles),
        transaction=around.transaction,
    )


_Tell = Callable[[Ref, Draft, Drafter, _Surroundings], None]


def _around(drafts: Mapping[Ref, Draft], drafter: Drafter) -> _Surroundings:
    found = _Surroundings()
    for ref, draft in drafts.items():
        tell = _TELLERS.get(ref[0])
        if tell is not None:
            tell(ref, draft, drafter, found)
    return found


def _plan(ref: Ref, draft: Draft, drafter: Drafter, found: _Surroundings) -> None:
    del drafter
    for target in _targets(draft.said.value, "careTeam"):
        found.of(target).by.append(("careTeam", ref))


def _composition(ref: Ref, draft: Draft, drafter: Drafter, found: _Surroundings) -> None:
    del ref
    _sections(draft.said.value.get("section"), drafter, found)


def _flag(ref: Ref, draft: Draft, drafter: Drafter, found: _Surroundings) -> None:
    del ref, drafter
    if draft.classification.rule_id == "FL1":
        found.transaction = "reasonable-adjustment"


def _consent(ref: Ref, draft: Draft, drafter: Drafter, found: _Surroundings) -> None:
    del ref, drafter
    if draft.classification.primary is Heading.LEG:
        for target in _targets(draft.said.value, "provision.actor.reference"):
            found.of(target).roles.add("attorney")


def _targets(value: Mapping[str, Json] | Json, path: str) -> list[Ref]:
    found = []
    for reference in at(value, path):
        text = reference.get("reference") if isinstance(reference, dict) else None
        if isinstance(text, str) and text.count("/") == 1:
            kind, _, key = text.partition("/")
            found.append((kind, key))
    return found


def _sections(sections: Json, drafter: Drafter, found: _Surroundings) -> None:
    for section in sections if isinstance(sections, list) else ():
        for coding in at(section, "code.coding"):
            if isinstance(coding, dict):
                tags = drafter.rules.tags.get(str(coding.get("system")), {})
                heading = tags.get(str(coding.get("code")))
                if heading is not None:
                    for target in _targets(section, "entry"):
                        found.of(target).sections.append(heading)
        if isinstance(section, dict):
            _sections(section.get("section"), drafter, found)


def _listed(ref: Ref, draft: Draft, drafter: Drafter, found: _Surroundings) -> None:
    del ref, drafter
    heading = draft.classification.primary
    if heading is not None:
        for target in _targets(draft.said.value, "entry.item"):
            found.of(target).sections.append(heading)


def _diagnoses(ref: Ref, draft: Draft, drafter: Drafter, found: _Surroundings) -> None:
    del ref, drafter
    for diagnosis in at(draft.said.value, "diagnosis"):
        codes = [c.get("code") for c in at(diagnosis, "role.coding") if isinstance(c, dict)]
        if "primary-support-reason" in codes:
            for target in _targets(diagnosis, "condition"):
                found.of(target).roles.add("primary-support-reason")


_TELLERS: Mapping[str, _Tell] = {
    "CarePlan": _plan,
    "Composition": _composition,
    "Consent": _consent,
    "EpisodeOfCare": _diagnoses,
    "Flag": _flag,
    "List": _listed,
}
