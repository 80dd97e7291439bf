"""Agreements as ODRL 2.2, for those who read policies as linked data.

Source: W3C ODRL Information Model 2.2 and Vocabulary; Data Privacy Vocabulary 2 (DPV);
`reference/agreements.md` 13.2. Nothing inside depends on it.
"""

from collections.abc import Iterator, Mapping

from careweave.agreements._exchange import (
    PROFILE,
    Imported,
    base_of,
    clauses_of,
    imported,
    refused,
)
from careweave.agreements._mais import DUTIES, ONWARD, USES
from careweave.agreements._nodes import Node
from careweave.terms import Json

_CONTEXT: Json = [
    "http://www.w3.org/ns/odrl.jsonld",
    {"cw": f"{PROFILE}#", "dpv": "https://w3id.org/dpv#"},
]
_PURPOSES = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_WHOLE = "cw:agreement"


def to_odrl(document: Mapping[str, Json]) -> dict[str, Json]:
    """Returns an agreement's document as an ODRL Agreement in JSON-LD.

    One permission for each clause, role and heading. What ODRL has no word for stands under terms
    of a profile of its own, and the whole document as one of them.
    """
    top, base = Node(dict(document)), base_of(document)
    permissions = [one for clause in clauses_of(document) for one in _rules(top, clause, base)]
    prohibitions = [one for clause in clauses_of(document) for one in _forbidden(clause, base)]
    return {
        "@context": _CONTEXT,
        "@type": "Agreement",
        "uid": top["uri"].text() or f"{base}/agreements/{top['id'].text()}",
        "profile": PROFILE,
        "dct:title": top["title"].text(),
        "permission": permissions,
        **({"prohibition": prohibitions} if prohibitions else {}),
        _WHOLE: dict(document),
    }


def _rules(top: Node, clause: Node, base: str) -> Iterator[Json]:
    for role in clause["to"]["roles"].texts():
        for heading, share in clause["headings"].members():
            yield {
                "uid": f"{top['uri'].text()}#{clause['id'].text()}-{role}-{heading}",
                "assigner": [_organisation(one, base) for one in clause["from"].texts()],
                "assignee": [_reader(one, role, base) for one in clause["to"]["orgs"].texts()],
                "target": f"{base}/heading/{heading}",
                "action": list(dict.fromkeys(map(_action, clause["action"].texts()))),
                "constraint": list(_constraints(top, clause, heading, share)),
                "duty": [{"action": _duty(one)} for one in clause["duties"].texts()],
            }


def _action(action: str) -> Json:
    return USES.get(action, f"cw:{action}")


def _duty(duty: str) -> Json:
    return DUTIES.get(duty, f"cw:{duty}")


def _organisation(reference: str, base: str) -> str:
    kind, _, slug = reference.partition(":")
    return f"{base}/{'groups' if kind == 'group' else 'organisations'}/{slug}"


def _reader(reference: str, role: str, base: str) -> Json:
    return {
        "@type": "PartyCollection",
        "source": _organisation(reference, base),
        "refinement": [_constraint("cw:role", "eq", f"cw:role-{role}")],
    }


def _constraint(left: str, operator: str, right: Json) -> dict[str, Json]:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def _constraints(top: Node, clause: Node, heading: str, share: Node) -> Iterator[Json]:
    yield _constraint("purpose", "isA", f"{_PURPOSES}#{clause['purpose'].text()}")
    yield _constraint("dateTime", "gteq", _day(top["valid"]["from"].text()))
    yield _constraint("dateTime", "lteq", _day(top["valid"]["to"].text()))
    limit = clause["quantity"]["per_day"]["hard"].whole()
    yield {**_constraint("count", "lteq", limit), "unit": "cw:entries-per-day"}
    yield _constraint("cw:level", "eq", f"cw:level-{share['level'].text() or share.text()}")
    yield _constraint("cw:labels", "isPartOf", list(clause["labels"].texts()))
    yield _constraint("cw:cohort", "eq", clause["cohort"].value)
    yield _constraint("cw:relationship", "eq", clause["relationship"].value)
    fresh = clause["speed"]["freshness"]
    yield _constraint("cw:freshness", "lteq", fresh.text() or fresh[heading].value)
    yield _constraint("cw:answerTime", "lteq", clause["speed"]["answer_p95"].text())


def _day(day: str) -> Json:
    return {"@value": day, "@type": "xsd:date"}


def _forbidden(clause: Node, base: str) -> Iterator[Json]:
    """Yields that nothing may be passed on, where the clause names nobody to whom it may."""
    if clause["onward"].items():
        return
    yield {
        "assignee": [_organisation(one, base) for one in clause["to"]["orgs"].texts()],
        "target": [f"{base}/heading/{heading}" for heading in clause["headings"].table()],
        "action": list(ONWARD),
    }


def from_odrl(value: Json) -> Imported:
    """Returns the agreement that an ODRL policy carries whole, or a draft of what it tells.

    Raises Incorrect for what is no policy, or where its rules say something else than the
    agreement inside it.
    """
    policy = Node(value)
    if policy["@type"].text() not in {"Agreement", "Offer", "Policy", "Set"}:
        raise refused("This is no ODRL policy.", "@type has to be Agreement.")
    whole = policy[_WHOLE].table()
    if not whole:
        return _draft(policy)
    if to_odrl(whole) != value:
        raise refused(
            "The policy and the agreement inside it say different things.",
            f"Take the member {_WHOLE} out to import the policy alone.",
        )
    return imported(whole)


def _draft(policy: Node) -> Imported:
    document: dict[str, Json] = {
        "careweave": "agreement/1",
        "version": 1,
        "status": "draft",
        "title": policy["dct:title"].text(),
        "uri": policy["uid"].text(),
    }
    rules: list[Json] = []
    for name in ("permission", "prohibition", "obligation"):
        rules += [one.value for one in policy[name].items()]
    return imported(document, {"rules": tuple(rules)})
