"""A page of ours names the person: what is written on it goes to that person and to nobody else."""

import json
from dataclasses import replace
from uuid import UUID

import pytest

from careweave.db import Database
from careweave.identity import Ground
from careweave.intake import Deed, Operator, link_patient, named_patient
from careweave.intake._named import _id_of, person_named
from careweave.sources import Channel, Input, Telling, Transport, TrustedNumbers
from careweave.sources._fhir import FhirFeed, fhir_mapping
from careweave.sources._fhir_names import Names
from careweave.terms import Conflict, Incorrect, PersonId
from tests.intake.test_identify import ann, brought, numbered, people
from tests.lib.arrivals import SECRET, source, sources
from tests.lib.inbox import NOW, Inbox

WARD = "nm-acute-workspace"
OTHER = {
    "name": [{"family": "Okonjo", "given": ["Bartholomew"]}],
    "gender": "male",
    "birthDate": "2003-11-30",
    "address": [{"line": ["88 High Street"], "city": "Tarnside", "postalCode": "CA1 1AA"}],
    "telecom": [{"system": "phone", "value": "01228 960999"}],
}


def workspace():
    names = Names(SECRET, WARD, prefix="ws-")
    return source(
        WARD,
        authority=WARD,
        transport=Transport(Channel.FHIR),
        feed="fhir",
        mapping=fhir_mapping(FhirFeed(WARD, names, Input.FHIR_R4, "Europe/London")),
        telling=Telling(TrustedNumbers.UNVERIFIED, names_persons=True, rank=99),
    )


@pytest.fixture
def inbox(database: Database) -> Inbox:
    trusted = Telling(TrustedNumbers.VERIFIED)
    gp = source("nm-ashgrove-gp", organisation="nm-ashgrove", telling=trusted)
    return Inbox(database, sources(source(telling=trusted), gp, workspace()))


def id_of(inbox, person):
    with inbox.database.session() as session:
        return named_patient(session, workspace(), person)


def note(patient: str, id_="ws-note-1") -> bytes:
    whose = {"reference": f"Patient/{patient}"}
    said = {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"text": "x"},
        "subject": whose,
    }
    entries = [{"resource": {"resourceType": "Patient", "id": patient}}, {"resource": said}]
    bundle = {"resourceType": "Bundle", "type": "collection", "timestamp": "2026-03-02T08:00:00Z"}
    return json.dumps({**bundle, "entry": entries}).encode()


def write(inbox, patient, id_="ws-note-1"):
    kept = inbox.take(note(patient, id_), WARD)
    inbox.work()
    return inbox.reason(kept.message)


def whose(inbox, patient):
    return next(person for person, ids in people(inbox).items() if patient in ids)


def the_person(inbox):
    (person,) = people(inbox)
    return PersonId(person)


def test_what_a_page_writes_is_of_the_person_it_names(inbox):
    brought(inbox, numbered("P1"))
    person = the_person(inbox)
    patient = id_of(inbox, person)

    assert write(inbox, patient) == ("done", None, None)
    assert whose(inbox, patient) == person
    assert inbox.entry("Observation", "ws-note-1") is not None
    assert inbox.entry("Patient", patient).keys() <= {"resourceType", "id", "meta"}


def test_a_person_without_a_number_is_named_as_well(inbox):
    brought(inbox, ann("P1"))
    brought(inbox, ann("G1"), of="nm-ashgrove-gp", number="G1", control="2")
    for person in list(people(inbox)):
        patient = id_of(inbox, PersonId(person))
        assert write(inbox, patient, f"ws-{patient[3:12]}")[0] == "done"
        assert whose(inbox, patient) == person


def test_no_question_is_left_for_a_reader(inbox):
    brought(inbox, numbered("P1"))
    write(inbox, id_of(inbox, the_person(inbox)))
    assert inbox.rows("SELECT kind FROM identity.review") == []


def test_a_second_entry_is_of_the_same_record(inbox):
    brought(inbox, numbered("P1"))
    person = the_person(inbox)
    write(inbox, id_of(inbox, person))
    write(inbox, id_of(inbox, person), "ws-note-2")
    assert sorted(map(len, people(inbox).values())) == [2]


def test_an_id_opens_for_its_own_organisation_and_for_no_other():
    secret, person = b"s" * 32, PersonId(UUID(int=7))

    made = _id_of(secret, WARD, person, 0)
    assert person_named(secret, WARD, made) == person
    assert len(made) <= 64
    for authority, text in ((WARD + "x", made), (WARD, made[:-2] + "aa"), (WARD, "ws-1")):
        with pytest.raises(Incorrect):
            person_named(secret, authority, text)


def test_a_patient_that_no_page_named_is_filed_nowhere(inbox):
    brought(inbox, numbered("P1"))
    assert write(inbox, "ws-made-up")[0] == "held"
    assert inbox.entry("Observation", "ws-note-1") is None
    assert inbox.entry("Patient", "ws-made-up") is None


def test_a_record_that_an_officer_gave_to_somebody_else_is_left_to_them(inbox):
    brought(inbox, numbered("P1"))
    person = the_person(inbox)
    patient = id_of(inbox, person)
    write(inbox, patient)
    brought(inbox, numbered("P2", nhs="4010232137", **OTHER), number="P2", control="3")
    other = next(PersonId(one) for one, ids in people(inbox).items() if patient not in ids)
    operator = Operator("officer", "nm-acute", "console", "1", NOW)
    with inbox.database.session() as session:
        link_patient(session, patient, other, Deed(operator, "wrong", Ground.WRONG_LINK, "two"))

    another = id_of(inbox, person)
    assert another != patient
    write(inbox, another, "ws-note-3")
    assert whose(inbox, another) == person
    assert id_of(inbox, person) == another


def test_a_person_whom_nobody_knows_is_not_named(inbox):
    with pytest.raises(Conflict):
        id_of(inbox, PersonId(UUID(int=9)))


def test_what_somebody_writes_proves_no_relationship(inbox):
    brought(inbox, numbered("P1"))
    patient = id_of(inbox, the_person(inbox))
    assert workspace().ties == frozenset()
    team = {
        "resourceType": "CareTeam",
        "id": "ws-team",
        "status": "active",
        "subject": {"reference": f"Patient/{patient}"},
        "participant": [{"member": {"display": "me"}}],
    }
    whole = json.loads(note(patient))
    whole["entry"].append({"resource": team})
    inbox.take(json.dumps(whole).encode(), WARD)
    inbox.work()
    assert inbox.entry("CareTeam", "ws-team") is not None
    assert inbox.rows("SELECT count(*) FROM record.tie") == [(0,)]
    assert replace(workspace(), ties=frozenset({"caseload"})).ties
