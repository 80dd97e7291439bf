"""Agreements as FHIR Permission, and for R4 inside a Bundle that R4 can read.

Source: HL7 FHIR R5 Permission (5.0.0, trial use); `reference/agreements.md` 13.3. Nothing inside
depends on it.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping

from careweave.agreements._exchange import (
    PROFILE,
    Imported,
    base_of,
    clauses_of,
    imported,
    refused,
)
from careweave.agreements._nodes import Node
from careweave.formats import read_json, write_json
from careweave.terms import HEADING_SYSTEM, LABEL_SYSTEM, Incorrect, Json, Label

_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_BARS = (Label("S2"), Label("S4"), Label("S8"), Label("V"))
_WHOLE = f"{PROFILE}/whole"
_MEDIA = "application/fhir+json; fhirVersion=5.0"
_STATES = {"draft": "draft", "agreed": "active"}


def to_permission(document: Mapping[str, Json]) -> dict[str, Json]:
    """Returns an agreement's document as an R5 Permission: a rule for each clause.

    Its last rule denies what the law bars. What Permission has no element for stands in
    extensions, the whole document among them.
    """
    top = Node(dict(document))
    permission: dict[str, Json] = {
        "resourceType": "Permission",
        "extension": [_extension(_WHOLE, "valueBase64Binary", _coded(dict(document)))],
        "status": _STATES.get(top["status"].text(), "rejected"),
        "asserter": _named(top["owner"]["org"].text(), base_of(document)),
        "validity": {"start": top["valid"]["from"].text(), "end": top["valid"]["to"].text()},
        "justification": _justification(top),
        "combining": "deny-overrides",
        "rule": [*(_rule(one, base_of(document)) for one in clauses_of(document)), _bar()],
    }
    return permission


def _coded(value: Json) -> str:
    return b64encode(write_json(value)).decode("ascii")


def _extension(url: str, kind: str, value: Json) -> Json:
    return {"url": url, kind: value}


def _named(reference: str, base: str) -> Json:
    return {"identifier": {"system": f"{base}/organisations", "value": reference}}


def _concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def _justification(top: Node) -> Json:
    law = top["law"]
    basis = [
        *(_concept(f"{PROFILE}/uk-gdpr", one.text()) for _, one in law["uk_gdpr"].members()),
        _concept(f"{PROFILE}/confidentiality", law["confidentiality"]["basis"].text()),
    ]
    path = top["document"]["path"].text()
    evidence: dict[str, Json] = {"evidence": [{"display": path}]} if path else {}
    return {"basis": list(basis), **evidence}


def _rule(clause: Node, base: str) -> Json:
    return {
        "extension": list(_extensions(clause)),
        "type": "permit",
        "data": [
            {
                "resource": [_heading(heading) for heading in clause["headings"].table()],
                "security": [_coding(LABEL_SYSTEM, label) for label in clause["labels"].texts()],
            }
        ],
        "activity": [
            {
                "actor": [
                    *(_named(one, base) for one in clause["to"]["orgs"].texts()),
                    *(_role(one) for one in clause["to"]["roles"].texts()),
                ],
                "action": [_concept(f"{PROFILE}/action", one) for one in clause["action"].texts()],
                "purpose": [_concept(_REASON, clause["purpose"].text())],
            }
        ],
        "limit": list(_limits(clause)),
    }


def _coding(system: str, code: str) -> Json:
    return {"system": system, "code": code}


def _heading(heading: str) -> Json:
    named: Json = {"identifier": {"system": HEADING_SYSTEM, "value": heading}}
    return {"meaning": "instance", "reference": named}


def _role(role: str) -> Json:
    return {"identifier": {"system": f"{PROFILE}/role", "value": role}}


def _extensions(clause: Node) -> Iterator[Json]:
    yield _extension(f"{PROFILE}/clause", "valueString", clause["id"].text())
    for name in ("from", "headings", "cohort", "relationship", "quantity", "speed", "dissent"):
        told = write_json(clause[name].value).decode()
        yield _extension(f"{PROFILE}/{name}", "valueString", told)


def _limits(clause: Node) -> Iterator[Json]:
    if not clause["onward"].items():
        yield _concept(f"{PROFILE}/limit", "no-onward")
    for duty in clause["duties"].texts():
        if duty != "no-onward":
            yield _concept(f"{PROFILE}/limit", duty)


def _bar() -> Json:
    """Returns the rule that denies what the law bars, whatever another rule permits."""
    bars: list[Json] = [_coding(LABEL_SYSTEM, label) for label in _BARS]
    return {"type": "deny", "data": [{"security": bars}]}


def to_bundle(document: Mapping[str, Json]) -> dict[str, Json]:
    """Returns the Permission inside a Bundle that an R4 system takes: a Basic that carries it."""
    attachment: Json = {"contentType": _MEDIA, "data": _coded(to_permission(document))}
    basic: Json = {
        "resourceType": "Basic",
        "extension": [_extension(f"{PROFILE}/permission", "valueAttachment", attachment)],
        "code": _concept(f"{PROFILE}/basic", "permission"),
    }
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": basic}]}


def from_permission(value: Json) -> Imported:
    """Returns the agreement that a Permission carries, alone or in a Bundle with a Basic.

    One that carries none gives a draft. Raises Incorrect for anything else, or where its rules
    say something else than the agreement inside it.
    """
    permission = Node(_unwrapped(value))
    if permission["resourceType"].text() != "Permission":
        raise refused("This is no Permission.", "resourceType has to be Permission or Bundle.")
    whole = _attached(permission, _WHOLE, "valueBase64Binary")
    if not isinstance(whole, dict):
        return _draft(permission)
    if to_permission(whole) != permission.value:
        raise refused(
            "The Permission and the agreement inside it say different things.",
            "Take the extension with the agreement out to import the Permission alone.",
        )
    return imported(whole)


def _unwrapped(value: Json) -> Json:
    if Node(value)["resourceType"].text() != "Bundle":
        return value
    for entry in Node(value)["entry"].items():
        for extension in entry["resource"]["extension"].items():
            if extension["url"].text() == f"{PROFILE}/permission":
                return _decoded(extension["valueAttachment"]["data"].text())
    return None


def _attached(node: Node, url: str, kind: str) -> Json:
    for extension in node["extension"].items():
        if extension["url"].text() == url:
            return _decoded(extension[kind].text())
    return None


def _decoded(text: str) -> Json:
    try:
        return read_json(b64decode(text, validate=True), expect_resource=False).value
    except (NotBase64, Incorrect) as fault:
        message = "What is attached cannot be read."
        raise refused(message, message) from fault


def _draft(permission: Node) -> Imported:
    purposes = {
        coding["code"].text(): None
        for rule in permission["rule"].items()
        for activity in rule["activity"].items()
        for purpose in activity["purpose"].items()
        for coding in purpose["coding"].items()
        if coding["system"].text() == _REASON
    }
    validity = permission["validity"]
    document: dict[str, Json] = {
        "careweave": "agreement/1",
        "version": 1,
        "status": "draft",
        "valid": {"from": validity["start"].text()[:10], "to": validity["end"].text()[:10]},
        "objective": {"purposes": list(purposes)},
    }
    rules = tuple(one.value for one in permission["rule"].items())
    return imported(document, {"rule": rules})
