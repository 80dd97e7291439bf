"""A draft SharingPolicy of English social care as an agreement, as far as it tells one.

Source: SocialCareData/information-governance, dsa.json 0.1 (draft); `reference/agreements.md` 13.1.
"""

import re
from collections.abc import Iterator, Mapping

from careweave.agreements._canonical import canonical
from careweave.agreements._exchange import Imported, base_of, imported, refused
from careweave.agreements._fields import FORMAT
from careweave.agreements._mais import (
    DUTIES,
    FIELDS,
    NAMELESS,
    ONWARD,
    SECTIONS,
    policy_of,
)
from careweave.agreements._nodes import Node
from careweave.agreements._vocabulary import PURPOSE, WORDS
from careweave.terms import Heading, Json

_NAME = re.compile(r"(agr-[a-z0-9-]{1,54})@([1-9]\d{0,4})")
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "odrl:read": ("open", "read", "search-one"),
    "odrl:reproduce": ("export",),
    "odrl:aggregate": ("aggregate",),
    "odrl:inform": ("notify",),
    "cw:contribute": ("write",),
}

Left = dict[str, list[Json]]


def from_mais(value: Json) -> Imported:
    """Returns what a SharingPolicy says, as an agreement's document.

    One that carries the whole agreement gives that, if the rest of it says the same. Any other
    gives a draft with the places that must be filled in. Raises Incorrect for what is no
    SharingPolicy, or says two different things.
    """
    policy = Node(value)["SharingPolicy"]
    faults = tuple(_faults(policy))
    if faults:
        raise refused("This is no SharingPolicy.", *faults)
    whole = policy["careweave"].table()
    return _whole(policy, whole) if whole else _draft(policy)


def _faults(policy: Node) -> Iterator[str]:
    for name, (is_mandatory, is_list) in FIELDS.items():
        value = policy[name].value
        if value is None or value == []:
            if is_mandatory:
                yield f"{name} is missing."
        elif not _fits(name, value, is_list=is_list):
            yield f"{name} has to be {'a list of words' if is_list else 'one value'}."
    if policy["Identifier"] and not policy["Identifier"]["value"].text():
        yield "Identifier.value is missing."
    for party in policy["Party"].items():
        if not party["Name"].text() or not party["CatalogueID"].items():
            yield "A Party has to have a Name and at least one CatalogueID."


def _fits(name: str, value: Json, *, is_list: bool) -> bool:
    form = dict if name in {"Identifier", "Party"} else str
    if isinstance(value, list):
        return is_list and all(isinstance(one, form) for one in value)
    return not is_list and isinstance(value, form)


def _whole(policy: Node, document: Mapping[str, Json]) -> Imported:
    said = {name: policy[name].value for name in FIELDS if policy[name]}
    if _unordered(said) != _unordered(policy_of(document, {})):
        raise refused(
            "The policy and the agreement inside it say different things.",
            "Take the member careweave out to import the policy alone.",
        )
    return imported(document)


def _unordered(policy: Mapping[str, Json]) -> dict[str, list[bytes]]:
    return {
        name: sorted(map(canonical, value if isinstance(value, list) else [value]))
        for name, value in policy.items()
    }


def _draft(policy: Node) -> Imported:
    left: Left = {}
    base = base_of({"uri": policy["URI"].text()})
    document: dict[str, Json] = {
        "careweave": FORMAT,
        **_identity(policy, base, left),
        "status": "draft",
        "title": policy["Name"].text(),
        "uri": policy["URI"].text(),
        "owner": {"contact": policy["Contact"].text()},
        "valid": {"from": policy["StartDate"].text(), "to": policy["EndDate"].text()},
        "objective": {"purposes": _purposes(policy, left)},
        "law": _law(policy, left),
        "parties": [_party(one, base) for one in policy["Party"].items()],
        "clauses": [_clause(policy, base, left)],
    }
    if policy["SecurityMeasure"]:
        document["security"] = {"measures": list(policy["SecurityMeasure"].texts())}
    return imported(document, {name: tuple(values) for name, values in left.items()})


def _identity(policy: Node, base: str, left: Left) -> dict[str, Json]:
    identifier = policy["Identifier"]
    found = _NAME.fullmatch(identifier["value"].text())
    if found and identifier["System"].text() == f"{base}/agreements":
        return {"id": found[1], "version": int(found[2])}
    left["Identifier"] = [identifier.value]
    return {"id": f"agr-{_slug(policy['Name'].text())}", "version": 1}


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:50] or "imported"


def _purposes(policy: Node, left: Left) -> list[Json]:
    said = policy["Purpose"].texts()
    known: list[Json] = [one for one in said if one in PURPOSE.words and one != "SAFEG"]
    others: list[Json] = [one for one in said if one not in known]
    left["Purpose"] = others
    if any(one in SECTIONS.values() for one in others):
        known.append("SAFEG")
    return known


def _law(policy: Node, left: Left) -> dict[str, Json]:
    gdpr: dict[str, Json] = {}
    law: dict[str, Json] = {}
    statutes: list[Json] = []
    left["LegalCompliance"] = []
    for said in policy["LegalCompliance"].texts():
        kind, _, code = said.partition(":")
        if kind == "uk-gdpr" and code[:2] in {"6.", "9."} and f"art{code[0]}" not in gdpr:
            gdpr[f"art{code[0]}"] = code
        elif kind == "confidentiality" and code in WORDS["basis"] and kind not in law:
            law["confidentiality"] = {"basis": code}
        elif kind == "statute" and code:
            statutes.append(code)
        else:
            left["LegalCompliance"].append(said)
    return {
        **({"uk_gdpr": gdpr} if gdpr else {}),
        **law,
        **({"statute": statutes} if statutes else {}),
    }


def _party(party: Node, base: str) -> Json:
    ids = party["CatalogueID"].items()
    name: dict[str, Json] = {"name": party["Name"].text(), "role": "both"}
    if len(ids) == 1 and ids[0]["system"].text() == f"{base}/organisations":
        return {"org": ids[0]["value"].text(), **name}
    return {**name, "catalogue": party["CatalogueID"].value}


def _clause(policy: Node, base: str, left: Left) -> Json:
    uses = policy["PermittedUse"].texts()
    clause: dict[str, Json] = {
        "id": "imported",
        "headings": _headings(policy, base, left),
        "action": [action for use in uses for action in _ACTIONS.get(use, ())],
    }
    left["PermittedUse"] = [use for use in uses if use not in {*_ACTIONS, "odrl:display"}]
    if "odrl:display" in uses:
        clause["retention"] = {"recipient": "view-only"}
    return {**clause, **_forbidden(policy, left), **_duties(policy, left)}


def _headings(policy: Node, base: str, left: Left) -> Json:
    # A heading without a level is a line that somebody must fill in; it shares nothing.
    codes = {f"{base}/heading/{heading}": heading.value for heading in Heading}
    said = policy["Data"].items()
    left["Data"] = [one.value for one in said if one.text() not in codes]
    return {codes[one.text()]: None for one in said if one.text() in codes}


def _forbidden(policy: Node, left: Left) -> dict[str, Json]:
    said = policy["Restrictions"].texts()
    is_whole = all(one in said for one in ONWARD)
    known = {*(ONWARD if is_whole else ()), NAMELESS}
    left["Restrictions"] = [one for one in said if one not in known]
    clause: dict[str, Json] = {"onward": "none"} if is_whole else {}
    if NAMELESS in said:
        clause["form"] = {"identifiability": "de-identified"}
    return clause


def _duties(policy: Node, left: Left) -> dict[str, Json]:
    names = {told: duty for duty, told in DUTIES.items()}
    said = policy["DataRecipientResponsibilities"].texts()
    left["DataRecipientResponsibilities"] = [one for one in said if one not in names]
    known: list[Json] = [names[one] for one in said if one in names]
    return {"duties": known} if known else {}
