"""A small reader of FHIR Shorthand: enough for instances that give each element in one line."""

import re

from careweave.terms import Json

_LINE = re.compile(r"^\*\s+(?P<path>\S+)\s+=\s+(?P<value>.+?)\s*$")
_STEP = re.compile(r"^(?P<name>\w+)(?P<marks>(\[[^\]]*\])*)$")
_CODING = re.compile(r'^(?P<system>\S+?)#(?P<code>\S+)(\s+"(?P<display>[^"]*)")?$')
_LISTS = frozenset(
    {"category", "performer", "organization", "policy", "purpose", "securityLabel", "data"}
    | {"actor", "security", "class", "coding"}
)
_CONCEPTS = frozenset({"scope", "category", "role"})


def instance(text: str) -> dict[str, Json]:
    """Returns the resource that an instance in FHIR Shorthand describes."""
    profile, name = (_said(text, word) for word in ("InstanceOf", "Instance"))
    # The profiles of the guide are named for what they constrain.
    kind = "Consent" if profile.endswith("Consent") else profile
    made: dict[str, Json] = {"resourceType": kind, "id": name}
    for line in text.splitlines():
        found = _LINE.match(line)
        if found:
            _set(made, found["path"].split("."), found["value"])
    return made


def _said(text: str, word: str) -> str:
    found = re.search(rf"^{word}:\s*(\S+)", text, re.MULTILINE)
    assert found, word
    return found[1]


def _set(node: dict, path: list[str], text: str) -> None:
    for depth, step in enumerate(path):
        found = _STEP.match(step)
        name, marks = found["name"], found["marks"]
        is_last = depth == len(path) - 1
        is_list = name in _LISTS or (name == "provision" and depth > 0)
        if is_last:
            value = _value(name, text)
            if is_list:
                node.setdefault(name, []).append(value)
            else:
                node[name] = value
            return
        if is_list:
            items = node.setdefault(name, [])
            if not items or "[+]" in marks:
                items.append({})
            node = items[-1]
        else:
            node = node.setdefault(name, {})


def _value(name: str, text: str) -> Json:
    if text.startswith("Reference("):
        return {"reference": text.removeprefix("Reference(").rstrip(")")}
    if text.startswith("#"):
        return text[1:]
    if text.startswith('"'):
        return text.strip('"')
    coding = _CODING.match(text)
    if coding is None:
        return text
    value: Json = {key: part for key, part in coding.groupdict().items() if part}
    return {"coding": [value]} if name in _CONCEPTS else value
