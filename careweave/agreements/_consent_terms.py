"""The conditions of one provision of a Consent, each read by itself.

Every reader gives what it understood and adds a finding for what it did not; the caller widens
what is denied and narrows what is permitted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo

from careweave.agreements._consent_cells import EVER, Cell, Region, Some, Span
from careweave.formats import date_range
from careweave.terms import HEADING_SYSTEM, LABEL_SYSTEM, Heading, Json, Label, Purpose

Node = dict[str, Json]
Pair = tuple[str, str]

ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_BROKEN_GLASS = (ACT_REASON, "BTG")
# Those whom a provision lets receive, and who keeps what it speaks of.
# Source: HL7 v3 ParticipationType.
_RECIPIENTS = frozenset({"", "IRCP", "PRCP"})
_CUSTODIAN = "CST"
_USERS = frozenset({"Practitioner", "PractitionerRole", "RelatedPerson", "Patient", "Person"})
_TREATING = frozenset({Purpose.DIRECT_CARE, Purpose.EMERGENCY, Purpose.COORDINATION})
# Source: HL7 v3 ActReason: what is below TREAT is treatment; uses that no clause can have are
# known and stand for nothing.
_PURPOSES: Mapping[str, frozenset[Purpose]] = {
    **{one.value: frozenset({one}) for one in Purpose},
    Purpose.DIRECT_CARE.value: _TREATING,
    "HPAYMT": frozenset(),
    "HMARKT": frozenset(),
}
_LABELS = {label.value: label for label in Label}
_HEADINGS = {heading.value: heading for heading in Heading}


@dataclass(frozen=True, slots=True)
class ConsentWords:
    """What codes in a Consent stand for; (system, code) as they are written.

    `labels` are sensitivities. `degrees` are degrees of confidentiality, with the labels that an
    entry of that degree may carry. `purposes` are further purposes, besides HL7 v3 ActReason.
    """

    labels: Mapping[Pair, Label]
    degrees: Mapping[Pair, frozenset[Label]]
    purposes: Mapping[Pair, Purpose]


@dataclass(frozen=True, slots=True)
class Marks:
    """The security labels of a provision: sensitivities by name, and degrees."""

    named: frozenset[Label]
    degrees: tuple[frozenset[Label], ...]
    is_given: bool


NO_MARKS = Marks(frozenset(), (), is_given=False)


def marks_of(value: Node, words: ConsentWords, doubts: list[str]) -> Marks:
    """Returns the security labels of a provision."""
    pairs = [pair_of(one) for one in nodes(value.get("securityLabel"))]
    named: set[Label] = set()
    degrees: list[frozenset[Label]] = []
    for pair in pairs:
        label = _LABELS.get(pair[1]) if pair[0] == LABEL_SYSTEM else words.labels.get(pair)
        if label is not None:
            named.add(label)
        elif pair in words.degrees:
            degrees.append(words.degrees[pair])
        else:
            doubts.append("consent-label")
    return Marks(frozenset(named), tuple(degrees), bool(pairs))


def denied_labels(marks: Marks, words: ConsentWords) -> frozenset[Label] | None:
    """Returns any of which labels a denied entry carries; None is whatever labels.

    A degree stands for the labels that no lower degree may carry.
    """
    known = words.degrees.values()
    own = [
        degree - frozenset[Label]().union(*(one for one in known if one < degree))
        for degree in marks.degrees
    ]
    return (marks.named.union(*own) or None) if all(own) else None


def purposes_of(value: Node, words: ConsentWords, doubts: list[str]) -> tuple[Some[Purpose], bool]:
    """Returns the purposes of a provision, and whether it asks for broken glass."""
    found: set[Purpose] = set()
    pairs = [pair_of(one) for one in nodes(value.get("purpose"))]
    for pair in pairs:
        if pair in words.purposes:
            found.add(words.purposes[pair])
        elif pair[0] == ACT_REASON and pair[1] in _PURPOSES:
            found |= _PURPOSES[pair[1]]
        elif pair != _BROKEN_GLASS:
            doubts.append("consent-purpose")
    return Some(frozenset(found), others=not pairs), _BROKEN_GLASS in pairs


def headings_of(value: Node, doubts: list[str]) -> Some[Heading]:
    """Returns the headings that a provision names as classes of information."""
    pairs = [pair_of(one) for one in nodes(value.get("class"))]
    found = {_HEADINGS[code] for s, code in pairs if s == HEADING_SYSTEM and code in _HEADINGS}
    if len(found) < len(set(pairs)):
        doubts.append("consent-class")
    return Some(frozenset(found), others=not pairs)


def span_of(period: Json, zone: tzinfo) -> Span:
    """Returns the time of a Period, the last day included; always where there is none."""
    if not isinstance(period, dict):
        return Span()
    start, end = period.get("start"), period.get("end")
    return Span(
        date_range(start, zone)[0] if isinstance(start, str) else EVER[0],
        date_range(end, zone)[1] if isinstance(end, str) else EVER[1],
    )


def with_actors(base: Cell, value: Node, doubts: list[str], *, is_emergency: bool) -> Region:
    """Returns the cell for the organisations named and for the users named; as it is for none."""
    names: dict[str, set[str]] = {"to": set(), "users": set(), "source": set()}
    for actor in nodes(value.get("actor")):
        kind, name = _target(actor.get("reference"))
        if is_emergency and kind == "Group":
            # Who may break the glass is known without the list of the group.
            continue
        place = _place(actor, kind)
        # The custodian is known by the name of our own organisation, without its system.
        known = name.rpartition("|")[2] if place == "source" else name
        names.get(place, set()).add(known)
        if not place or not name:
            doubts.append("consent-actor")
    if len(names["source"]) > 1:
        doubts.append("consent-actor")
    base = replace(base, source=min(names["source"], default=""))
    return _either(
        base,
        replace(base, to=_these(names["to"])) if names["to"] else None,
        replace(base, users=_these(names["users"])) if names["users"] else None,
    )


def _place(actor: Node, kind: str) -> str:
    role = next((code for _, code in codes_of(actor.get("role"))), "")
    if role == _CUSTODIAN and kind == "Organization":
        return "source"
    if role in _RECIPIENTS and kind == "Organization":
        return "to"
    return "users" if role in _RECIPIENTS and kind in _USERS else ""


def with_data(base: Cell, value: Node, doubts: list[str]) -> Region:
    """Returns the cell for the entries named and for the authors named; as it is for none."""
    names: dict[str, set[str]] = {"ids": set(), "authors": set()}
    places = {"instance": "ids", "authoredby": "authors"}
    for one in nodes(value.get("data")):
        place, (_, name) = places.get(str(one.get("meaning")), ""), _target(one.get("reference"))
        if place and name:
            names[place].add(name)
        else:
            doubts.append("consent-data")
    return _either(
        base,
        replace(base, ids=_these(names["ids"])) if names["ids"] else None,
        replace(base, authors=_these(names["authors"])) if names["authors"] else None,
    )


def _these(names: set[str]) -> Some[str]:
    return Some(frozenset(names), others=False)


def _either(base: Cell, *narrowed: Cell | None) -> Region:
    return tuple(cell for cell in narrowed if cell is not None) or (base,)


def nodes(value: Json) -> list[Node]:
    """Returns the objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def pair_of(coding: Node) -> Pair:
    """Returns (system, code) of a Coding."""
    return str(coding.get("system", "")), str(coding.get("code", ""))


def codes_of(concept: Json) -> list[Pair]:
    """Returns (system, code) of the codings of a CodeableConcept."""
    return (
        [pair_of(one) for one in nodes(concept.get("coding"))] if isinstance(concept, dict) else []
    )


def _target(reference: Json) -> tuple[str, str]:
    """Returns the type and the name of what a Reference leads to, named as ties name it."""
    if not isinstance(reference, dict):
        return "", ""
    text = reference.get("reference")
    said = str(reference.get("type", ""))
    if isinstance(text, str) and text:
        parts = text.split("/")
        kind = parts[-2] if len(parts) > 1 else said
        return kind, text if len(parts) == 2 else f"url {text}"
    identifier = reference.get("identifier")
    if isinstance(identifier, dict) and identifier.get("value"):
        return said, f"identifier {identifier.get('system', '')}|{identifier['value']}"
    return said, ""
