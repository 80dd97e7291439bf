"""The nightly extracts of Tarnside Health, a surgery whose system sends files alone."""

from collections.abc import Mapping
from datetime import datetime, time

from careweave.demonstration._extract import (
    Extract,
    Habits,
    OfFact,
    Row,
    code,
    dosed,
    known,
    number_of,
)
from careweave.demonstration._fhir import phone_use
from careweave.demonstration._model import Fact, Holding, Who

_CLOCK = time(2)
_HABITS = Habits(";", "cp1252", "%d/%m/%Y", "%d/%m/%Y %H:%M", comma=True, trailer=True)
_CATEGORIES = {"sign": "vital", "result": "lab", "social": "social", "score": "assessment"}


def _patient(holding: Holding, who: Who, at: datetime) -> Row:
    home = who.home
    mobile = [one for one in who.phones if phone_use(one) == "mobile"]
    fixed = [one for one in who.phones if phone_use(one) == "home"]
    kin = next((one for one in known(holding, "contact", at) if one.more.get("next_of_kin")), None)
    family, _, given = kin.text.partition(", ") if kin else ("", "", "")
    row = {
        "PATIENT_ID": who.local,
        "SURNAME": who.name.family,
        "FORENAMES": " ".join(who.name.given),
        "SEX": who.sex,
        "DATE_OF_BIRTH": f"{who.born:%d/%m/%Y}" if who.born else "",
        "DATE_OF_DEATH": _HABITS.on(who.died_at),
        "PHONE_HOME": fixed[0] if fixed else "",
        "PHONE_MOBILE": mobile[0] if mobile else "",
        "LANGUAGE": who.language,
        "USUAL_GP": "Dr Mina Holt",
        "REGISTERED_ON": "01/04/2015",
        "NOK_NAME": f"{given} {family}".strip(),
        "NOK_RELATION": kin.word("relation") if kin else "",
        "NOK_PHONE": "".join(kin.words("phone")[:1]) if kin else "",
        "ALLERGY_STATUS": _allergy_status(holding, at),
        "MEDICATION_STATUS": _medication_status(holding, at),
        "WATCHED": "Y" if who.is_watched else "",
        "SHARING": "N" if known(holding, "dissent", at) else "Y",
    }
    if home is not None:
        row |= {"ADDRESS_1": home.line, "TOWN": home.town, "POSTCODE": home.postcode}
        row |= {"UPRN": home.uprn}
    return row


def _allergy_status(holding: Holding, at: datetime) -> str:
    if known(holding, "allergy", at):
        return "recorded"
    return "nil-known" if known(holding, "none-known", at) else "not-asked"


def _medication_status(holding: Holding, at: datetime) -> str:
    is_nil = known(holding, "complete", at) and not known(holding, "medicine", at)
    return "nil-current" if is_nil else "recorded"


def _problem(fact: Fact, who: Who) -> Row:
    status = fact.word("status", "active")
    return {
        "PROBLEM_ID": number_of(fact, who, "P"),
        "PATIENT_ID": who.local,
        "CODE": code(fact),
        "TERM": fact.display,
        "STATUS": "resolved" if fact.ended_at else "past" if status == "refuted" else status,
        "CERTAINTY": "refuted" if status == "refuted" else "confirmed",
        "ONSET": _HABITS.on(fact.at),
        "ENDED": _HABITS.on(fact.ended_at),
        "RECORDED": _HABITS.on(fact.at),
        "SIGNIFICANCE": "major",
        "CLINICIAN": "Mina Holt",
        "NOTE": fact.note,
    }


def _medicine(fact: Fact, who: Who) -> Row:
    dose = dosed(fact, _HABITS)
    return {
        "MEDICATION_ID": number_of(fact, who, "M"),
        "PATIENT_ID": who.local,
        "CODE": code(fact),
        "DRUG": fact.display,
        "DOSE": dose["amount"],
        "DOSE_UNIT": dose["unit"],
        "FREQUENCY": dose["often"],
        "AS_NEEDED": dose["needed"],
        "ROUTE": fact.word("route", "oral"),
        "DIRECTIONS": fact.word("dose"),
        "TYPE": "repeat",
        "STATUS": "stopped" if fact.ended_at else fact.word("status", "active"),
        "STARTED": _HABITS.on(fact.at),
        "STOPPED": _HABITS.on(fact.ended_at),
        "STOP_REASON": fact.word("reason") if fact.ended_at else "",
        "LAST_ISSUED": _HABITS.on(fact.at),
    }


def _allergy(fact: Fact, who: Who) -> Row:
    status = fact.word("status", "active")
    return {
        "ALLERGY_ID": number_of(fact, who, "A"),
        "PATIENT_ID": who.local,
        "CODE": code(fact),
        "SUBSTANCE": fact.display,
        "TYPE": fact.word("type", "allergy"),
        "CATEGORY": fact.word("category", "medication"),
        "CRITICALITY": fact.word("criticality"),
        "REACTION": fact.word("reaction"),
        "STATUS": "inactive" if status == "refuted" else status,
        "CERTAINTY": "refuted" if status == "refuted" else "confirmed",
        "RECORDED": _HABITS.on(fact.at),
        "NOTE": fact.note,
    }


def _consultation(fact: Fact, who: Who) -> Row:
    return {
        "CONSULTATION_ID": number_of(fact, who, "C"),
        "PATIENT_ID": who.local,
        "STARTED": _HABITS.at(fact.at),
        "TYPE": fact.word("sort", "surgery"),
        "REASON_CODE": code(fact),
        "REASON": fact.display,
        "CLINICIAN": "Paul Sefton",
        "CLINICIAN_ROLE": "General practitioner",
        "TEXT": fact.note,
    }


def _observation(fact: Fact, who: Who) -> Row:
    value, unit = fact.word("value"), fact.word("unit")
    row = {
        "OBSERVATION_ID": number_of(fact, who, "O"),
        "PATIENT_ID": who.local,
        "TAKEN": _HABITS.at(fact.at),
        "CATEGORY": _CATEGORIES.get(fact.kind, fact.kind),
        "CODE": code(fact),
        "TERM": fact.display,
        "LOW": _HABITS.number(fact.word("low")),
        "HIGH": _HABITS.number(fact.word("high")),
        "NOTE": fact.note,
    }
    if value.replace(".", "", 1).isdigit():
        return {**row, "VALUE": _HABITS.number(value), "UNIT": unit}
    return {**row, "VALUE_CODE": fact.word("value_code"), "VALUE_TEXT": value or fact.display}


def _vaccination(fact: Fact, who: Who) -> Row:
    return {
        "IMMUNISATION_ID": number_of(fact, who, "I"),
        "PATIENT_ID": who.local,
        "CODE": code(fact),
        "VACCINE": fact.display,
        "STATUS": "not-given" if fact.word("status") == "not-done" else "given",
        "GIVEN_ON": _HABITS.on(fact.at),
        "DOSE_NUMBER": "1",
        "BATCH": f"NB{fact.number:04d}",
        "REASON": fact.word("reason"),
    }


_PATIENTS = (
    "PATIENT_ID;NHS_NUMBER;TITLE;SURNAME;FORENAMES;PREFERRED_NAME;SEX;DATE_OF_BIRTH;DATE_OF_DEATH;"
    "ADDRESS_1;ADDRESS_2;TOWN;POSTCODE;UPRN;PHONE_HOME;PHONE_MOBILE;EMAIL;LANGUAGE;INTERPRETER;"
    "ETHNICITY;USUAL_GP;REGISTERED_ON;DEREGISTERED_ON;NOK_NAME;NOK_RELATION;NOK_PHONE;"
    "ALLERGY_STATUS;MEDICATION_STATUS;SHARING;WATCHED"
)
_OTHERS: dict[str, tuple[str, Mapping[str, OfFact]]] = {
    "problems": (
        (
            "PROBLEM_ID;PATIENT_ID;NHS_NUMBER;CODE;TERM;STATUS;CERTAINTY;ONSET;ENDED;RECORDED;"
            "SIGNIFICANCE;CLINICIAN;NOTE"
        ),
        {"problem": _problem},
    ),
    "medications": (
        (
            "MEDICATION_ID;PATIENT_ID;NHS_NUMBER;CODE;DRUG;DOSE;DOSE_UNIT;FREQUENCY;AS_NEEDED;ROUTE;"
            "DIRECTIONS;TYPE;STATUS;STARTED;STOPPED;STOP_REASON;LAST_ISSUED;QUANTITY;INDICATION"
        ),
        {"medicine": _medicine},
    ),
    "allergies": (
        (
            "ALLERGY_ID;PATIENT_ID;NHS_NUMBER;CODE;SUBSTANCE;TYPE;CATEGORY;CRITICALITY;REACTION;"
            "SEVERITY;STATUS;CERTAINTY;RECORDED;NOTE"
        ),
        {"allergy": _allergy},
    ),
    "consultations": (
        (
            "CONSULTATION_ID;PATIENT_ID;NHS_NUMBER;STARTED;TYPE;REASON_CODE;REASON;CLINICIAN;"
            "CLINICIAN_ROLE;TEXT"
        ),
        {"visit": _consultation},
    ),
    "observations": (
        (
            "OBSERVATION_ID;PATIENT_ID;NHS_NUMBER;TAKEN;CATEGORY;CODE;TERM;VALUE;UNIT;VALUE_CODE;"
            "VALUE_TEXT;LOW;HIGH;FLAG;NOTE"
        ),
        dict.fromkeys((*_CATEGORIES, "pregnancy"), _observation),
    ),
    "immunisations": (
        "IMMUNISATION_ID;PATIENT_ID;NHS_NUMBER;CODE;VACCINE;STATUS;GIVEN_ON;DOSE_NUMBER;BATCH;REASON",
        {"vaccination": _vaccination},
    ),
}


def extracts() -> tuple[Extract, ...]:
    """Returns the files of the surgery."""
    # Week 2: somebody at the surgery renames a column and tells nobody.
    renamed = (7, "USUAL_GP", "REGISTERED_GP")
    name, file = "nm-tarnside-patients", "th_patients_{d}.csv"
    patients = Extract(name, file, _PATIENTS, _HABITS, _CLOCK, person=_patient, renamed=renamed)
    return (patients, *(_of_facts(what, *told) for what, told in _OTHERS.items()))


def _of_facts(what: str, columns: str, facts: Mapping[str, OfFact]) -> Extract:
    name = f"th_{what}_{{d}}.csv"
    return Extract(f"nm-tarnside-{what}", name, columns, _HABITS, _CLOCK, facts=facts)
