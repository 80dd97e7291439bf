"""HL7 v2.4 messages as a UK hospital's systems write them.

Source: HL7 2.4 chapters 2, 3, 4, 7, 9, 10; reference/interop.md 5.2, 6.4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from careweave.demonstration._calendar import london
from careweave.demonstration._fhir import phone_use
from careweave.demonstration._model import Fact, Home, Name, Who

Segment = str
_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
_SEXES = {"F": "F", "M": "M", "X": "O"}


@dataclass(frozen=True, slots=True)
class Head:
    """What the first segment says: who sends, what, when, under which number."""

    application: str
    facility: str
    kind: str
    control: str
    sent_at: datetime


def escaped(text: str) -> str:
    """Returns text that is safe inside a field; control characters as hexadecimal escapes."""
    made = "".join(_ESCAPES.get(c, c) for c in text)
    made = made.replace("\r\n", "\\.br\\").replace("\n", "\\.br\\")
    return "".join(c if c >= " " else f"\\X{ord(c):02X}\\" for c in made)


def stamp(at: datetime | None) -> str:
    """Returns a local time to the second, empty for none."""
    return f"{at.astimezone(london()):%Y%m%d%H%M%S}" if at else ""


def segment(name: str, fields: dict[int, str]) -> Segment:
    """Returns a segment with its fields by number."""
    last = max(fields, default=0)
    return "|".join((name, *(fields.get(number, "") for number in range(1, last + 1))))


def message(head: Head, segments: Sequence[Segment]) -> bytes:
    """Returns the bytes of a message."""
    event, structure = head.kind, _structure(head.kind)
    first = "|".join(
        (
            "MSH", "^~\\&", head.application, head.facility, "CAREWEAVE", "REGION",
            stamp(head.sent_at), "", f"{event}{structure}", head.control, "P", "2.4",
            "", "", "AL", "NE", "", "UNICODE UTF-8",
        )
    )  # fmt: skip
    return ("\r".join((first, *segments)) + "\r").encode()


def _structure(kind: str) -> str:
    same = {"A04": "A01", "A08": "A01", "A13": "A01", "A28": "A05", "A31": "A05", "A11": "A09"}
    group, _, event = kind.partition("^")
    known = {"ADT": f"^ADT_{same.get(event, event)}", "ORU": "^ORU_R01", "MDM": "^MDM_T02"}
    return known.get(group, f"^{group}_{'S12' if group == 'SIU' else event}")


def evn(event: str, recorded_at: datetime, happened_at: datetime) -> Segment:
    """Returns the segment of the event: when it was entered and when it happened."""
    return segment("EVN", {1: event, 2: stamp(recorded_at), 6: stamp(happened_at)})


def pid(who: Who, authority: str, said: Mapping[int, str] | None = None) -> Segment:
    """Returns the segment of the patient; `said` are fields that the sender writes otherwise."""
    names = [_name(who.name, "L"), *(_name(one, "A") for one in who.others)]
    fields = {
        1: "1",
        3: "~".join(_identifiers(who, authority)),
        5: "~".join(names),
        7: f"{who.born:%Y%m%d}" if who.born else "",
        8: _SEXES.get(who.sex, "U"),
        11: _address(who.home),
        13: "~".join(_phone(one) for one in who.phones),
        15: escaped(who.language),
    }
    if who.died_at:
        fields |= {29: stamp(who.died_at), 30: "Y"}
    if who.nhs:
        fields[32] = who.traced
    return segment("PID", {**fields, **(said or {})})


def _identifiers(who: Who, authority: str) -> list[str]:
    found = [f"{who.local}^^^{authority}^PI"]
    if who.nhs and who.nhs.startswith("CHI"):
        found.append(f"{who.nhs[3:]}^^^CHI^NI")
    elif who.nhs:
        found.append(f"{who.nhs}^^^NHS^NH")
    return found


def _name(name: Name, use: str) -> str:
    first, *rest = (*name.given, "") if name.given else ("", "")
    middle = " ".join(part for part in rest if part)
    return f"{escaped(name.family)}^{escaped(first)}^{escaped(middle)}^^^^{use}"


def _address(home: Home | None) -> str:
    if home is None:
        return ""
    return f"{escaped(home.line)}^^{escaped(home.town)}^^{home.postcode}^^H"


def _phone(number: str) -> str:
    use, kind = ("PRS", "CP") if phone_use(number) == "mobile" else ("PRN", "PH")
    return f"{number}^{use}^{kind}"


def pd1(practice: str) -> Segment:
    """Returns the segment that names the practice."""
    return segment("PD1", {3: f"GP practice^^{practice}"})


def nk1(number: int, fact: Fact) -> Segment:
    """Returns the segment of a relative."""
    family, _, given = fact.text.partition(", ")
    relation = fact.word("relation", "Relative")
    codes = {"Husband": "SPO", "Wife": "SPO", "Mother": "MTH", "Father": "FTH", "Friend": "FND"}
    codes |= {"Son": "CHD", "Daughter": "CHD", "Brother": "SIB", "Sister": "SIB"}
    fields = {
        1: str(number),
        2: f"{escaped(family)}^{escaped(given)}",
        3: f"{codes.get(relation, 'OTH')}^{escaped(relation)}",
        5: "~".join(fact.words("phone")),
    }
    if fact.more.get("next_of_kin"):
        fields[7] = "N^Next of kin"
    return segment("NK1", fields)


def al1(number: int, fact: Fact) -> Segment:
    """Returns the segment of an allergy, or of none known."""
    if fact.kind == "none-known":
        return segment("AL1", {1: str(number), 2: "DA", 3: "NKA^No known allergies^L"})
    if fact.word("status", "active") != "active":
        return _iam(number, fact)
    severity = {"high": "SV", "low": "MI"}.get(fact.word("criticality"), "U")
    kind = fact.word("category", "DA")
    fields = {1: str(number), 2: kind, 3: local_code(fact), 4: severity}
    return segment("AL1", {**fields, 5: escaped(fact.word("reaction")), 6: f"{fact.at:%Y%m%d}"})


def _iam(number: int, fact: Fact) -> Segment:
    """Returns the segment of an allergy that holds no longer: looked into and none, or inactive.

    Source: HL7 2.4 chapter 3, IAM; table 0438.
    """
    status = "E^Erroneous" if fact.word("status") == "refuted" else "I^Confirmed but inactive"
    fields = {1: str(number), 2: "DA", 3: local_code(fact), 6: "A^Add", 13: stamp(fact.at)}
    return segment("IAM", {**fields, 7: code_of(fact.text), 17: status})


def dg1(number: int, fact: Fact) -> Segment:
    """Returns the segment of a diagnosis."""
    return segment(
        "DG1",
        {1: str(number), 3: local_code(fact), 5: stamp(fact.at), 6: "F"},
    )


def pr1(number: int, fact: Fact) -> Segment:
    """Returns the segment of a procedure."""
    return segment("PR1", {1: str(number), 3: local_code(fact), 5: stamp(fact.at)})


def local_code(fact: Fact) -> str:
    """Returns the acute hospital's own code of a fact with its words."""
    return f"{code_of(fact.text)}^{escaped(fact.display)}^L"


def code_of(text: str) -> str:
    """Returns the acute hospital's own code of a word: region/codes leads on from it."""
    code = "".join(c if c.isalnum() else "-" for c in text.upper())
    return "-".join(part for part in code.split("-") if part)


def pv1(fields: dict[int, str], consultant: str) -> Segment:
    """Returns the segment of the visit with its consultant."""
    given, _, family = consultant.partition(" ")
    doctor = f"C9999{len(consultant):03d}^{escaped(family)}^{escaped(given)}^^^Dr"
    return segment("PV1", {1: "1", 9: doctor, **fields})
