"""Transactions and batches: all or nothing, references between entries, one statement for many."""

import json
from base64 import b64encode

import psycopg
import pytest

from careweave.formats import read_bundle, splice
from careweave.intake import Outcome
from careweave.terms import (
    LABEL_SYSTEM,
    Ambiguous,
    CareweaveError,
    Heading,
    Incorrect,
    Label,
    NotFound,
    Stale,
)
from tests.intake.test_writer import flag, observation, patient, security


def no_reads(session, entry):
    raise AssertionError


def bundle(*entries, kind="transaction"):
    value = {"resourceType": "Bundle", "type": kind, "entry": list(entries)}
    return read_bundle(json.dumps(value).encode())


def entry(method, url, resource=None, full_url=None, **request):
    made = {"request": {"method": method, "url": url, **request}}
    if resource is not None:
        made["resource"] = resource
    if full_url is not None:
        made["fullUrl"] = full_url
    return made


def post(resource, full_url=None, **request):
    return entry("POST", resource["resourceType"], resource, full_url, **request)


def transact(desk, *entries, reads=no_reads):
    return desk.writer.transact(bundle(*entries), desk.writing(), reads=reads)


def batch(desk, *entries, reads=no_reads):
    return desk.writer.batch(bundle(*entries, kind="batch"), desk.writing(), reads=reads)


def body(desk, outcome):
    row = desk.read(outcome.written.type, outcome.written.id)
    made = splice(
        row.body, row.cut, id=row.id, version=row.version, updated=row.updated, meta=row.meta
    )
    return json.loads(made)


URN = "urn:uuid:00000000-0000-4000-8000-00000000000"


def test_references_between_entries_lead_to_the_new_ids(desk):
    about = {"reference": URN + "1"}
    done = transact(
        desk,
        post(observation(subject=about), URN + "2"),
        post(patient(), URN + "1"),
    )
    assert [outcome.status for outcome in done] == [201, 201]
    assert body(desk, done[0])["subject"]["reference"] == f"Patient/{done[1].written.id}"
    assert done[0].written.subject == done[1].written.subject


def test_an_address_of_another_server_is_rewritten_too(desk):
    done = transact(
        desk,
        post(patient(), "http://old.example/fhir/Patient/7"),
        post(
            observation(subject={"reference": "Patient/7"}), "http://old.example/fhir/Observation/8"
        ),
    )
    assert body(desk, done[1])["subject"]["reference"] == f"Patient/{done[0].written.id}"


def test_a_conditional_reference_leads_to_what_it_matches(desk):
    made = desk.create(patient())
    about = {"reference": "Patient?identifier=urn:x|1"}
    done = transact(desk, post(observation(subject=about)))
    assert body(desk, done[0])["subject"]["reference"] == f"Patient/{made.id}"


@pytest.mark.attack(18)
def test_a_conditional_reference_sees_only_what_its_caller_may_see(desk, desk_of):
    desk_of("ashgrove").create(patient("2"))
    answers = []
    for number in ("2", "nobody"):
        with pytest.raises(Ambiguous) as refused:
            transact(
                desk,
                post(observation(subject={"reference": f"Patient?identifier=urn:x|{number}"})),
            )
        answers.append((str(refused.value), refused.value.where))
    assert answers[0] == answers[1]
    assert answers[0][1].startswith("Bundle.entry[0]")


def test_a_create_in_a_transaction_may_have_a_condition(desk):
    made = desk.create(patient())
    done = transact(
        desk,
        post(patient(), URN + "1", ifNoneExist="identifier=urn:x|1"),
        post(observation(subject={"reference": URN + "1"})),
    )
    assert (done[0].status, done[0].written.id, done[0].written.version) == (200, made.id, 1)
    assert body(desk, done[1])["subject"]["reference"] == f"Patient/{made.id}"


def test_nothing_is_kept_when_one_entry_is_refused(desk):
    with pytest.raises(Incorrect) as refused:
        transact(desk, post(patient()), post(observation(status="bogus")))
    assert refused.value.where == "Bundle.entry[1].resource.status"
    with pytest.raises(NotFound) as refused:
        transact(desk, post(patient()), entry("PUT", "Patient/nobody", patient(id="nobody")))
    assert refused.value.where == "Bundle.entry[1]"
    assert desk.rows("SELECT count(*) FROM record.resource") == [(0,)]
    assert desk.rows("SELECT count(*) FROM ledger.account") == [(0,)]


def test_deletes_come_before_creates_and_reads_come_last(desk):
    old = desk.create(patient())
    order = []

    def reads(session, asked):
        order.append(asked.url)
        assert session.n_sent
        return Outcome(200, body=b"{}")

    done = transact(
        desk,
        entry("GET", "Patient?identifier=urn:x|1"),
        entry("PUT", "Patient/stbeda-9", patient("9", id="stbeda-9")),
        post(patient("3")),
        entry("DELETE", f"Patient/{old.id}"),
        reads=reads,
    )
    assert [outcome.status for outcome in done] == [200, 201, 201, 204]
    assert order == ["Patient?identifier=urn:x|1"]


def test_one_resource_is_changed_by_one_entry_only(desk):
    made = desk.create(patient())
    put = entry("PUT", f"Patient/{made.id}", patient(id=made.id))
    with pytest.raises(Incorrect) as refused:
        transact(desk, put, entry("DELETE", f"Patient/{made.id}"))
    assert refused.value.where == "Bundle.entry[1]"
    with pytest.raises(Incorrect):
        transact(desk, post(patient(), URN + "1"), post(patient("2"), URN + "1"))


@pytest.mark.parametrize("second", ["PUT", "DELETE", "PUT where", "DELETE where"])
def test_one_resource_is_changed_by_one_entry_only_whichever_way_it_is_found(desk, second):
    made = desk.create(patient())
    method, _, where = second.partition(" ")
    url = "Patient?identifier=urn:x|1" if where else f"Patient/{made.id}"
    changed = patient(active=True, **({} if where else {"id": made.id}))
    first = entry("PUT", "Patient?identifier=urn:x|1", patient(active=False))
    with pytest.raises(Incorrect) as refused:
        transact(desk, first, entry(method, url, changed if method == "PUT" else None))
    assert (refused.value.where, refused.value.issues[0].code) == ("Bundle.entry[1]", "duplicate")
    assert desk.read("Patient", made.id).version == 1


def test_one_condition_makes_one_entry_only(desk):
    once = post(patient(), URN + "1", ifNoneExist="identifier=urn:x|1&active=true")
    again = post(patient(), URN + "2", ifNoneExist="active=true&identifier=urn:x|1")
    with pytest.raises(Incorrect) as refused:
        transact(desk, once, again)
    assert (refused.value.where, refused.value.issues[0].code) == ("Bundle.entry[1]", "duplicate")
    desk.create(patient(active=True))
    assert [outcome.status for outcome in transact(desk, once, again)] == [200, 200]


def test_a_patch_may_be_an_entry_in_both_forms(desk):
    made = desk.create(observation())
    operations = json.dumps([{"op": "replace", "path": "/status", "value": "amended"}])
    binary = {
        "resourceType": "Binary",
        "contentType": "application/json-patch+json",
        "data": b64encode(operations.encode()).decode(),
    }
    done = transact(desk, entry("PATCH", f"Observation/{made.id}", binary))
    assert body(desk, done[0])["status"] == "amended"
    parameters = {
        "resourceType": "Parameters",
        "parameter": [
            {
                "name": "operation",
                "part": [
                    {"name": "type", "valueCode": "replace"},
                    {"name": "path", "valueString": "Observation.status"},
                    {"name": "value", "valueCode": "final"},
                ],
            }
        ],
    }
    done = transact(desk, entry("PATCH", f"Observation/{made.id}", parameters))
    assert (body(desk, done[0])["status"], done[0].written.version) == ("final", 3)


def test_a_version_may_be_named_in_an_entry(desk):
    made = desk.create(patient())
    put = patient(id=made.id, gender="male")
    with pytest.raises(Stale):
        transact(desk, entry("PUT", f"Patient/{made.id}", put, ifMatch='W/"9"'))
    done = transact(desk, entry("PUT", f"Patient/{made.id}", put, ifMatch='W/"1"'))
    assert done[0].written.version == 2


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (entry("PUT", "Patient", patient()), Incorrect),
        (entry("POST", "Patient/1", patient()), Incorrect),
        (entry("POST", "Nonsense", patient()), Incorrect),
        (entry("POST", "Patient/$everything", patient()), Incorrect),
        (entry("FETCH", "Patient"), Incorrect),
        (entry("POST", "Patient"), Incorrect),
        ({"resource": patient()}, Incorrect),
        (entry("POST", "Observation", patient()), Incorrect),
        (entry("DELETE", "Patient/a b"), Incorrect),
        (entry("PUT", "Patient/1", patient(id="2")), Incorrect),
        (entry("PUT", "Patient/1", patient(id="1"), ifMatch="x"), Incorrect),
    ],
)
def test_an_entry_that_cannot_be_read_is_named(desk, given, kind):
    with pytest.raises(kind) as refused:
        transact(desk, post(patient()), given)
    assert refused.value.where.startswith("Bundle.entry[1]")


def test_entries_of_a_bundle_inherit_from_each_other_and_through_each_other(desk):
    secret = observation(meta=security("S1"))
    middle = observation(derivedFrom=[{"reference": URN + "1"}])
    last = observation(derivedFrom=[{"reference": URN + "2"}])
    done = transact(desk, post(last, URN + "3"), post(middle, URN + "2"), post(secret, URN + "1"))
    for outcome in done:
        labels = body(desk, outcome)["meta"]["security"]
        assert labels == [{"system": LABEL_SYSTEM, "code": Label.S1}]


@pytest.mark.attack(15)
def test_a_binary_has_the_labels_of_what_points_to_it(desk):
    binary = {"resourceType": "Binary", "contentType": "text/plain", "data": "eA=="}

    def document(url, *labels):
        return {
            "resourceType": "DocumentReference",
            "status": "current",
            "subject": {"reference": "Patient/p1"},
            "content": [{"attachment": {"contentType": "text/plain", "url": url}}],
            "meta": security(*labels),
        }

    before = desk.create(binary)
    desk.create(document(f"Binary/{before.id}", "S1"))
    together = transact(desk, post(document(URN + "1", "S9")), post(binary, URN + "1"))
    for outcome, label in ((Outcome(201, before), "S1"), (together[1], "S9")):
        labels = body(desk, outcome)["meta"]["security"]
        assert [each["code"] for each in labels] == [label]


def test_the_child_protection_trio_is_safeguarding_three_times(desk):
    about = {"reference": "Patient/p1"}
    england = "https://fhir.nhs.uk/England/CodeSystem/England-FlagCategoryPatient"
    category = {"coding": [{"system": england, "code": "child-protection-information-system-flag"}]}
    plan = {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "subject": about,
        "category": [{"coding": [{"code": "342191000000101"}]}],
        "careTeam": [{"reference": URN + "2"}],
    }
    team = {"resourceType": "CareTeam", "subject": about, "status": "active"}
    done = transact(
        desk, post(flag(category=[category])), post(team, URN + "2"), post(plan, URN + "3")
    )
    rows = [desk.read(outcome.written.type, outcome.written.id) for outcome in done]
    assert [row.heading for row in rows] == [Heading.SAF] * 3


def many(n):
    made = [post(patient(), URN + "0")]
    for place in range(n):
        made.append(
            post(
                observation(
                    subject={"reference": URN + "0"},
                    derivedFrom=[{"reference": f"Observation/x{place}"}],
                    valueString=str(place),
                )
            )
        )
    return made


def n_statements(desk, entries):
    with desk.database.session() as session:
        before = session.n_sent
    transact(desk, *entries)
    with desk.database.session() as session:
        return session.n_sent - before


def test_the_number_of_statements_does_not_grow_with_the_bundle(desk):
    counts = [n_statements(desk, many(n)) for n in (2, 2, 40, 4)]
    # Twelve write the entries; as many find out whose the new patient is.
    assert counts[2] == counts[3] <= 24, counts


def test_one_account_a_person_says_what_changed(desk):
    transact(desk, *many(3))
    text = "SELECT action, what, n_items, cardinality(subjects) FROM ledger.account"
    rows = desk.rows(f"{text} WHERE action <> 'identify'")
    assert rows == [("transaction", "Observation:3 Patient:1", 4, 1)]


def test_entries_of_a_batch_stand_or_fall_alone(desk):
    made = desk.create(patient())
    done = batch(
        desk,
        post(observation()),
        post(observation(status="bogus")),
        entry("PUT", "Patient/nobody", patient(id="nobody")),
        entry("PUT", f"Patient/{made.id}", patient(id=made.id, gender="male")),
        entry("DELETE", "Patient?identifier=urn:x|none"),
        entry("POST", "Patient", patient(), ifNoneExist="identifier=urn:x|1"),
        entry("FETCH", "Patient"),
    )
    assert [outcome.status for outcome in done] == [201, 422, 404, 200, 204, 200, 400]
    assert done[1].error.where == "Bundle.entry[1].resource.status"


def test_a_read_in_a_batch_is_answered_by_the_reader(desk):
    def reads(session, asked):
        if asked.url == "Patient/gone":
            raise NotFound
        return Outcome(200, body=b"{}")

    done = batch(desk, entry("GET", "Patient/1"), entry("GET", "Patient/gone"), reads=reads)
    assert [outcome.status for outcome in done] == [200, 404]


def test_a_bundle_of_another_kind_is_refused(desk):
    with pytest.raises(CareweaveError):
        desk.writer.transact(bundle(kind="collection"), desk.writing(), reads=no_reads)


def test_a_patch_inside_a_transaction_may_have_a_condition(desk):
    made = desk.create(patient())
    parameters = {
        "resourceType": "Parameters",
        "parameter": [
            {
                "name": "operation",
                "part": [
                    {"name": "type", "valueCode": "add"},
                    {"name": "path", "valueString": "Patient"},
                    {"name": "name", "valueString": "gender"},
                    {"name": "value", "valueCode": "male"},
                ],
            }
        ],
    }
    done = transact(desk, entry("PATCH", "Patient?identifier=urn:x|1", parameters))
    assert (done[0].written.id, body(desk, done[0])["gender"]) == (made.id, "male")


def test_a_batch_that_loses_the_database_is_not_tried_again(desk):
    """Nobody knows what was kept: a second attempt would refuse what the first one stored."""
    with psycopg.connect(desk.database.url) as connection:
        connection.execute("CREATE SEQUENCE public.attempt")
        connection.execute(
            "CREATE FUNCTION public.cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " PERFORM nextval('public.attempt');"
            " PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
        )
        connection.execute(
            "CREATE TRIGGER cut AFTER INSERT ON record.outbox EXECUTE FUNCTION public.cut()"
        )
    done = batch(desk, *(post(observation(valueString=str(n))) for n in range(3)))
    assert [outcome.status for outcome in done] == [503, 503, 503]
    assert desk.rows("SELECT last_value FROM public.attempt") == [(1,)]
