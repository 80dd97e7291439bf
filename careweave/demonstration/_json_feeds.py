"""What the hospice and the ambulance service send: one JSON document a file."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import count

from careweave.demonstration._calendar import london
from careweave.demonstration._dose import read_dose
from careweave.demonstration._extract import as_of, number_of
from careweave.demonstration._fhir import slug
from careweave.demonstration._model import Fact, Holding, Sent, Who
from careweave.demonstration._paper import pdf
from careweave.demonstration._state import who_at
from careweave.formats import write_json
from careweave.terms import Json

Value = dict[str, Json]
_GENDERS = {"F": "female", "M": "male", "X": "other"}
_DECISIONS = {"cpr": "cpr", "place": "preferred-place-of-death", "ceiling": "ceiling"}
_DECISIONS |= {"prognosis": "prognosis"}
_HOSPICE, _AMBULANCE = "nm-hospice-record", "nm-ambulance-incident"


def hospice(holdings: list[Holding], until: datetime) -> Iterator[Sent]:
    """Gives the documents of the hospice: the whole of a person whenever something is new."""
    turns = sorted(
        (at, place)
        for place, holding in enumerate(holdings)
        for at in _turns(holding)
        if at <= until
    )
    for number, (at, place) in enumerate(turns, 1):
        document = _record(holdings[place], at, number)
        name = f"hospice_{at:%Y%m%d%H%M}_{number:06d}.json"
        yield Sent(_HOSPICE, at, name, write_json(document))


def _turns(holding: Holding) -> set[datetime]:
    last_load = holding.known_at + timedelta(hours=12)
    first = holding.known_at + timedelta(hours=1)
    later = {one.sent_at for one in holding.facts if one.sent_at > last_load}
    ends = {one.ended_at for one in holding.facts if one.ended_at and one.ended_at > last_load}
    return {first} | later | ends


def _record(holding: Holding, at: datetime, number: int) -> Value:
    now = Fact("now", "", at, at, 0)
    who = who_at(holding, now)
    told = [as_of(one, at) for one in holding.facts if one.sent_at <= at]
    value: Value = {
        "document": {"id": f"HD{number:06d}", "sentAt": _iso(at)},
        "patient": _hospice_patient(who),
    }
    for name, kinds, make in _PARTS:
        made: list[Json] = [make(one, who) for one in told if one.kind in kinds]
        if made:
            value[name] = made
    episodes = [one for one in told if one.kind == "episode"]
    if episodes:
        value["episode"] = _episode(episodes[-1], who)
    plans = [one for one in told if one.kind == "plan"]
    if plans:
        value["plan"] = _plan(plans[-1], who)
    return value


def _hospice_patient(who: Who) -> Json:
    value: Value = {
        "ref": who.local,
        "family": who.name.family,
        "given": list(who.name.given),
        "gender": _GENDERS.get(who.sex, "unknown"),
        "gpPractice": who.practice,
    }
    if who.nhs:
        value["nhsNumber"] = who.nhs
    if who.born:
        value["birthDate"] = who.born.isoformat()
    if who.died_at:
        value["deceasedAt"] = _iso(who.died_at)
    return value | _reached(who)


def _reached(who: Who) -> Value:
    value: Value = {"phone": who.phones[0]} if who.phones else {}
    if who.home:
        lines: list[Json] = [who.home.line]
        town, postcode = who.home.town, who.home.postcode
        value["address"] = {"lines": lines, "town": town, "postcode": postcode}
    return value


def _decision(fact: Fact, who: Who) -> Json:
    return _full(
        {
            "id": number_of(fact, who, "HX"),
            "kind": _DECISIONS[fact.kind],
            "code": fact.word("code"),
            "decision": fact.word("value", fact.text),
            "decidedOn": _day(fact.at),
            "reviewOn": fact.word("review"),
            "by": "Dr Dara Whitlow",
            "note": fact.note,
            "status": "superseded" if fact.ended_at else "active",
        }
    )


def _medication(fact: Fact, who: Who) -> Json:
    dose = read_dose(fact.word("dose"))
    value: Value = {
        "id": number_of(fact, who, "HM"),
        "code": fact.word("code") or slug(fact.text),
        "drug": fact.display,
        "route": fact.word("route", "oral"),
        "directions": fact.word("dose"),
        "status": "stopped" if fact.ended_at else "active",
        "startedOn": _day(fact.at),
        "anticipatory": bool(fact.more.get("anticipatory")),
    }
    if dose:
        value |= {"dose": dose.amount, "unit": dose.unit, "frequency": dose.frequency}
    if fact.ended_at:
        value["stoppedOn"] = _day(fact.ended_at)
    return _full(value)


def _allergy(fact: Fact, who: Who) -> Json:
    return _full(
        {
            "id": number_of(fact, who, "HA"),
            "code": fact.word("code") or slug(fact.text),
            "substance": fact.display,
            "type": fact.word("type", "allergy"),
            "criticality": fact.word("criticality"),
            "reaction": fact.word("reaction"),
            "status": fact.word("status", "active"),
            "recordedOn": _day(fact.at),
        }
    )


def _problem(fact: Fact, who: Who) -> Json:
    return {
        "id": number_of(fact, who, "HP"),
        "code": fact.word("code") or slug(fact.text),
        "term": fact.display,
        "status": "resolved" if fact.ended_at else "active",
        "onset": _day(fact.at),
    }


def _contact(fact: Fact, who: Who) -> Json:
    family, _, given = fact.text.partition(", ")
    return _full(
        {
            "id": number_of(fact, who, "HC"),
            "name": f"{given} {family}".strip(),
            "relationship": fact.word("relation"),
            "nextOfKin": bool(fact.more.get("next_of_kin")),
            "phone": "".join(fact.words("phone")[:1]),
        }
    )


def _member(fact: Fact, who: Who) -> Json:
    role, phone = fact.word("role", "Nurse"), "01632 960730"
    return {"id": number_of(fact, who, "HT"), "name": fact.text, "role": role, "phone": phone}


def _contact_made(fact: Fact, who: Who) -> Json:
    kind = "admission" if fact.kind == "stay" else fact.word("sort", "visit")
    at = _iso(fact.at)
    return {"id": number_of(fact, who, "HV"), "at": at, "kind": kind, "text": fact.display}


def _document(fact: Fact, who: Who) -> Json:
    name = " ".join((fact.text, fact.canary)).strip()
    return {
        "id": number_of(fact, who, "HF"),
        "type": fact.word("sort", "letter"),
        "title": name,
        "writtenOn": _day(fact.at),
        "contentType": "application/pdf",
        "base64": b64encode(pdf(name, " ".join((fact.text, fact.note)))).decode(),
    }


_PARTS = (
    ("decisions", frozenset(_DECISIONS), _decision),
    ("medications", frozenset({"medicine"}), _medication),
    ("allergies", frozenset({"allergy"}), _allergy),
    ("problems", frozenset({"problem"}), _problem),
    ("contacts", frozenset({"contact"}), _contact),
    ("team", frozenset({"team"}), _member),
    ("contactsMade", frozenset({"visit", "stay"}), _contact_made),
    ("documents", frozenset({"document"}), _document),
)


def _episode(fact: Fact, who: Who) -> Json:
    value: Value = {
        "id": number_of(fact, who, "HE"),
        "status": "finished" if fact.ended_at else "active",
        "startedOn": _day(fact.at),
        "kind": fact.word("sort", "community"),
    }
    return value | ({"endedOn": _day(fact.ended_at)} if fact.ended_at else {})


def _plan(fact: Fact, who: Who) -> Json:
    text = fact.note or fact.text
    return {
        "id": number_of(fact, who, "HL"),
        "title": fact.text,
        "text": text,
        "updatedOn": _day(fact.at),
    }


def ambulance(holdings: list[Holding], until: datetime, first: int = 1) -> Iterator[Sent]:
    """Gives one document for each incident; the documents count from `first`."""
    incidents = sorted(
        (
            (fact.sent_at, place, fact)
            for place, holding in enumerate(holdings)
            for fact in holding.facts
            if fact.kind == "incident" and fact.sent_at <= until
        ),
        key=lambda one: one[:2],
    )
    numbers = count(first)
    for sent_at, place, fact in incidents:
        number = next(numbers)
        document = _incident(holdings[place], fact, number)
        name = f"incident_{sent_at:%Y%m%d%H%M}_{number:06d}.json"
        yield Sent(_AMBULANCE, sent_at, name, write_json(document))


def _incident(holding: Holding, fact: Fact, number: int) -> Value:
    who = who_at(holding, fact)
    value: Value = {
        "document": {"id": f"AD{number:06d}", "sentAt": _iso(fact.sent_at)},
        "incident": _full(
            {
                "id": number_of(fact, who, "INC"),
                "status": "closed",
                "callAt": _iso(fact.at),
                "onSceneAt": _iso(fact.at + timedelta(minutes=18)),
                "leftSceneAt": _iso(fact.at + timedelta(minutes=55)),
                "priority": fact.word("priority", "C2"),
                "reasonCode": slug(fact.text),
                "reason": fact.display,
                "outcome": fact.word("outcome", "conveyed"),
                "destination": "CWA01" if fact.word("outcome", "conveyed") == "conveyed" else "",
                "postcode": who.home.postcode if who.home else "",
                "crew": "Kit Rowntree",
                "narrative": fact.note,
            }
        ),
        "patient": _ambulance_patient(who),
    }
    day = fact.at.astimezone(london()).date()
    own = [one for one in holding.facts if one.at.astimezone(london()).date() == day]
    for name, kinds, make in _SCENE:
        made: list[Json] = [make(one, who) for one in own if one.kind in kinds]
        if made:
            value[name] = made
    return value


def _ambulance_patient(who: Who) -> Json:
    value: Value = {
        "ref": who.local,
        "family": who.name.family,
        "given": list(who.name.given),
        "gender": _GENDERS.get(who.sex, "unknown"),
    }
    if who.nhs:
        value["nhsNumber"] = who.nhs
    if who.born:
        value["birthDate"] = who.born.isoformat()
    return value | _reached(who)


def _sign(fact: Fact, who: Who) -> Json:
    value: Value = {
        "id": number_of(fact, who, "AO"),
        "at": _iso(fact.at),
        "code": fact.word("code") or slug(fact.text),
        "term": fact.display,
    }
    try:
        return value | {"value": Decimal(fact.word("value")), "unit": fact.word("unit")}
    except InvalidOperation:
        return value | {"text": fact.word("value", fact.text)}


def _reported(fact: Fact, who: Who) -> Json:
    return {
        "id": number_of(fact, who, "AA"),
        "code": fact.word("code") or slug(fact.text),
        "substance": fact.display,
        "reportedBy": fact.word("by", "patient"),
    }


def _seen(fact: Fact, who: Who) -> Json:
    dose = read_dose(fact.word("dose"))
    value: Value = {
        "id": number_of(fact, who, "AM"),
        "code": fact.word("code") or slug(fact.text),
        "drug": fact.display,
        "status": "active",
    }
    return value | ({"dose": dose.amount, "unit": dose.unit} if dose else {})


def _alert(fact: Fact, who: Who) -> Json:
    kind = fact.word("sort", "clinical")
    return {
        "id": number_of(fact, who, "AL"),
        "kind": {"scene": "scene-safety", "adjustment": "reasonable-adjustment"}.get(kind, kind),
        "text": " ".join((fact.display, fact.word("note"))).strip(),
        "from": _iso(fact.at),
    }


def _decided(fact: Fact, who: Who) -> Json:
    return {
        "id": number_of(fact, who, "AD"),
        "kind": "cpr",
        "decision": fact.word("value"),
        "seenAt": _iso(fact.at),
    }


_SCENE = (
    ("observations", frozenset({"sign", "score"}), _sign),
    ("allergiesReported", frozenset({"allergy"}), _reported),
    ("medicinesSeen", frozenset({"medicine"}), _seen),
    ("alerts", frozenset({"flag"}), _alert),
    ("decisionsSeen", frozenset({"cpr"}), _decided),
)


def _full(value: Value) -> Value:
    return {name: one for name, one in value.items() if one not in ("", None)}


def _iso(at: datetime) -> str:
    return at.astimezone(london()).isoformat(timespec="seconds")


def _day(at: datetime) -> str:
    return f"{at.astimezone(london()):%Y-%m-%d}"
