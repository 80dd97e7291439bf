"""What holds between a resource and the resources that it contains.

Source: FHIR R4 4.0.1, DomainResource dom-2 to dom-5 and Reference ref-1.
"""

from collections.abc import Iterator

from careweave.formats._invariants import Value, parts
from careweave.formats._value_rules import Finding
from careweave.terms import Severity

_META = (("versionId", "dom-4"), ("lastUpdated", "dom-4"), ("security", "dom-5"))


def container_faults(value: Value) -> Iterator[Finding]:
    """Gives what is wrong with contained resources and links to them, in bundle entries too."""
    if str(value.get("resourceType")) not in {"Bundle", "Parameters"}:
        yield from _of_container(value)
        return
    for name in ("entry", "parameter"):
        for i, entry in enumerate(parts(value, name)):
            for resource in parts(entry, "resource"):
                step = f".{name}[{i}].resource"
                yield from (finding.below(step) for finding in container_faults(resource))


def _of_container(value: Value) -> Iterator[Finding]:
    contained = parts(value, "contained")
    own = {f"#{part.get('id')}" for part in contained}
    used = dict(_local_links(value, ""))
    for i, part in enumerate(contained):
        yield from (finding.below(f".contained[{i}]") for finding in _of_contained(part, used))
    for link, path in used.items():
        if link not in own and link != "#" and path.endswith(".reference"):
            message = "A local reference has no contained resource of this id. (ref-1)"
            yield Finding(path, Severity.ERROR, "invariant", message)


def _of_contained(part: Value, used: dict[str, str]) -> Iterator[Finding]:
    if "contained" in part:
        message = "A contained resource contains no other. (dom-2)"
        yield Finding(".contained", Severity.ERROR, "invariant", message)
    for name, key in _META:
        if any(name in meta for meta in parts(part, "meta")):
            message = f"A contained resource has no version, time or label of its own. ({key})"
            yield Finding(f".meta.{name}", Severity.ERROR, "invariant", message)
    if f"#{part.get('id')}" not in used and not any(
        link == "#" for link, _ in _local_links(part, "")
    ):
        message = "A contained resource is referred to by its container. (dom-3)"
        yield Finding("", Severity.ERROR, "invariant", message)


def _local_links(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _local_links(item, f"{path}.{name}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _local_links(item, f"{path}[{i}]")
    elif isinstance(value, str) and value.startswith("#"):
        yield value, path
