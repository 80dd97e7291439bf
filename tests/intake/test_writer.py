"""Single writes: what is stored, what is refused, and that nothing is applied twice."""

import json
import threading

import pytest

from careweave.formats import splice
from careweave.intake import Interaction, SourceSettings, Writer, WriteRequest
from careweave.intake._alone import write_alone
from careweave.terms import (
    HEADING_SYSTEM,
    LABEL_SYSTEM,
    Ambiguous,
    Forbidden,
    Incorrect,
    Label,
    NotFound,
    Stale,
    Unprocessable,
)
from tests.lib.desk import Desk, resource

CODE = {"coding": [{"system": "http://loinc.org", "code": "8302-2"}]}


def observation(**more):
    base = {"resourceType": "Observation", "status": "final", "code": CODE}
    return {**base, "subject": {"reference": "Patient/p1"}, **more}


def flag(**more):
    base = {"resourceType": "Flag", "status": "active", "code": {"text": "x"}}
    return {**base, "subject": {"reference": "Patient/p1"}, **more}


def plan(**more):
    base = {"resourceType": "CarePlan", "status": "active", "intent": "plan"}
    return {**base, "subject": {"reference": "Patient/p1"}, **more}


def security(*labels):
    return {"security": [{"system": LABEL_SYSTEM, "code": label} for label in labels]}


def shown(written):
    return resource(
        json.loads(
            splice(
                written.body,
                written.cut,
                id=written.id,
                version=written.version,
                updated=written.updated,
                meta=written.meta,
            )
        )
    ).value


def test_a_create_is_stored_with_a_random_id_its_bytes_and_its_heading(desk):
    sent = resource(observation(id="chosen"))
    written = desk.write(Interaction.CREATE, "Observation", resource=sent)
    row = desk.read("Observation", written.id)
    assert written.status == 201
    assert written.id != "chosen"
    assert (row.body, row.version) == (sent.body, 1)
    assert row.heading == "EXM"
    tags = shown(written)["meta"]["tag"]
    assert {"system": HEADING_SYSTEM, "code": "EXM"} in tags


def test_each_write_has_its_account_in_the_ledger(desk):
    written = desk.create(observation())
    rows = desk.rows("SELECT actor, action, what, subjects FROM ledger.account")
    assert rows == [("stbeda-client", "create", "Observation", [written.subject])]


def test_an_update_makes_a_version_and_the_same_again_makes_none(desk):
    first = desk.create(observation())
    second = desk.update(observation(id=first.id, status="amended"))
    third = desk.update(observation(id=first.id, status="amended"))
    assert (second.status, second.version, second.changed) == (200, 2, True)
    assert (third.status, third.version, third.changed) == (200, 2, False)
    assert desk.read("Observation", first.id, version=1).version == 1


def test_what_is_read_and_sent_back_makes_no_version(desk):
    first = desk.create(observation())
    again = desk.update(shown(first))
    assert (again.version, again.changed) == (1, False)


def test_an_update_of_an_unknown_id_creates_only_inside_the_prefix(desk):
    made = desk.update(observation(id="stbeda-1"))
    assert (made.status, made.id, made.version) == (201, "stbeda-1", 1)
    with pytest.raises(NotFound):
        desk.update(observation(id="other-1"))


@pytest.mark.attack(16)
def test_an_update_of_an_id_of_others_is_as_one_that_is_not_there(desk, desk_of):
    theirs = desk_of("ashgrove").create(observation())
    answers = []
    for key in (theirs.id, "0f0e0d0c-0000-4000-8000-000000000000"):
        with pytest.raises(NotFound) as refused:
            desk.update(observation(id=key))
        answers.append((type(refused.value), str(refused.value), refused.value.issues))
    assert answers[0] == answers[1]


def test_a_delete_leaves_a_mark_and_deleting_nothing_is_the_same_answer(desk):
    made = desk.create(observation())
    gone = desk.write(Interaction.DELETE, "Observation", id=made.id)
    again = desk.write(Interaction.DELETE, "Observation", id=made.id)
    never = desk.write(Interaction.DELETE, "Observation", id="nothing-here")
    assert [gone.status, again.status, never.status] == [204, 204, 204]
    assert desk.read("Observation", made.id).gone


def test_a_put_brings_a_deleted_entry_back(desk):
    made = desk.create(observation())
    desk.write(Interaction.DELETE, "Observation", id=made.id)
    back = desk.update(observation(id=made.id))
    assert (back.status, back.version) == (201, 3)
    assert not desk.read("Observation", made.id).gone


def test_a_version_that_is_not_the_current_one_is_refused(desk):
    made = desk.create(observation())
    with pytest.raises(Stale):
        desk.update(observation(id=made.id, status="amended"), if_match=7)
    assert desk.update(observation(id=made.id, status="amended"), if_match=1).version == 2


def test_plans_tasks_and_consents_are_updated_from_a_named_version_only(desk):
    made = desk.create(plan())
    with pytest.raises(Incorrect) as refused:
        desk.update(plan(id=made.id, status="completed"))
    assert (refused.value.status, refused.value.where) == (400, "If-Match")
    assert desk.update(plan(id=made.id, status="completed"), if_match=1).version == 2


@pytest.mark.attack(17)
def test_an_entry_is_never_moved_to_another_patient(desk):
    made = desk.create(observation())
    with pytest.raises(Unprocessable):
        desk.update(observation(id=made.id, subject={"reference": "Patient/p2"}))


@pytest.mark.attack(17)
@pytest.mark.attack(67)
def test_a_label_is_not_taken_away_by_leaving_it_out(desk):
    made = desk.create(observation(meta=security("S1")))
    with pytest.raises(Unprocessable) as refused:
        desk.update(observation(id=made.id, status="amended"))
    assert refused.value.where == "Observation.meta.security"
    more = desk.update(observation(id=made.id, status="amended", meta=security("S1", "S9")))
    assert more.version == 2
    patch = [{"op": "remove", "path": "/meta/security"}]
    with pytest.raises(Unprocessable):
        desk.write(Interaction.PATCH, "Observation", id=made.id, patch=patch)


@pytest.mark.attack(68)
def test_what_is_derived_inherits_the_labels_of_its_stored_parents(desk):
    parent = desk.create(observation(meta=security("S1")))
    child = desk.create(observation(derivedFrom=[{"reference": f"Observation/{parent.id}"}]))
    labels = [label["code"] for label in shown(child)["meta"]["security"]]
    assert labels == [Label.S1]


def labels_of(desk, written):
    meta = json.loads(b"{" + desk.read(written.type, written.id).meta + b"}")
    return sorted(label["code"] for label in meta.get("security", ()))


@pytest.mark.attack(68)
def test_a_label_that_comes_later_reaches_all_that_was_derived_before(desk):
    parent = desk.create(observation())
    child = desk.create(observation(derivedFrom=[{"reference": f"Observation/{parent.id}"}]))
    grandchild = desk.create(
        {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "code": CODE,
            "subject": {"reference": "Patient/p1"},
            "result": [{"reference": f"Observation/{child.id}"}],
        }
    )
    other = desk.create(observation())
    desk.update(observation(id=parent.id, meta=security("S1")))
    assert [labels_of(desk, one) for one in (parent, child, grandchild)] == [["S1"]] * 3
    assert labels_of(desk, other) == []
    row = desk.read("DiagnosticReport", grandchild.id)
    assert (row.version, row.heading) == (2, "INV")
    accounts = desk.rows("SELECT what, n_items FROM ledger.account WHERE action = 'label'")
    assert accounts == [("labels", 1), ("labels", 1)]


@pytest.mark.attack(68)
def test_a_parent_that_comes_after_its_child_labels_it(desk):
    child = desk.create(observation(derivedFrom=[{"reference": "Observation/stbeda-9"}]))
    desk.update(observation(id="stbeda-9", meta=security("S9")))
    assert labels_of(desk, child) == ["S9"]


@pytest.mark.parametrize(
    ("born", "labels"),
    [
        ("2011-03-14", ["S1", "young-person-confidential"]),
        ("2010-03-14", ["S1"]),
        ("2010-03-15", ["S1", "young-person-confidential"]),
        ("2013-03-15", ["S1"]),
        ("2010", ["S1", "young-person-confidential"]),
        ("1950-01-01", ["S1"]),
        (None, ["S1"]),
    ],
)
def test_a_young_person_s_sensitive_entry_is_kept_from_parents(desk, born, labels):
    more = {} if born is None else {"birthDate": born}
    about = desk.create(patient(**more))
    reference = {"reference": f"Patient/{about.id}"}
    made = desk.create(observation(subject=reference, meta=security("S1")))
    assert labels_of(desk, made) == labels
    assert labels_of(desk, desk.create(observation(subject=reference))) == []


def test_labels_that_derive_from_each_other_in_a_circle_come_to_rest(desk):
    for own, other in (("stbeda-1", "stbeda-2"), ("stbeda-2", "stbeda-1")):
        desk.update(observation(id=own, derivedFrom=[{"reference": f"Observation/{other}"}]))
    derived = [{"reference": "Observation/stbeda-2"}]
    done = desk.update(observation(id="stbeda-1", derivedFrom=derived, meta=security("S7")))
    assert labels_of(desk, done) == ["S7"]
    assert desk.read("Observation", "stbeda-2").version == 2


def test_a_patch_changes_what_it_names(desk):
    made = desk.create(observation())
    patch = [{"op": "replace", "path": "/status", "value": "amended"}]
    done = desk.write(Interaction.PATCH, "Observation", id=made.id, patch=patch)
    assert (done.status, done.version, shown(done)["status"]) == (200, 2, "amended")
    with pytest.raises(NotFound):
        desk.write(Interaction.PATCH, "Observation", id="nothing-here", patch=patch)


def test_a_patch_that_makes_a_wrong_resource_is_refused(desk):
    made = desk.create(observation())
    patch = [{"op": "replace", "path": "/status", "value": "bogus"}]
    with pytest.raises(Incorrect) as refused:
        desk.write(Interaction.PATCH, "Observation", id=made.id, patch=patch)
    assert refused.value.where == "Observation.status"


def test_what_nobody_can_place_is_told_to_its_writer(desk):
    made = desk.create({"resourceType": "Basic", "code": {"text": "x"}})
    assert "Classification: heading-unclassified." in [issue.message for issue in made.issues]


def test_all_faults_of_a_resource_are_named(desk):
    with pytest.raises(Incorrect) as refused:
        desk.create({"resourceType": "Observation", "status": "bogus"})
    assert {i.where for i in refused.value.issues} >= {"Observation.status", "Observation.code"}


@pytest.mark.parametrize(
    "reference", ["Patient?identifier=x|1", "patient/1", "Patient/", "nowhere", "#inside"]
)
def test_a_reference_of_no_known_shape_is_refused(desk, reference):
    with pytest.raises(Incorrect):
        desk.create(observation(subject={"reference": reference}))


def test_the_id_of_an_update_is_that_of_its_address(desk):
    with pytest.raises(Incorrect):
        desk.update(observation(id="stbeda-1"), id="stbeda-2")
    with pytest.raises(Incorrect):
        desk.update(observation(), id="stbeda-2")


def patient(value="1", **more):
    identifier = [{"system": "urn:x", "value": value}]
    return {"resourceType": "Patient", "identifier": identifier, **more}


BY_NUMBER = (("identifier", "urn:x|1"),)


def test_a_conditional_create_happens_once(desk):
    first = desk.create(patient(), condition=BY_NUMBER)
    second = desk.create(patient(), condition=BY_NUMBER)
    assert (first.status, second.status) == (201, 200)
    assert (second.id, second.version, second.changed) == (first.id, 1, False)
    desk.create(patient())
    with pytest.raises(Ambiguous):
        desk.create(patient(), condition=BY_NUMBER)


def test_a_conditional_update_creates_then_updates(desk):
    def put(**more):
        made = resource(patient(**more))
        return desk.write(Interaction.UPDATE, "Patient", resource=made, condition=BY_NUMBER)

    first, second = put(), put(gender="female")
    assert (first.status, second.status) == (201, 200)
    assert (second.id, second.version) == (first.id, 2)


def test_a_conditional_delete_deletes_one_or_nothing(desk):
    assert desk.write(Interaction.DELETE, "Patient", condition=BY_NUMBER).status == 204
    made = desk.create(patient())
    desk.write(Interaction.DELETE, "Patient", condition=BY_NUMBER)
    assert desk.read("Patient", made.id).gone


@pytest.mark.attack(16)
def test_a_condition_sees_only_what_its_caller_may_see(desk, desk_of):
    desk_of("ashgrove").create(patient())
    assert desk.create(patient(), condition=BY_NUMBER).status == 201


def test_a_condition_with_a_parameter_that_is_not_known_is_refused(desk):
    with pytest.raises(Incorrect):
        desk.create(patient(), condition=(("nonsense", "1"),))
    for nothing in ((), (("_count", "1"),)):
        with pytest.raises(Incorrect):
            desk.create(patient(), condition=nothing)


def test_racing_conditional_creates_make_one_entry(desk):
    done = []

    def race():
        done.append(desk.create(patient(), condition=BY_NUMBER).status)

    threads = [threading.Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [200] * 5 + [201]


def test_a_request_that_is_sent_twice_under_one_key_is_applied_once(desk):
    first = desk.create(observation(), idempotency_key="k1")
    again = desk.create(observation(), idempotency_key="k1")
    other = desk.create(observation(), idempotency_key="k2")
    assert (again.status, again.id, again.changed) == (201, first.id, False)
    assert other.id != first.id
    with pytest.raises(Unprocessable):
        desk.create(observation(status="amended"), idempotency_key="k1")


def test_many_writers_at_once_are_all_answered_and_a_bad_one_harms_nobody(desk):
    outcomes = {}

    def one(place):
        try:
            if place % 5 == 0:
                outcomes[place] = desk.update(observation(id="nowhere"))
            else:
                outcomes[place] = desk.create(observation())
        except NotFound as refused:
            outcomes[place] = refused

    threads = [threading.Thread(target=one, args=(place,)) for place in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [place for place, found in outcomes.items() if isinstance(found, NotFound)]
    assert sorted(refused) == list(range(0, 40, 5))
    assert desk.rows("SELECT count(*) FROM record.resource") == [(32,)]
    assert desk.rows("SELECT count(*) FROM ledger.account") == [(32,)]


def test_updates_of_one_entry_at_once_all_count(desk):
    made = desk.create(observation())
    threads = [
        threading.Thread(
            target=lambda n=n: desk.update(observation(id=made.id, valueString=str(n)))
        )
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.read("Observation", made.id).version == 13


def encounter():
    return {
        "resourceType": "Encounter",
        "status": "in-progress",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2026-03-01"},
    }


@pytest.mark.parametrize("kinds", [frozenset(), frozenset({"encounter"})])
def test_a_source_proves_only_the_ties_that_its_region_lists(database, kinds):
    settings = SourceSettings(ties=kinds)
    desk = Desk(database, Writer(database, settings=lambda _: settings))
    desk.create(encounter())
    assert desk.rows("SELECT count(*) FROM record.tie") == [(len(kinds),)]


def test_an_entry_of_another_system_of_the_organisation_is_changed_there_only(desk):
    from dataclasses import replace

    from careweave.intake import open_source
    from careweave.terms import Branch, Sight

    made = desk.create(observation())
    with desk.database.session() as session:
        other = open_source(session, "stbeda", "lab", "fhir")
    own = desk.actor.source
    desk.actor = replace(desk.actor, source=other)
    branch = desk.sight.branches[0]
    desk.sight = Sight(
        (Branch(frozenset({own, other}), branch.headings, branch.labels, is_own=True),),
        desk.sight.version,
    )
    with pytest.raises(Forbidden):
        desk.update(observation(id=made.id, status="amended"))


def test_the_form_of_a_write_costs_a_constant_number_of_statements(desk):
    desk.create(observation())
    desk.create(observation())
    with desk.database.session() as session:
        before = session.n_sent
    desk.create(observation())
    with desk.database.session() as session:
        assert session.n_sent - before <= 4  # BEGIN, create, account, COMMIT


def test_a_label_that_comes_while_a_child_is_written_reaches_the_child(desk):
    parent = desk.create(observation())
    said = resource(observation(derivedFrom=[{"reference": f"Observation/{parent.id}"}]))
    request = WriteRequest(Interaction.CREATE, "Observation", resource=said)
    labelled = threading.Event()

    def label():
        desk.update(observation(id=parent.id, meta=security("S1")))
        labelled.set()

    with desk.database.session() as session:
        child = write_alone(session, request, desk.writing(), desk.writer.maker)
        labelling = threading.Thread(target=label)
        labelling.start()
        assert not labelled.wait(0.5)
    labelling.join()

    assert labelled.is_set()
    assert b'"code":"S1"' in desk.read("Observation", child.id).meta
