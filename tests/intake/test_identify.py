"""Whose record it is, is decided where it is written: by arrivals, at the door, in files, by law."""

from threading import Thread

import pytest

from careweave import identity, record
from careweave.db import Database
from careweave.intake import Worker, Writing, erase
from careweave.intake._draft import new_person
from careweave.sources import Telling, TrustedNumbers
from careweave.terms import LABEL_SYSTEM, Actor, Purpose, Sight, SourceId
from tests.lib.arrivals import encounter, key, message, patient, resource, source, sources
from tests.lib.inbox import NOW, Inbox

NHS = "https://fhir.nhs.uk/Id/nhs-number"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ANN = {
    "name": [{"family": "Threlkeld", "given": ["Annabel"]}],
    "gender": "female",
    "birthDate": "1961-07-23",
    "address": [{"line": ["4 Quarry Lane"], "city": "Millbeck", "postalCode": "LA12 9QX"}],
    "telecom": [{"system": "phone", "value": "01229 960123"}],
}
TRUSTED = Telling(TrustedNumbers.VERIFIED)


@pytest.fixture
def inbox(database: Database) -> Inbox:
    gp = source("nm-ashgrove-gp", organisation="nm-ashgrove", telling=TRUSTED)
    return Inbox(database, sources(source(telling=TRUSTED), gp))


def ann(number="P1", **more):
    return patient(number, **{**ANN, **more})


def numbered(number="P1", nhs="4505577104", **more):
    said = ann(number, **more)
    said["value"]["identifier"].append({"system": NHS, "value": nhs})
    return said


def lane(number, of="nm-acute-pas"):
    return {"lanes": [f"{of}:{number}"], "patient": number}


def brought(inbox, *said, of="nm-acute-pas", control="1", number="P1", **more):
    """A message taken and worked off."""
    inbox.take(message(*said, control=control, **lane(number, of), **more), of)
    inbox.work()


def people(inbox):
    """Public Patient ids by person, as the record has them."""
    rows = inbox.rows(
        "SELECT p.person, s.local_id FROM record.subject_person AS p "
        "INNER JOIN record.subject AS s USING (subject) ORDER BY s.local_id"
    )
    found = {}
    for person, local_id in rows:
        found.setdefault(person, []).append(local_id)
    return found


def n(inbox, table):
    return inbox.rows(f"SELECT count(*) FROM {table}")[0][0]


def test_who_is_new_is_somebody_at_once_told_and_accounted_for(inbox):
    brought(inbox, ann())

    assert list(people(inbox).values()) == [[key("Patient", "P1")]]
    assert n(inbox, "record.outbox WHERE op = 'L'") == 1
    (what, subjects) = inbox.rows(
        "SELECT what, subjects FROM ledger.account WHERE action = 'identify'"
    )[0]
    (seq, kind, digest) = inbox.rows("SELECT seq, kind, digest FROM identity.event")[0]
    assert what == f"Identity/{seq} {kind} {digest.hex()}"
    assert subjects == [inbox.rows("SELECT subject FROM identity.local_identity")[0][0]]


def test_two_organisations_that_know_one_number_know_one_person(inbox):
    brought(inbox, numbered("P1"))
    brought(inbox, numbered("G7"), of="nm-ashgrove-gp", number="G7")

    (ids,) = people(inbox).values()
    assert sorted(ids) == sorted([key("Patient", "P1"), key("Patient", "G7")])


def test_what_is_repeated_is_not_decided_again(inbox):
    brought(inbox, ann())
    before = n(inbox, "identity.event"), n(inbox, "identity.source_record")

    brought(inbox, ann(), encounter("V1", status="in-progress"), control="2", event=1)

    assert (n(inbox, "identity.event"), n(inbox, "identity.source_record")) == before


def test_all_of_a_batch_are_resolved_together(inbox):
    names = ("Ackroyd", "Bellamy", "Cavendish", "Dunmore", "Eastwick", "Farquhar", "Goodall")
    for number, family in enumerate(names):
        said = patient(
            f"P{number}",
            name=[{"family": family, "given": [family[::-1].capitalize()]}],
            birthDate=f"19{10 * number + 30}-0{number + 1}-1{number}",
            address=[{"line": [f"{number} {family} Road"], "postalCode": f"LA{number + 1} 1AA"}],
        )
        inbox.take(message(said, control=str(number), **lane(f"P{number}")))
    inbox.work()

    assert len(people(inbox)) == len(names)


def test_a_resolve_that_fails_fails_its_message_and_no_other(inbox):
    inbox.do(
        "CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'no'; END $$"
    )
    inbox.do(
        "CREATE TRIGGER fail BEFORE INSERT ON identity.local_identity FOR EACH ROW "
        f"WHEN (NEW.local_id = '{key('Patient', 'P2')}') EXECUTE FUNCTION public.fail()"
    )
    numbers = [
        inbox.take(message(ann(f"P{one}"), control=str(one), **lane(f"P{one}"))).message
        for one in (1, 2, 3)
    ]
    inbox.work()

    assert [inbox.state(number) for number in numbers] == ["done", "new", "done"]
    assert {one["identifier"][0]["value"] for one in inbox.entries("Patient")} == {"P1", "P3"}


def test_a_deleted_patient_is_nobody_until_it_comes_again(inbox):
    brought(inbox, ann())
    subject = inbox.rows("SELECT subject FROM record.subject_person")[0][0]
    inbox.sources = sources(_without_patient(inbox), inbox.sources.named("nm-ashgrove-gp"))
    _replayed(inbox)

    assert people(inbox) == {}
    states = inbox.rows("SELECT state FROM identity.local_identity WHERE subject = %s", subject)
    assert states == [("retired",)]
    assert n(inbox, "identity.block_key") == 0

    brought(inbox, ann(), control="9", event=9)
    assert list(people(inbox).values()) == [[key("Patient", "P1")]]


def _without_patient(inbox):
    from tests.lib.arrivals import remapped

    def change(said):
        return said if said["control"] == "9" else {**said, "resources": []}

    return remapped(inbox.sources.named("nm-acute-pas"), change)


def _replayed(inbox):
    from careweave.intake import Selection, replay
    from tests.intake.test_replay import OPERATOR

    replay(inbox.database, Selection(source="nm-acute-pas"), operator=OPERATOR, why="mended")
    inbox.work()


def test_what_is_sealed_is_linked_to_nobody_though_all_agrees(inbox):
    brought(inbox, numbered("G7"), of="nm-ashgrove-gp", number="G7")
    brought(inbox, {**numbered("P1"), "labels": ["S8"]})

    assert [key("Patient", "G7")] in people(inbox).values()
    assert len([ids for ids in people(inbox).values() if key("Patient", "P1") in ids]) <= 1
    states = inbox.rows("SELECT state FROM identity.local_identity ORDER BY subject")
    assert states == [("live",), ("sealed",)]


def test_a_clinic_that_labels_all_that_it_writes_seals_nobody(database: Database):
    clinic = source("nm-acute-gender", service="gender", telling=TRUSTED)
    gp = source("nm-ashgrove-gp", organisation="nm-ashgrove", telling=TRUSTED)
    inbox = Inbox(database, sources(clinic, gp))
    brought(inbox, numbered("G7"), of="nm-ashgrove-gp", number="G7")
    brought(inbox, numbered("P1"), of="nm-acute-gender")

    assert inbox.rows("SELECT DISTINCT state FROM identity.local_identity") == [("live",)]
    assert len(people(inbox)) == 1
    (patient_there,) = inbox.rows(
        "SELECT DISTINCT l.labels FROM record.resource AS r "
        "JOIN record.label_set AS l USING (label_set) JOIN record.source AS s USING (source) "
        "WHERE s.org = 'nm-acute'"
    )
    assert patient_there[0] == ["S4"]


@pytest.mark.parametrize(
    "coding",
    [{"system": CONFIDENTIALITY, "code": "R"}, {"system": LABEL_SYSTEM, "code": "S12"}],
)
def test_a_protected_address_is_a_fact_of_the_whole_person(inbox, coding):
    brought(inbox, numbered("P1"))
    brought(
        inbox,
        numbered("G7", meta={"security": [coding]}),
        of="nm-ashgrove-gp",
        number="G7",
    )
    subjects = [row[0] for row in inbox.rows("SELECT subject FROM record.subject_person")]

    with inbox.database.reading() as session:
        fact = record.Fact.PROTECTED_ADDRESS
        assert record.with_fact(session, fact, subjects, at=NOW) == set(subjects)
    assert len(subjects) == 2


def test_a_source_that_may_not_be_linked_stays_alone(inbox):
    clinic = source(
        "nm-clinic", organisation="nm-clinic", telling=Telling(TrustedNumbers.VERIFIED, links=False)
    )
    inbox.sources = sources(*inbox.sources, clinic)
    brought(inbox, numbered("P1"))
    brought(inbox, numbered("C1"), of="nm-clinic", number="C1")

    assert sorted(map(len, people(inbox).values())) == [1, 1]


def test_an_overlay_freezes_the_subject_in_the_record(inbox):
    brought(inbox, numbered("P1"))
    other = {
        "name": [{"family": "Okonjo", "given": ["Bartholomew"]}],
        "gender": "male",
        "birthDate": "2003-11-30",
        "address": [{"line": ["88 High Street"], "city": "Tarnside", "postalCode": "CA1 1AA"}],
        "telecom": [{"system": "phone", "value": "01228 960999"}],
    }
    brought(inbox, numbered("P1", nhs="4010232137", **other), control="2", event=5)

    assert inbox.rows("SELECT frozen FROM record.subject WHERE local_id <> ''") == [(True,)]
    kinds = inbox.rows("SELECT kind, hazard FROM identity.review")
    assert kinds == [("overlay", 5)]


def test_an_erased_person_leaves_no_demographics_with_identity(inbox):
    brought(inbox, numbered("P1"))
    subject = inbox.rows("SELECT subject FROM record.subject_person")[0][0]
    actor = Actor("dpo", "nm-acute", SourceId(1), "nm-acute", Purpose.OPERATIONS, frozenset())
    for _ in range(2):
        with inbox.database.session(bulk=True) as session:
            writing = Writing(actor, Sight((), 0), "cli", "1", NOW)
            erase(session, subject, ground="law", writing=writing)

    assert n(inbox, "identity.local_identity") == 0
    assert n(inbox, "identity.block_key") == 0
    assert n(inbox, "identity.source_record WHERE raw IS NOT NULL") == 0
    assert n(inbox, "identity.membership WHERE until_seq IS NULL") == 0
    assert n(inbox, "identity.decision") == 2


def test_who_was_erased_comes_as_somebody_new(inbox):
    test_an_erased_person_leaves_no_demographics_with_identity(inbox)
    before = {row[0] for row in inbox.rows("SELECT person FROM identity.person")}

    brought(inbox, numbered("P1"), control="7", event=7)

    (person,) = people(inbox)
    assert person not in before


def test_the_copy_in_the_record_is_what_identity_decided(inbox):
    brought(inbox, numbered("P1"))
    brought(inbox, numbered("G7"), of="nm-ashgrove-gp", number="G7")

    assert inbox.rows(
        "SELECT subject, person, decision FROM record.subject_person ORDER BY subject"
    ) == inbox.rows(
        "SELECT subject, person, decision FROM identity.membership "
        "WHERE until_seq IS NULL ORDER BY subject"
    )
    with inbox.database.reading() as session:
        (person,) = people(inbox)
        assert len(identity.together(session, [person])[person]) == 2


def test_workers_at_once_come_to_what_one_would_and_none_is_in_the_way_of_another(inbox):
    numbers = [numbered_of(place) for place in range(40)]
    for place, nhs in enumerate(numbers):
        born = f"{1930 + place}-0{1 + place % 9}-1{place % 9}"
        for of, letter in (("nm-acute-pas", "P"), ("nm-ashgrove-gp", "G")):
            number = f"{letter}{place}"
            said = numbered(number, nhs, birthDate=born)
            inbox.take(message(said, control=number, **lane(number, of)), of)
    workers = [
        Worker(inbox.database, lambda: inbox.sources, lambda: inbox.now, name=f"w{one}")
        for one in range(3)
    ]

    def work(worker):
        while worker.work_once():
            pass

    threads = [Thread(target=work, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    inbox.work()

    assert n(inbox, "intake.message WHERE state = 'done'") == 80
    assert sorted(map(len, people(inbox).values())) == [2] * 40


def numbered_of(place):
    """The NHS number with this place, of those that have a check digit."""
    found = []
    stem = 450_600_000
    while len(found) <= place:
        digits = str(stem)
        check = (11 - sum(int(d) * (10 - i) for i, d in enumerate(digits)) % 11) % 11
        if check != 10:
            found.append(f"{digits}{check}")
        stem += 7919
    return found[place]


def test_a_sealed_patient_that_is_deleted_stays_sealed(inbox):
    brought(inbox, {**numbered("P1"), "labels": ["S8"]})
    inbox.sources = sources(_without_patient(inbox), inbox.sources.named("nm-ashgrove-gp"))
    _replayed(inbox)

    assert people(inbox) == {}
    assert inbox.rows("SELECT state FROM identity.local_identity") == [("sealed",)]


def test_who_is_gone_already_goes_no_further(inbox):
    brought(inbox, ann())
    subject = inbox.rows("SELECT subject FROM record.subject_person")[0][0]
    leaving = identity.Leaving(subject, "nm-acute-pas", "mllp/9", NOW)

    def retired():
        with inbox.database.session() as session:
            return identity.retire(session, [leaving], new_group=new_person)

    assert [one.event.kind for one in retired()] == ["retire"]
    assert retired() == ()


def test_when_a_visit_comes_along_the_person_was_alive_then(inbox):
    brought(
        inbox,
        ann(),
        encounter("V1", status="in-progress", period={"start": "2026-02-28T10:00:00Z"}),
        encounter("V2", status="planned", period={"start": "2027-01-01T10:00:00Z"}),
    )

    (alive,) = inbox.rows("SELECT alive_at FROM identity.local_identity")[0]
    assert alive.isoformat()[:16] == "2026-02-28T10:00"


@pytest.mark.parametrize(("role", "is_told"), [("MTH", True), ("FTH", False)])
def test_the_mother_of_a_baby_is_told_by_her_number(inbox, role, is_told):
    said = {
        "patient": {"reference": f"Patient/{key('Patient', 'P1')}"},
        "identifier": [{"system": "urn:mrn", "value": "M77"}],
        "relationship": [{"coding": [{"code": role}]}],
    }
    brought(inbox, ann(birthDate="2026-02-28"), resource("RelatedPerson", "R1", said))

    (raw,) = inbox.rows("SELECT raw FROM identity.source_record")[0]
    assert (b"M77" in raw) is is_told
