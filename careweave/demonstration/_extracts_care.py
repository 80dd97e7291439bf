"""The files of the care home, the home-care provider and the charity."""

from datetime import datetime, time, timedelta

from careweave.demonstration._extract import (
    Extract,
    Habits,
    OfFact,
    Row,
    code,
    dosed,
    known,
    last,
    number_of,
)
from careweave.demonstration._model import Fact, Holding, Who

_HOME = Habits()
_VISITS = Habits(day="%d-%b-%Y", minute="%d-%b-%Y %H:%M")
_CHARITY = Habits(day="%d/%m/%Y", minute="%d/%m/%Y %H:%M", blanks_in_numbers=True)
_WEEK = timedelta(days=7)


def _resident(holding: Holding, who: Who, at: datetime) -> Row | None:
    stay = last(holding, "residence", at)
    if stay is None:
        return None
    cpr, ceiling = last(holding, "cpr", at), last(holding, "ceiling", at)
    dols, kin = last(holding, "dols", at), last(holding, "contact", at)
    family, _, given = kin.text.partition(", ") if kin else ("", "", "")
    is_away = known(holding, "in-hospital", at)
    needs = {one.word("sort"): one.display for one in known(holding, "need", at)}
    return {
        "ResidentId": who.local,
        "Surname": who.name.family,
        "Forename": " ".join(who.name.given),
        "DOB": f"{who.born:%Y-%m-%d}" if who.born else "",
        "Gender": who.sex,
        "Room": stay.text,
        "MovedIn": _HOME.on(stay.at),
        "Status": "in-hospital" if is_away else "resident",
        "GPPractice": who.practice,
        "NOKName": f"{given} {family}".strip(),
        "NOKRelation": kin.word("relation") if kin else "",
        "NOKPhone": "".join(kin.words("phone")[:1]) if kin else "",
        "CPRDecision": cpr.word("value") if cpr else "",
        "CPRFormDate": _HOME.on(cpr.at) if cpr else "",
        "Ceiling": ceiling.word("value") if ceiling else "",
        "DoLSStatus": "authorised" if dols else "none",
        "DoLSFrom": _HOME.on(dols.at) if dols else "",
        "DoLSTo": dols.word("until") if dols else "",
        "Mobility": needs.get("mobility", ""),
        "Skin": needs.get("skin", ""),
        "Diet": needs.get("diet", ""),
        "Communication": needs.get("communication", ""),
        "Funding": "council",
    }


def _home_allergy(fact: Fact, who: Who) -> Row:
    is_none = fact.kind == "none-known"
    return {
        "AllergyId": number_of(fact, who, "RA"),
        "ResidentId": who.local,
        "Code": "" if is_none else code(fact),
        "Substance": "" if is_none else fact.display,
        "Type": fact.word("type", "allergy"),
        "Severity": fact.word("severity"),
        "Reaction": fact.word("reaction"),
        "Status": "none-known" if is_none else fact.word("status", "active"),
        "RecordedOn": _HOME.on(fact.at),
    }


def _chart(prefix: str, person: str, number: str, habits: Habits) -> OfFact:
    def row(fact: Fact, who: Who) -> Row:
        dose = dosed(fact, habits)
        return {
            number: number_of(fact, who, prefix),
            person: who.local,
            "Code": code(fact),
            "Drug": fact.display,
            "Dose": dose["amount"],
            "DoseUnit": dose["unit"],
            "Frequency": dose["often"],
            "Route": fact.word("route", "oral"),
            "Directions": fact.word("dose"),
            "AsNeeded": dose["needed"],
            "Status": "stopped" if fact.ended_at else fact.word("status", "charted"),
            "StartedOn": habits.on(fact.at),
            "StoppedOn": habits.on(fact.ended_at),
            "Prescriber": "Dr Ines Calder",
        }

    return row


def _given(fact: Fact, who: Who) -> Row:
    dose = dosed(fact, _HOME)
    return {
        "GivenId": number_of(fact, who, "RG"),
        "ResidentId": who.local,
        "Code": code(fact),
        "Drug": fact.display,
        "DueAt": _HOME.at(fact.at),
        "GivenAt": _HOME.at(fact.at),
        "Outcome": fact.word("outcome", "given"),
        "Dose": dose["amount"],
        "DoseUnit": dose["unit"],
        "GivenBy": "Holly Marchbank",
    }


def _note(fact: Fact, who: Who) -> Row:
    return {
        "NoteId": number_of(fact, who, "RN"),
        "ResidentId": who.local,
        "WrittenAt": _HOME.at(fact.at),
        "Kind": fact.word("sort", "observation" if fact.kind == "sign" else "note"),
        "Code": code(fact),
        "Term": fact.display,
        "Value": fact.word("value"),
        "Unit": fact.word("unit"),
        "Text": fact.note,
        "Author": "Holly Marchbank",
    }


def care_home() -> tuple[Extract, ...]:
    """Returns the files of the care home."""
    clock = time(6)
    return (
        Extract(
            "nm-larchwood-residents",
            "lw_residents_{d}.csv",
            "ResidentId,NHSNumber,Title,Surname,Forename,KnownAs,DOB,Gender,Room,MovedIn,MovedOut,"
            "Status,GPPractice,NOKName,NOKRelation,NOKPhone,CPRDecision,CPRFormDate,CPRReviewDue,"
            "Ceiling,DoLSStatus,DoLSFrom,DoLSTo,Mobility,Skin,Diet,Communication,Funding",
            _HOME,
            clock,
            person=_resident,
        ),
        Extract(
            "nm-larchwood-allergies",
            "lw_allergies_{d}.csv",
            "AllergyId,ResidentId,NHSNumber,Code,Substance,Type,Severity,Reaction,Status,RecordedOn",
            _HOME,
            clock,
            facts={"allergy": _home_allergy, "none-known": _home_allergy},
        ),
        Extract(
            "nm-larchwood-mar",
            "lw_mar_{d}.csv",
            "ChartId,ResidentId,NHSNumber,Code,Drug,Dose,DoseUnit,Frequency,Route,Directions,"
            "AsNeeded,Status,StartedOn,StoppedOn,Prescriber",
            _HOME,
            clock,
            facts={"medicine": _chart("RC", "ResidentId", "ChartId", _HOME)},
        ),
        Extract(
            "nm-larchwood-given",
            "lw_given_{d}_{n}.csv",
            "GivenId,ChartId,ResidentId,NHSNumber,Code,Drug,DueAt,GivenAt,Outcome,Dose,DoseUnit,"
            "GivenBy,Reason",
            _HOME,
            facts={"given": _given},
        ),
        Extract(
            "nm-larchwood-notes",
            "lw_notes_{d}_{n}.csv",
            "NoteId,ResidentId,NHSNumber,WrittenAt,Kind,Code,Term,Value,Unit,Text,Author",
            _HOME,
            facts={"note": _note, "sign": _note},
        ),
    )


def _client(holding: Holding, who: Who, at: datetime) -> Row | None:
    package = last(holding, "package", at)
    if package is None:
        return None
    safe = next((one for one in known(holding, "flag", at) if one.word("sort") == "key-safe"), None)
    since = last(holding, "package-event", at)
    return {
        "ClientNo": who.local,
        "Surname": who.name.family,
        "FirstName": " ".join(who.name.given),
        "DOB": f"{who.born:%d-%b-%Y}" if who.born else "",
        "Sex": who.sex,
        "Address": who.home.line if who.home else "",
        "Postcode": who.home.postcode if who.home else "",
        "Phone": "".join(who.phones[:1]),
        "KeySafeCode": safe.note if safe else "",
        "PackageNo": number_of(package, who, "BP"),
        "CouncilPackage": package.word("ref"),
        "ServiceType": package.text,
        "PackageStatus": since.text if since else "active",
        "StatusSince": _VISITS.at(since.at if since else package.at),
        "StatusReason": since.word("reason") if since else "",
        "VisitsPerDay": package.word("visits"),
        "HoursPerWeek": package.word("hours"),
        "StartDate": _VISITS.on(package.at),
        "EndDate": _VISITS.on(package.ended_at),
        "KeyWorker": "Marlon Tighe",
        "KeyWorkerPhone": "01632 960720",
    }


def _visit(fact: Fact, who: Who) -> Row:
    ends_at = fact.at + timedelta(minutes=30)
    status = fact.word("status", "done")
    is_done = status == "done"
    return {
        "VisitNo": number_of(fact, who, "BV"),
        "ClientNo": who.local,
        "CouncilPackage": fact.word("ref"),
        "PlannedStart": _VISITS.at(fact.at),
        "PlannedEnd": _VISITS.at(ends_at),
        "Status": status,
        "ActualStart": _VISITS.at(fact.at) if is_done else "",
        "ActualEnd": _VISITS.at(ends_at) if is_done else "",
        "Carer": "Marlon Tighe",
        "Tasks": fact.display,
        "Notes": fact.note,
        "MissedReason": fact.word("reason") if status == "missed" else "",
    }


def _hold(fact: Fact, who: Who) -> Row:
    answered_at = fact.at + timedelta(minutes=int(fact.word("minutes", "95")))
    answer = fact.word("answer", "confirmed")
    return {
        "HoldNo": number_of(fact, who, "BH"),
        "ClientNo": who.local,
        "PackageNo": "",
        "CouncilPackage": fact.word("ref"),
        "Action": fact.text,
        "RequestedAt": _VISITS.at(fact.at),
        "EffectiveFrom": _VISITS.at(fact.at),
        "Answer": answer,
        "AnsweredAt": _VISITS.at(answered_at) if answer != "pending" else "",
        "AnsweredBy": "Marlon Tighe",
        "Reason": fact.word("reason"),
    }


def home_care() -> tuple[Extract, ...]:
    """Returns the files of the home-care provider."""
    hour = timedelta(hours=1)
    return (
        Extract(
            "nm-bluebell-clients",
            "bb_clients_{d}.csv",
            "ClientNo,NHSNumber,Surname,FirstName,DOB,Sex,Address,Postcode,Phone,KeySafeCode,"
            "AccessNotes,PackageNo,CouncilPackage,ServiceType,PackageStatus,StatusSince,"
            "StatusReason,VisitsPerDay,HoursPerWeek,StartDate,EndDate,KeyWorker,KeyWorkerPhone",
            _VISITS,
            time(5),
            person=_client,
        ),
        Extract(
            "nm-bluebell-visits",
            "bb_visits_{d}_{n}.csv",
            "VisitNo,ClientNo,NHSNumber,CouncilPackage,PlannedStart,PlannedEnd,Status,ActualStart,"
            "ActualEnd,Carer,Tasks,Notes,MissedReason",
            _VISITS,
            every=hour,
            facts={"home-visit": _visit},
        ),
        Extract(
            "nm-bluebell-holds",
            "bb_holds_{d}_{n}.csv",
            "HoldNo,ClientNo,NHSNumber,PackageNo,CouncilPackage,Action,RequestedAt,EffectiveFrom,"
            "Answer,AnsweredAt,AnsweredBy,Reason",
            _VISITS,
            every=hour,
            facts={"hold": _hold},
        ),
        Extract(
            "nm-bluebell-mar",
            "bb_mar_{d}.csv",
            "ChartNo,ClientNo,NHSNumber,Code,Drug,Dose,DoseUnit,Frequency,Route,Directions,AsNeeded,"
            "Status,StartedOn,StoppedOn",
            _VISITS,
            time(5),
            facts={"medicine": _chart("BM", "ClientNo", "ChartNo", _VISITS)},
        ),
    )


def _joined(holding: Holding, who: Who, at: datetime) -> Row | None:
    activity = last(holding, "activity", at)
    if activity is None:
        return None
    wellbeing = [*activity.words("wellbeing"), "", "", "", ""]
    return {
        "Ref": who.local,
        "Name": who.name.plain,
        "Date of birth": f"{who.born:%d/%m/%Y}" if who.born else "",
        "Postcode": who.home.postcode if who.home else "",
        "Phone": "".join(who.phones[:1]),
        "Consent": activity.word("consent", "Y"),
        "Referred from": activity.word("sender"),
        "Referred on": _CHARITY.on(activity.at),
        "Activity": activity.display,
        "Status": "finished" if activity.ended_at else activity.word("status", "active"),
        "Wellbeing satisfied": wellbeing[0],
        "Wellbeing worthwhile": wellbeing[1],
        "Wellbeing happy": wellbeing[2],
        "Wellbeing anxious": wellbeing[3],
        "Goal": activity.word("goal"),
        "Notes": activity.note,
    }


def charity() -> tuple[Extract, ...]:
    """Returns the file of the charity, every Monday."""
    return (
        Extract(
            "nm-fellside-people",
            "fellside_{d}.csv",
            "Ref,NHS No,Name,Date of birth,Postcode,Phone,Consent,Referred from,Referred on,"
            "Activity,Status,Wellbeing satisfied,Wellbeing worthwhile,Wellbeing happy,"
            "Wellbeing anxious,Goal,Notes",
            _CHARITY,
            time(7),
            every=_WEEK,
            person=_joined,
        ),
    )
