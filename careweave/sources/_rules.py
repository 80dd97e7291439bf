"""Resource rules: what a message gives, one entry after the other. Source: interop.md 6.1."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from careweave.sources._keys import MakeId
from careweave.sources._nulls import without_nulls
from careweave.sources._reading import ListMode, Mapped, Write
from careweave.sources._scope import Get, Run, Scope, Test, text_of
from careweave.terms import Heading, Json, Label

Places = Callable[[Scope], Iterable[Scope]]


@dataclass(frozen=True, slots=True)
class Labelling:
    """Labels that a rule adds or takes away, and when; `test` None means always."""

    adds: frozenset[Label]
    clears: frozenset[Label]
    test: Test | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The list that the entries of a rule belong to: its name, and the id of whose list it is."""

    name: str
    of: MakeId


@dataclass(slots=True)
class Out:
    """What a message gave so far: the entries, and the lists that it gives whole."""

    run: Run
    mapped: list[Mapped] = field(default_factory=list)
    lists: dict[str, set[str]] = field(default_factory=dict)
    seen: dict[tuple[int, str], int] = field(default_factory=dict)
    n_keyless: int = 0
    is_patientless: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One resource rule, compiled. What it does not say is None or empty."""

    type: str
    make_id: MakeId
    body: Get
    write: Write
    places: Places | None
    test: Test | None
    lists: Mapping[str, ListMode]
    force: Test | None
    heading: Heading | None
    heading_of: Get | None
    labels: tuple[Labelling, ...]
    absent: Get | None
    snapshot: Snapshot | None
    has_twins: bool = False
    is_patient: bool = False

    def produce(self, scope: Scope, out: Out) -> None:
        """Adds what this rule makes of a place in a message."""
        run = out.run
        if run.is_absent and self.absent is None:
            return
        whole = self._list(scope, out)
        for inside in self.places(scope) if self.places is not None else (scope,):
            if whole is not None and whole[0] not in out.lists:
                out.lists[whole[0]] = set()
            if self.test is None or self.test(inside):
                made = self._one(inside, out, whole[0] if whole else None)
                if made is not None and whole is not None:
                    out.lists[whole[0]].add(made)

    def _list(self, scope: Scope, out: Out) -> tuple[str] | None:
        if self.snapshot is None or out.run.is_absent:
            return None
        owner = self.snapshot.of(scope, 1)
        return (f"{self.snapshot.name}/{owner}",) if owner else None

    def _one(self, scope: Scope, out: Out, whole: str | None) -> str | None:
        run = out.run
        made = self._id(scope, out)
        if made is None:
            return None
        run.holder = f"{self.type}/{made}"
        n_attached = len(run.attached)
        value: dict[str, Any] = {"resourceType": self.type}
        body = self.body(scope)
        if isinstance(body, dict):
            value.update(body)
        if run.is_absent and self.absent is not None:
            last = self.absent(scope)
            value.update(last if isinstance(last, dict) else {})
        nulls = without_nulls(value) if run.has_nulls else ()
        out.mapped.append(self._mapped(scope, made, value, nulls, whole))
        if len(run.attached) > n_attached:
            out.mapped += _binaries(run, n_attached, value)
        return made

    def _id(self, scope: Scope, out: Out) -> str | None:
        made = self.make_id(scope, 1)
        if made is None:
            out.run.note("no-key", self.type)
            out.n_keyless += 1
            out.is_patientless = out.is_patientless or self.is_patient
            return None
        key = (id(self), made)
        out.seen[key] = number = out.seen.get(key, 0) + 1
        if number > 1 and not self.has_twins:
            out.run.note("same-key", self.type)
        return self.make_id(scope, number) if number > 1 and self.has_twins else made

    def _mapped(
        self,
        scope: Scope,
        made: str,
        value: dict[str, Json],
        nulls: tuple[str, ...],
        whole: str | None,
    ) -> Mapped:
        adds, clears = _labels(self.labels, scope) if self.labels else (_NO_LABELS, _NO_LABELS)
        return Mapped(
            self.type,
            made,
            value,
            self.write,
            self.lists,
            nulls if self.write is Write.MERGE else (),
            self.force is not None and self.force(scope),
            self.heading if self.heading_of is None else _heading(self.heading_of, scope),
            adds,
            clears,
            whole,
        )


_NO_LABELS: frozenset[Label] = frozenset()


def _labels(
    rules: tuple[Labelling, ...], scope: Scope
) -> tuple[frozenset[Label], frozenset[Label]]:
    held = [rule for rule in rules if rule.test is None or rule.test(scope)]
    adds = _NO_LABELS.union(*(rule.adds for rule in held))
    return adds, _NO_LABELS.union(*(rule.clears for rule in held)) - adds


def _heading(get: Get, scope: Scope) -> Heading | None:
    text = text_of(get(scope))
    if text is None:
        return None
    if text not in Heading.__members__:
        scope.run.note("bad-heading", "heading")
        return None
    return Heading(text)


# Source: FHIR R4 4.0.1: under which name a type points to its subject.
_SUBJECTS = ("subject", "patient")


def _binaries(run: Run, start: int, value: dict[str, Any]) -> list[Mapped]:
    """Returns the documents that a resource brought: they are of whom it is of."""
    subject = next((value[name] for name in _SUBJECTS if name in value), None)
    if value["resourceType"] == "Patient":
        subject = None
    made: list[Mapped] = []
    for one in run.attached[start:]:
        body: dict[str, Json] = {"resourceType": "Binary", "contentType": one.kind}
        if subject is not None:
            body["securityContext"] = dict(subject)
        body["data"] = one.data
        made.append(Mapped("Binary", one.id, body))
    return made


@dataclass(frozen=True, slots=True)
class Block:
    """Rules that run at one place: those of the message, or of each group of a kind."""

    steps: tuple["Rule | Block", ...]
    group: str = ""

    def produce(self, scope: Scope, out: Out) -> None:
        """Adds what the rules make, group by group."""
        places = scope.parts.get(self.group, []) if self.group else [scope]
        for inside in places:
            for step in self.steps:
                step.produce(inside, out)
