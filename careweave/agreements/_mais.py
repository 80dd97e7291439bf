"""Agreements as the draft SharingPolicy of English social care has them.

Source: SocialCareData/information-governance, dsa.json 0.1 (draft); `reference/agreements.md` 13.1.
"""

from collections.abc import Iterator, Mapping

from careweave.agreements._exchange import base_of, clauses_of, each
from careweave.agreements._nodes import Node
from careweave.terms import Heading, Json

FIELDS: Mapping[str, tuple[bool, bool]] = {
    "URI": (True, False),
    "Identifier": (True, False),
    "Name": (True, False),
    "Contact": (True, False),
    "Party": (True, True),
    "Data": (True, True),
    "Purpose": (True, True),
    "StartDate": (True, False),
    "EndDate": (True, False),
    "PermittedUse": (True, True),
    "Restrictions": (False, True),
    "DataRecipientResponsibilities": (False, True),
    "SecurityMeasure": (False, True),
    "LegalCompliance": (False, True),
}
"""The fields of a SharingPolicy: whether each is mandatory, and whether it is a list."""

USES: Mapping[str, str] = {
    "open": "odrl:read",
    "read": "odrl:read",
    "search-one": "odrl:read",
    "list": "odrl:read",
    "search-many": "odrl:read",
    "find": "odrl:read",
    "export": "odrl:reproduce",
    "aggregate": "odrl:aggregate",
    "message": "odrl:inform",
    "notify": "odrl:inform",
    "subscribe": "odrl:inform",
    "write": "cw:contribute",
}
"""What each action is called there."""

DUTIES: Mapping[str, str] = {
    "delete-at-end": "odrl:delete",
    "notify-source": "odrl:inform",
    "attribute-source": "odrl:attribute",
}
"""What a duty is called there; the others have no name in it."""

ONWARD = ("odrl:distribute", "odrl:transfer")
NAMELESS = "cw:reidentify"

SECTIONS: Mapping[str, str] = {
    "ChildrenAct1989-s17": "https://www.legislation.gov.uk/ukpga/1989/41/section/17",
    "CareAct2014-s42": "https://www.legislation.gov.uk/ukpga/2014/23/section/42",
    "ChildrenAct1989-s47": "https://www.legislation.gov.uk/ukpga/1989/41/section/47",
}
"""The sections of the law that stand for the purpose of safeguarding there."""


def to_mais(
    document: Mapping[str, Json], unmapped: Mapping[str, tuple[Json, ...]] | None = None
) -> dict[str, Json]:
    """Returns an agreement's document as a SharingPolicy, with the whole of it as one member.

    `unmapped` is what an import could not take over: it is told again as it was.
    """
    policy = policy_of(document, unmapped or {})
    return {"SharingPolicy": {**policy, "careweave": dict(document)}}


def policy_of(
    document: Mapping[str, Json], unmapped: Mapping[str, tuple[Json, ...]]
) -> dict[str, Json]:
    """Returns the fields of the SharingPolicy alone; fields that say nothing are left out."""
    top, clauses, base = Node(dict(document)), clauses_of(document), base_of(document)
    policy: dict[str, Json] = {
        "URI": top["uri"].text(),
        "Identifier": _identifier(top, base),
        "Name": top["title"].text(),
        "Contact": top["owner"]["contact"].text(),
        "Party": [_party(one, base) for one in top["parties"].items()],
        "Data": _data(clauses, base),
        "Purpose": _purposes(top),
        "StartDate": top["valid"]["from"].text(),
        "EndDate": top["valid"]["to"].text(),
        "PermittedUse": list(_uses(clauses)),
        "Restrictions": list(_restrictions(clauses, top["status"].text())),
        "DataRecipientResponsibilities": [
            DUTIES[duty] for duty in each(clauses, "duties") if duty in DUTIES
        ],
        "SecurityMeasure": [
            *top["security"]["measures"].texts(),
            *each(clauses, "form", "encryption"),
        ],
        "LegalCompliance": list(_law(top)),
    }
    return {name: value for name, value in _with(policy, unmapped) if value}


def _with(
    policy: Mapping[str, Json], unmapped: Mapping[str, tuple[Json, ...]]
) -> Iterator[tuple[str, Json]]:
    for name, value in policy.items():
        left = unmapped.get(name, ())
        if isinstance(value, list):
            yield name, _once([*value, *left])
        else:
            yield name, left[0] if left else value


def _once(values: list[Json]) -> list[Json]:
    kept: list[Json] = []
    for value in values:
        if value not in kept:
            kept.append(value)
    return kept


def _identifier(top: Node, base: str) -> Json:
    value = f"{top['id'].text()}@{top['version'].whole()}"
    return {"value": value, "System": f"{base}/agreements"}


def _party(party: Node, base: str) -> Json:
    own: Json = {"value": party["org"].text(), "system": f"{base}/organisations"}
    catalogue = party["catalogue"].value
    return {"Name": party["name"].text(), "CatalogueID": catalogue or [own]}


def _data(clauses: tuple[Node, ...], base: str) -> list[Json]:
    named = {heading for clause in clauses for heading in clause["headings"].table()}
    return [f"{base}/heading/{heading}" for heading in Heading if heading in named]


def _purposes(top: Node) -> list[Json]:
    codes = top["objective"]["purposes"].texts()
    named: list[Json] = [code for code in codes if code != "SAFEG"]
    # What came from outside kept its sections as they were: they are told again from there.
    if "SAFEG" not in codes or (top["status"].text() == "draft" and not top["summary"]):
        return named
    laws = top["law"]["statute"].texts()
    chosen = [address for law, address in SECTIONS.items() if law in laws]
    return [*named, *(chosen or SECTIONS.values())]


def _uses(clauses: tuple[Node, ...]) -> Iterator[str]:
    actions = tuple(each(clauses, "action"))
    keeping = tuple(each(clauses, "retention", "recipient"))
    uses = [USES[action] for action in actions if action in USES]
    uses += ["odrl:reproduce" for how in keeping if how.startswith("copy:")]
    uses += ["odrl:display" for how in keeping if how == "view-only"]
    yield from dict.fromkeys(uses)


def _restrictions(clauses: tuple[Node, ...], status: str) -> Iterator[str]:
    # A clause that says nothing of passing on forbids it, but a draft has only what was read.
    default = "" if status == "draft" else "none"
    if clauses and all((one["onward"].value or default) == "none" for one in clauses):
        yield from ONWARD
    if any(form != "identified" for form in each(clauses, "form", "identifiability")):
        yield NAMELESS


def _law(top: Node) -> Iterator[str]:
    law = top["law"]
    for article in ("art6", "art9"):
        if law["uk_gdpr"][article]:
            yield f"uk-gdpr:{law['uk_gdpr'][article].text()}"
    if law["confidentiality"]["basis"]:
        yield f"confidentiality:{law['confidentiality']['basis'].text()}"
    for statute in law["statute"].texts():
        yield f"statute:{statute}"
