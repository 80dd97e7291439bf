"""Checking a resource against base R4: structure, required codes and invariants."""

import re
from collections.abc import Iterator
from itertools import islice

import fhirkit

from careweave.formats._contained import container_faults
from careweave.formats._resource import Resource
from careweave.formats._rules import rule_of
from careweave.formats._value_rules import Finding
from careweave.terms import Issue, Severity

_MOST = 100
_search_empty = re.compile(rb"\{[ \t\n\r]*\}").search
_match_path = re.compile(r"[A-Za-z]\w{0,63}(?:\[\w*\])?(?:\.\w{1,64}(?:\[\w*\])?)*").match
_KINDS = (
    ("missing", "required"),
    ("is not a valid", "value"),
    ("is not a FHIR", "value"),
    ("is not a positiveInt", "value"),
    ("is not an unsignedInt", "value"),
    ("is outside", "value"),
)
_VALUES = re.compile(r'".*"|^-?[0-9][0-9.eE+-]*(?= is )|^\S+(?= is not a FHIR R4)', re.DOTALL)


def check(resource: Resource) -> tuple[Issue, ...]:
    """Returns what is wrong with the resource by base R4, at most 100 issues; () is all well.

    Errors are faults of structure, type and cardinality, codes outside of a required value set and
    broken invariants; warnings are what R4 calls so. A missing narrative (dom-6) is not reported:
    what machines send has none. No message repeats a value of the resource.
    """
    body = resource.body
    issues = [_issue(found.severity, found.path, found.message) for found in _structure(body)]
    findings = rule_of(resource.type)(resource.value) or []
    if b'"contained"' in body or b'"#' in body:
        findings += islice(container_faults(resource.value), _MOST)
    if _search_empty(body):
        findings += islice(_empty(resource.value, ""), _MOST)
    issues += (_of_finding(resource.type, finding) for finding in findings)
    return tuple(issues[:_MOST])


def _structure(body: bytes) -> list[fhirkit.Issue]:
    found: list[fhirkit.Issue] = fhirkit.validate(body)
    return found[:_MOST]


def _issue(severity: str, path: str, message: str) -> Issue:
    kind = next((code for text, code in _KINDS if text in message), "structure")
    text = _VALUES.sub("the value", message)
    sentence = text[:1].upper() + text[1:] + "."
    level = Severity.WARNING if severity == "warning" else Severity.ERROR
    return Issue(level, kind, sentence, _place(path))


def _place(path: str) -> str | None:
    # A name that is no name of an element may say anything; then the place is what it stands in.
    found = _match_path(path)
    known = found[0] if found is not None else ""
    if len(known) < len(path) and path[len(known)] != ".":
        known = known.rpartition(".")[0]
    return known or None


def _of_finding(root: str, finding: Finding) -> Issue:
    return Issue(finding.severity, finding.code, finding.message, root + finding.path)


def _empty(value: object, path: str) -> Iterator[Finding]:
    # Source: FHIR R4 4.0.1, ele-1: an element has a value or children.
    if isinstance(value, dict):
        if not value:
            yield Finding(path, Severity.ERROR, "invariant", "An element is not empty. (ele-1)")
        for name, item in value.items():
            yield from _empty(item, f"{path}.{name}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _empty(item, f"{path}[{i}]")
