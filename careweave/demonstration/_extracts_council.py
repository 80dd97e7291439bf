"""The files of the council: adults every night and every quarter of an hour, children every night."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from careweave.demonstration._extract import (
    Extract,
    Habits,
    OfFact,
    Row,
    changed_at,
    code,
    known,
    last,
    number_of,
)
from careweave.demonstration._fhir import phone_use
from careweave.demonstration._model import Fact, Holding, Who

_GENDERS = {"F": "Female", "M": "Male", "X": "Other"}
_ADULTS = Habits(",", "utf-8-sig", "%d/%m/%Y", "%d/%m/%Y %H:%M", blanks_in_numbers=True)
_CHILDREN = Habits()


def _person(holding: Holding, who: Who, at: datetime) -> Row:
    safe = next((one for one in known(holding, "flag", at) if one.word("sort") == "key-safe"), None)
    lpa, status = last(holding, "lpa", at), last(holding, "legal-status", at)
    reason, roof = last(holding, "support-reason", at), last(holding, "accommodation", at)
    row = {
        "ClientRef": who.local,
        "DOB": f"{who.born:%d/%m/%Y}" if who.born else "",
        "DateOfDeath": _ADULTS.on(who.died_at),
        "Gender": _GENDERS.get(who.sex, "Unknown"),
        "Language": who.language,
        "AccommodationStatus": roof.text if roof else "",
        "GPPractice": who.practice,
        "PrimarySupportReason": reason.text if reason else "",
        "KeySafe": "Y" if safe else "",
        "KeySafeCode": safe.note if safe else "",
        "DV_MARKER": "Y" if known(holding, "dv", at) else "",
        "LPA": lpa.text if lpa else "",
        "LPAHolder": lpa.word("holder") if lpa else "",
        "LPAFrom": _ADULTS.on(lpa.at) if lpa and lpa.text != "none" else "",
        "LegalStatus": status.text if status else "",
        "LegalStatusFrom": _ADULTS.on(status.at) if status else "",
        "LastUpdated": _ADULTS.on(changed_at(holding, at)),
    }
    return row | _named(who) | _living(who)


def _named(who: Who) -> dict[str, str]:
    return {"Surname": who.name.family, "Forename": " ".join(who.name.given)}


def _living(who: Who) -> dict[str, str]:
    mobile = [one for one in who.phones if phone_use(one) == "mobile"]
    fixed = [one for one in who.phones if phone_use(one) == "home"]
    row = {"Phone": fixed[0] if fixed else "", "Mobile": mobile[0] if mobile else ""}
    home = who.home
    if home is not None:
        row |= {"AddressLine1": home.line, "Town": home.town, "Postcode": home.postcode}
        row |= {"UPRN": home.uprn}
    return row


def _package(fact: Fact, who: Who) -> Row:
    status = "Ended" if fact.ended_at else fact.word("status", "Active")
    return {
        "ClientRef": who.local,
        "PackageRef": fact.word("ref"),
        "LineNo": fact.word("line", "1"),
        "LineType": fact.word("sort", "CARE"),
        "ServiceType": fact.word("service", "LONG-COMMUNITY"),
        "ServiceComponent": fact.text,
        "DeliveryMechanism": "COUNCIL-MANAGED",
        "ProviderCode": fact.word("provider", "CWB01"),
        "ProviderName": fact.word("provider_name", "Bluebell Home Care"),
        "Status": status,
        "StatusReason": fact.word("reason"),
        "StartDate": _ADULTS.on(fact.at),
        "EndDate": _ADULTS.on(fact.ended_at),
        "VisitsPerDay": fact.word("visits"),
        "HoursPerWeek": fact.word("hours"),
        "WeeklyCost": fact.word("cost"),
        "FundingSource": "Council",
        "AllocatedWorker": fact.word("worker", "W0012"),
        "CostCentre": "CC19",
    }


def _assessment(fact: Fact, who: Who) -> Row:
    return {
        "AssessmentRef": number_of(fact, who, "AS"),
        "ClientRef": who.local,
        "AssessmentType": fact.text,
        "Status": fact.word("status", "Complete"),
        "RequestedOn": _ADULTS.on(fact.at - timedelta(days=14)),
        "StartedOn": _ADULTS.on(fact.at - timedelta(days=2)),
        "CompletedOn": _ADULTS.on(fact.at) if fact.word("status", "Complete") == "Complete" else "",
        "Outcome": fact.word("outcome"),
        "EligibleNeeds": fact.word("eligible", "Y"),
        "NeedsText": fact.note,
        "PlanText": fact.word("plan"),
        "PersonalBudget": fact.word("budget"),
        "AssessorRef": "W0012",
        "AssessorName": "Pearl Anders",
    }


def _health(kind: str, usual: str) -> OfFact:
    def row(fact: Fact, who: Who) -> Row:
        return {
            "ItemRef": number_of(fact, who, "H"),
            "ClientRef": who.local,
            "Kind": kind,
            "Code": code(fact),
            "Term": fact.display,
            "Status": "resolved" if fact.ended_at else fact.word("status", usual),
            "Dose": fact.word("dose"),
            "NotedOn": _ADULTS.on(fact.at),
            "Note": fact.note,
        }

    return row


def _concern(fact: Fact, who: Who) -> Row:
    return {
        "ConcernRef": number_of(fact, who, "SG"),
        "ClientRef": who.local,
        "Type": fact.word("sort", "CONCERN"),
        "Category": fact.text,
        "RaisedOn": _ADULTS.on(fact.at),
        "Status": "Closed" if fact.ended_at else "Open",
        "EnquiryStarted": _ADULTS.on(fact.at) if fact.word("sort") == "SECTION42" else "",
        "EnquiryEnded": _ADULTS.on(fact.ended_at),
        "Outcome": fact.word("outcome"),
        "LeadWorker": "Joss Quinlan",
        "LeadPhone": "01632 960700",
        "Summary": fact.note,
    }


def _worker(fact: Fact, who: Who) -> Row:
    return {
        "AllocationRef": number_of(fact, who, "AL"),
        "ClientRef": who.local,
        "WorkerRef": "W0012",
        "WorkerName": fact.text,
        "Role": fact.word("role", "SOCIAL-WORKER"),
        "Team": fact.word("team", "Ashgrove locality"),
        "TeamPhone": "01632 960701",
        "OutOfHoursPhone": "01632 960702",
        "FromDate": _ADULTS.on(fact.at),
        "ToDate": _ADULTS.on(fact.ended_at),
    }


def _relation(fact: Fact, who: Who) -> Row:
    family, _, given = fact.text.partition(", ")
    return {
        "RelationRef": number_of(fact, who, "RL"),
        "ClientRef": who.local,
        "Surname": family,
        "Forename": given,
        "Relationship": fact.word("relation", "Other"),
        "IsNextOfKin": "Y" if fact.more.get("next_of_kin") else "N",
        "IsEmergency": "N",
        "IsMainCarer": "Y" if fact.more.get("carer") else "N",
        "Rank": "1",
        "Phone": "".join(fact.words("phone")[:1]),
        "FromDate": _ADULTS.on(fact.at),
        "ToDate": _ADULTS.on(fact.ended_at),
    }


def _asked(fact: Fact, who: Who) -> Row:
    return {
        "ContactRef": number_of(fact, who, "CT"),
        "ClientRef": who.local,
        "ReceivedOn": _ADULTS.on(fact.at),
        "Route": fact.word("route", "Community"),
        "FromOrganisation": fact.word("sender"),
        "Reason": fact.display,
        "Outcome": fact.word("outcome"),
        "Status": "Closed" if fact.ended_at else "Open",
        "ClosedOn": _ADULTS.on(fact.ended_at),
    }


def _event(fact: Fact, who: Who) -> Row:
    row = {
        "EventRef": number_of(fact, who, "EV"),
        "EventAt": _ADULTS.at(fact.at),
        "EventType": "PACKAGE",
        "ClientRef": who.local,
        "PackageRef": fact.word("ref"),
        "LineNo": fact.word("line", "1"),
        "PackageStatus": fact.text,
        "StatusReason": fact.word("reason"),
        "EffectiveOn": _ADULTS.on(fact.at),
    }
    if fact.kind == "moved":
        row |= {"EventType": "ADDRESS", "PackageRef": "", "LineNo": "", "PackageStatus": ""}
        row |= {key: _living(who).get(key, "") for key in ("AddressLine1", "Town", "Postcode")}
    return row


def _child(holding: Holding, who: Who, at: datetime) -> Row:
    sealed = known(holding, "sealed", at)
    others = "; ".join(one.plain for one in who.others)
    row = {
        "ChildRef": who.local,
        "OtherNames": others,
        "DOB": f"{who.born:%Y-%m-%d}" if who.born else "",
        "Gender": _GENDERS.get(who.sex, "Unknown"),
        "School": "Ashgrove School",
        "CaseStatus": "open" if known(holding, "plan", at) else "closed",
        "AllocatedWorker": "Pearl Anders",
        "WorkerPhone": "01632 960710",
        "Restricted": "ADOPTION" if sealed else "",
        "LastUpdated": _CHILDREN.on(changed_at(holding, at)),
    }
    return row | _named(who) | _living(who)


def _plan(fact: Fact, who: Who) -> Row:
    return {
        "PlanRef": number_of(fact, who, "PL"),
        "ChildRef": who.local,
        "PlanType": fact.word("sort", "CIN"),
        "Category": fact.word("category"),
        "StartDate": _CHILDREN.on(fact.at),
        "EndDate": _CHILDREN.on(fact.ended_at),
        "CouncilCode": "E99000001",
        "WorkerName": "Pearl Anders",
        "WorkerPhone": "01632 960710",
        "OutOfHoursPhone": "01632 960711",
        "Summary": " ".join(part for part in (fact.text, fact.note) if part),
    }


def _placement(fact: Fact, who: Who) -> Row:
    return {
        "PlacementRef": number_of(fact, who, "PM"),
        "ChildRef": who.local,
        "PlacementType": fact.text,
        "ProviderName": fact.word("provider"),
        "CouncilCode": fact.word("council", "E99000001"),
        "StartDate": _CHILDREN.on(fact.at),
        "EndDate": _CHILDREN.on(fact.ended_at),
        "EndReason": fact.word("reason") if fact.ended_at else "",
        "WeeklyCost": fact.word("cost"),
    }


_PERSON = (
    "ClientRef,NHSNumber,Title,Surname,Forename,PreferredName,DOB,DateOfDeath,Gender,Ethnicity,"
    "Language,InterpreterNeeded,AddressLine1,AddressLine2,Town,Postcode,UPRN,AccommodationStatus,"
    "LivesAlone,Phone,Mobile,Email,GPPractice,PrimarySupportReason,KeySafe,KeySafeCode,AccessNotes,"
    "DV_MARKER,LPA,LPAHolder,LPAFrom,LegalStatus,LegalStatusFrom,LegalStatusTo,LastUpdated"
)
_EVENTS = (
    "EventRef,EventAt,EventType,ClientRef,NHSNumber,PackageRef,LineNo,PackageStatus,StatusReason,"
    "EffectiveOn,AddressLine1,Town,Postcode,DV_MARKER,DateOfDeath,Note"
)
_NIGHTLY: dict[str, tuple[str, Mapping[str, OfFact]]] = {
    "packages": (
        (
            "ClientRef,NHSNumber,PackageRef,LineNo,LineType,ServiceType,ServiceComponent,"
            "DeliveryMechanism,ProviderCode,ProviderName,Status,StatusReason,StartDate,EndDate,"
            "VisitsPerDay,HoursPerWeek,UnitCost,WeeklyCost,FundingSource,AllocatedWorker,ReviewDue,"
            "CostCentre"
        ),
        {"package": _package},
    ),
    "assessments": (
        (
            "AssessmentRef,ClientRef,NHSNumber,AssessmentType,Status,RequestedOn,StartedOn,CompletedOn,"
            "Outcome,EligibleNeeds,NeedsText,PlanText,PersonalBudget,ReviewDue,AssessorRef,AssessorName"
        ),
        {"assessment": _assessment},
    ),
    "health": (
        "ItemRef,ClientRef,NHSNumber,Kind,Code,Term,Status,Dose,NotedOn,Note",
        {
            "problem": _health("condition", "active"),
            "medicine": _health("medicine", "active"),
            "allergy": _health("allergy", "active"),
        },
    ),
    "safeguarding": (
        (
            "ConcernRef,ClientRef,NHSNumber,Type,Category,RaisedOn,Status,EnquiryStarted,EnquiryEnded,"
            "Outcome,LeadWorker,LeadPhone,Summary"
        ),
        {"concern": _concern},
    ),
    "workers": (
        (
            "AllocationRef,ClientRef,NHSNumber,WorkerRef,WorkerName,Role,Team,TeamPhone,OutOfHoursPhone,"
            "FromDate,ToDate"
        ),
        {"team": _worker},
    ),
    "relations": (
        (
            "RelationRef,ClientRef,NHSNumber,Surname,Forename,Relationship,IsNextOfKin,IsEmergency,"
            "IsMainCarer,Rank,Phone,AddressLine1,Postcode,FromDate,ToDate"
        ),
        {"contact": _relation},
    ),
    "contacts": (
        (
            "ContactRef,ClientRef,NHSNumber,ReceivedOn,Route,FromOrganisation,Reason,Outcome,Status,"
            "ClosedOn"
        ),
        {"referral": _asked},
    ),
}


def adults() -> tuple[Extract, ...]:
    """Returns the files of adult social care."""
    name, file = "nm-council-person", "asc_person_{d}.csv"
    events = Extract(
        "nm-council-events",
        "asc_events_{d}_{t}_{n}.csv",
        _EVENTS,
        _ADULTS,
        every=timedelta(minutes=15),
        facts={"package-event": _event, "moved": _event},
        is_sent_empty=True,
    )
    return (
        Extract(name, file, _PERSON, _ADULTS, time(1), person=_person),
        *(_nightly(what, *told) for what, told in _NIGHTLY.items()),
        events,
    )


def _nightly(what: str, columns: str, facts: Mapping[str, OfFact]) -> Extract:
    name = f"asc_{what}_{{d}}.csv"
    return Extract(f"nm-council-{what}", name, columns, _ADULTS, time(1), facts=facts)


def children() -> tuple[Extract, ...]:
    """Returns the files of children's services."""
    clock = time(1, 30)
    return (
        Extract(
            "nm-council-children",
            "cs_children_{d}.csv",
            "ChildRef,NHSNumber,Surname,Forename,OtherNames,DOB,Gender,Ethnicity,AddressLine1,Town,"
            "Postcode,UPRN,School,CaseStatus,AllocatedWorker,WorkerPhone,Restricted,LastUpdated",
            _CHILDREN,
            clock,
            person=_child,
        ),
        Extract(
            "nm-council-children-plans",
            "cs_plans_{d}.csv",
            "PlanRef,ChildRef,NHSNumber,PlanType,Category,StartDate,EndDate,ReviewDue,CouncilCode,"
            "WorkerName,WorkerPhone,OutOfHoursPhone,Summary",
            _CHILDREN,
            clock,
            facts={"plan": _plan},
        ),
        Extract(
            "nm-council-placements",
            "cs_placements_{d}.csv",
            "PlacementRef,ChildRef,NHSNumber,PlacementType,ProviderName,CouncilCode,StartDate,"
            "EndDate,EndReason,WeeklyCost",
            _CHILDREN,
            clock,
            facts={"placement": _placement},
        ),
    )
