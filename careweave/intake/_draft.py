"""Makes a resource ready for the store: checked, classified, tagged, its index rows extracted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import lru_cache
from uuid import UUID, uuid4

from careweave import record
from careweave.formats import Coding, Resource, check, meta_fragment
from careweave.intake._choosing import choices_of
from careweave.intake._classify import classify
from careweave.intake._facts import Classification, Context, SourceSettings, at
from careweave.intake._rules import Rules
from careweave.record import Keys, Prepared
from careweave.terms import (
    CANONICAL,
    HEADING_SYSTEM,
    LABEL_SYSTEM,
    Heading,
    Incorrect,
    Issue,
    Json,
    Label,
    PersonId,
    Severity,
    Unprocessable,
)

ALSO_SYSTEM = f"{CANONICAL}/CodeSystem/heading-also"
RULE_SYSTEM = f"{CANONICAL}/CodeSystem/heading-rule"
_OURS = frozenset({HEADING_SYSTEM, ALSO_SYSTEM, RULE_SYSTEM})
_NO_CONTEXT = Context()
_VERSIONS = 0xF << 76
_VERSION_8 = 8 << 76


def new_person() -> PersonId:
    """Returns a random id of a person, a UUID of version 8: 122 random bits.

    The version tells it from the ids of entries, so that these are never looked for among persons.
    Source: RFC 9562, section 5.8; reference/identity.md 0, rule 5.
    """
    return PersonId(UUID(int=uuid4().int & ~_VERSIONS | _VERSION_8))


# Faults of form are 400, faults of content 422. Source: reference/store.md 8.
_OF_CONTENT = frozenset({"invariant", "code-invalid", "business-rule", "value-set"})


@dataclass(frozen=True, slots=True)
class Draft:
    """One resource that is ready to be appended; `issues` are the warnings of its check.

    `base` is what is known of it whatever surrounds it: the heading that its mapping sets, and the
    labels of what was said before, as those of a parent.
    """

    resource: Resource
    said: Resource
    public_id: str
    classification: Classification
    prepared: Prepared
    tags: bytes
    issues: tuple[Issue, ...]
    base: Context = _NO_CONTEXT

    @property
    def remarks(self) -> tuple[Issue, ...]:
        """Returns the warnings, and what somebody ought to look at in the classification."""
        findings = self.classification.findings
        if not findings:
            return self.issues
        return self.issues + tuple(map(_remark, findings))


@dataclass(frozen=True, slots=True)
class Drafter:
    """Makes drafts: the rules, keys and zone of one installation, and who makes ids of persons."""

    rules: Rules
    keys: Keys
    zone: tzinfo
    new_person: Callable[[], PersonId] = new_person

    def draft(
        self,
        said: Resource,
        public_id: str,
        source: SourceSettings,
        context: Context = _NO_CONTEXT,
    ) -> Draft:
        """Returns the draft of a resource; raises when the check finds an error."""
        return self.make(said, public_id, source, context, warnings_of(said))

    def upon(self, said: Resource, public_id: str, source: SourceSettings, base: Context) -> Draft:
        """Returns the draft of a resource of which this is known; raises as `draft` does."""
        return replace(self.draft(said, public_id, source, base), base=base)

    def own(self, said: Resource, public_id: str, source: SourceSettings, base: Context) -> Draft:
        """Returns the draft of a resource that we made ourselves: it is not checked."""
        return replace(self.make(said, public_id, source, base, ()), base=base)

    def make(
        self,
        said: Resource,
        public_id: str,
        source: SourceSettings,
        context: Context,
        issues: tuple[Issue, ...],
    ) -> Draft:
        """Returns the draft of a resource that was checked before."""
        found = classify(said.value, source, context, self.rules)
        return self._as(said, public_id, found, issues)

    def _as(
        self, said: Resource, public_id: str, found: Classification, issues: tuple[Issue, ...]
    ) -> Draft:
        meta = _meta(said.value.get("meta"), found, self.rules.labels.facts_of_subject)
        resource = replace(said, value={**said.value, "meta": meta})
        stated = choices_of(said, self.rules.choices, self.rules.sets_of, self.zone)
        prepared = record.prepare(
            resource,
            keys=self.keys,
            zone=self.zone,
            public_id=public_id,
            choices=stated.choices,
            heading=found.primary,
        )
        doubts = tuple(map(_remark, stated.findings))
        issues = issues + tuple(doubt for doubt in doubts if doubt not in issues)
        return Draft(resource, said, public_id, found, prepared, meta_fragment(meta), issues)

    def keeping(self, draft: Draft, labels: frozenset[Label]) -> Draft:
        """Returns the draft with these labels too: what a feed leaves out is not lowered.

        Source: reference/record.md 6.1.
        """
        found = draft.classification
        if labels <= found.labels:
            return draft
        kept = found.labels | labels
        also = () if self.rules.labels.exclusive_labels & kept else found.also
        found = replace(found, labels=kept, also=also)
        return self._as(draft.said, draft.public_id, found, draft.issues)

    def kept(
        self,
        said: Resource,
        public_id: str,
        heading: Heading | None,
        labels: frozenset[Label],
    ) -> Draft:
        """Returns the draft of an entry that is held: its heading, labels and tags stay.

        `said` has the meta that is shown, so that the further headings and the rule are its tags.
        """
        also, rule_id = told(said.value.get("meta"))
        return self._as(said, public_id, Classification(heading, also, labels, rule_id), ())

    def again(self, draft: Draft, source: SourceSettings, context: Context) -> Draft:
        """Returns the draft as this context makes it; the same one where nothing differs."""
        found = classify(draft.said.value, source, context, self.rules)
        if found == draft.classification:
            return draft
        made = self.make(draft.said, draft.public_id, source, context, draft.issues)
        return replace(made, base=draft.base)


def _remark(finding: str) -> Issue:
    return Issue(Severity.INFORMATION, "informational", f"Classification: {finding}.")


def warnings_of(resource: Resource) -> tuple[Issue, ...]:
    """Returns the warnings of the check; raises with all issues when there is an error."""
    issues = check(resource)
    if not issues:
        return ()
    errors = [i for i in issues if i.severity in (Severity.ERROR, Severity.FATAL)]
    if not errors:
        return issues
    kind = Unprocessable if all(i.code in _OF_CONTENT for i in errors) else Incorrect
    raise kind(
        "The resource does not follow FHIR R4; each fault is named.",
        where=errors[0].where,
        code=errors[0].code,
        issues=issues,
    )


def _meta(said: Json, found: Classification, facts: frozenset[str]) -> dict[str, Json]:
    """Returns the meta to be kept: what the client said, our tags and labels in place of old ones.

    Facts of the subject stay as they were said: they are no labels of the entry.

    Source: reference/record.md 1.2.
    """
    meta: dict[str, Json] = dict(said) if isinstance(said, dict) else {}
    meta.pop("versionId", None)
    meta.pop("lastUpdated", None)
    tags: list[Json] = [dict(tag) for tag in _tags(found.primary, found.also, found.rule_id)]
    meta["tag"] = _others(meta.get("tag"), _OURS) + tags
    if found.labels or "security" in meta:
        labels: list[Json] = [dict(label) for label in _labels(found.labels)]
        meta["security"] = _others(meta.get("security"), {LABEL_SYSTEM}, facts) + labels
    return {name: value for name, value in meta.items() if value != []}


def told(meta: Json | Mapping[str, Json]) -> tuple[tuple[Heading, ...], str]:
    """Returns the further headings and the rule that our own tags name."""
    also: list[Heading] = []
    rule_id = ""
    for tag in at(meta, "tag"):
        if isinstance(tag, dict) and tag.get("system") == ALSO_SYSTEM:
            also.append(Heading(str(tag.get("code"))))
        elif isinstance(tag, dict) and tag.get("system") == RULE_SYSTEM:
            rule_id = str(tag.get("code"))
    return tuple(also), rule_id


def _others(
    codings: Json, ours: frozenset[str] | set[str], but: frozenset[str] = frozenset()
) -> list[Json]:
    if not isinstance(codings, list):
        return []
    return [
        c
        for c in codings
        if not (isinstance(c, Mapping) and c.get("system") in ours and c.get("code") not in but)
    ]


@lru_cache(maxsize=4096)
def _tags(primary: Heading | None, also: tuple[Heading, ...], rule_id: str) -> tuple[Coding, ...]:
    found: list[Coding] = []
    if primary is not None:
        found.append({"system": HEADING_SYSTEM, "code": primary.value})
    found += ({"system": ALSO_SYSTEM, "code": heading.value} for heading in also)
    found.append({"system": RULE_SYSTEM, "code": rule_id})
    return tuple(found)


@lru_cache(maxsize=4096)
def _labels(labels: frozenset[Label]) -> tuple[Coding, ...]:
    return tuple({"system": LABEL_SYSTEM, "code": label.value} for label in sorted(labels))
