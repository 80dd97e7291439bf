"""What comes with a page, chains by another reference than the subject, `_has` and `_list`."""

import pytest

from careweave.formats import read_json
from careweave.record import _search_includes as including
from careweave.record import _search_steps as steps
from careweave.record import append, keys, open_source, parse, prepare, search, subjects
from careweave.record._changes import Change
from careweave.record._search_steps import is_plain
from careweave.terms import Heading, Incorrect, TooCostly
from tests.record.finding import NOW
from tests.record.lib import minutes, sight_of


class Ward:
    """An organisation whose resources are prepared as intake would."""

    def __init__(self, session, org="acute"):
        self.session = session
        self.org = org
        self.source = open_source(session, org, "epr", "fhir")
        self.sight = sight_of(self.source)
        self.n = 0

    def put(self, type_, id_, **value):
        import json

        made = read_json(json.dumps({"resourceType": type_, **value}).encode())
        ready = prepare(made, keys=keys(self.session), zone=self.session.zone, public_id=id_)
        local = ready.patients[0] if ready.primary else ""
        subject = subjects(self.session, self.org, [local])[local]
        self.n += 1
        change = Change(
            op="C", type=type_, id=id_, resource=made, prepared=ready, source=self.source,
            subject=subject, heading=Heading.INV,
        )  # fmt: skip
        append(self.session, [change], at=minutes(self.n), actor="x")

    def ask(self, type_, query="", **more):
        pairs = [tuple(part.split("=", 1)) for part in query.split("&") if part]
        session = self.session
        asked = parse(type_, pairs, keys=keys(session), zone=session.zone, now=NOW)
        return search(session, asked, sight=self.sight, caller="a", now=NOW, **more)

    def seek(self, type_, query=""):
        return [row.id for row in self.ask(type_, query).rows]

    def comes(self, type_, query=""):
        return sorted(f"{row.type}/{row.id}" for row in self.ask(type_, query).included)


def ref(text):
    return {"reference": text}


def coded(code):
    return {"coding": [{"system": "http://loinc.org", "code": code}]}


@pytest.fixture
def ward(session):
    """A patient with a practitioner of an organisation, an encounter and observations."""
    ward = Ward(session)
    ward.put("Organization", "org1", name="North", partOf=ref("Organization/org0"))
    ward.put("Organization", "org0", name="Region")
    ward.put("Practitioner", "dr1", name=[{"family": "House"}])
    ward.put("Practitioner", "dr2", name=[{"family": "Who"}])
    ward.put(
        "Patient", "p1", name=[{"family": "Smith"}], generalPractitioner=[ref("Practitioner/dr1")],
        managingOrganization=ref("Organization/org1"),
    )  # fmt: skip
    ward.put("Patient", "p2", name=[{"family": "Jones"}])
    ward.put("Encounter", "e1", status="finished", subject=ref("Patient/p1"),
             participant=[{"individual": ref("Practitioner/dr2")}])  # fmt: skip
    for n, patient in enumerate(("p1", "p1", "p2"), start=1):
        ward.put(
            "Observation", f"o{n}", status="final", code=coded("8867-4"),
            subject=ref(f"Patient/{patient}"), performer=[ref("Practitioner/dr1")],
            effectiveDateTime=f"2026-01-0{n}", **({"encounter": ref("Encounter/e1")} if n < 3 else {}),
        )  # fmt: skip
    ward.put("List", "l1", status="current", mode="working", subject=ref("Patient/p1"),
             entry=[{"item": ref("Observation/o1")}, {"item": ref("Patient/p2")},
                    {"item": ref("Observation/o2"), "deleted": True}])  # fmt: skip
    return ward


def test_what_rows_refer_to_comes_once(ward):
    assert ward.comes("Observation", "_include=Observation:subject") == ["Patient/p1", "Patient/p2"]
    assert ward.comes("Observation", "_include=Observation:performer") == ["Practitioner/dr1"]
    both = "patient=p1&_include=Observation:subject&_include=Observation:encounter"
    assert ward.comes("Observation", both) == ["Encounter/e1", "Patient/p1"]
    assert ward.comes("Observation", "_include=Observation:subject:Patient&_count=1") == [
        "Patient/p2"
    ]
    assert ward.comes("Observation", "_id=o1&_include=*") == [
        "Encounter/e1", "Patient/p1", "Practitioner/dr1",
    ]  # fmt: skip


def test_what_refers_to_rows_comes(ward):
    assert ward.comes("Patient", "_id=p1&_revinclude=Observation:subject") == [
        "Observation/o1", "Observation/o2",
    ]  # fmt: skip
    assert ward.comes("Practitioner", "_revinclude=Observation:performer") == [
        "Observation/o1", "Observation/o2", "Observation/o3",
    ]  # fmt: skip
    assert ward.comes("Encounter", "_revinclude=Observation:encounter") == [
        "Observation/o1", "Observation/o2",
    ]  # fmt: skip
    assert ward.comes("Patient", "_id=p1&_revinclude=*") == [
        "Encounter/e1", "List/l1", "Observation/o1", "Observation/o2",
    ]  # fmt: skip
    assert ward.comes("Observation", "_id=o1&_revinclude=List:item") == ["List/l1"]


def test_iterate_goes_on_from_what_came(ward):
    once = "_id=o1&_include=Observation:subject&_include=Patient:organization"
    with pytest.raises(Exception, match="leads"):
        ward.comes("Observation", once)
    far = "_id=o1&_include=Observation:subject&_include:iterate=Patient:organization"
    assert ward.comes("Observation", far) == ["Organization/org1", "Patient/p1"]
    farther = far + "&_include:iterate=Organization:partof"
    assert ward.comes("Observation", farther) == [
        "Organization/org0", "Organization/org1", "Patient/p1",
    ]  # fmt: skip


def test_a_circle_of_iterated_references_ends(ward):
    ward.put("Organization", "c1", partOf=ref("Organization/c2"))
    ward.put("Organization", "c2", partOf=ref("Organization/c1"))
    found = ward.comes("Organization", "_id=c1&_include:iterate=Organization:partof")
    assert found == ["Organization/c2"]


def test_too_many_included_rows_are_said(ward, monkeypatch):
    monkeypatch.setattr(including, "MOST_INCLUDED", 2)
    found = ward.ask("Practitioner", "_id=dr1&_revinclude=Observation:performer")
    assert len(found.included) == 2
    assert [issue.code for issue in found.issues] == ["too-costly"]
    found = ward.ask("Patient", "_id=p1&_revinclude=Observation:subject")
    assert len(found.included) == 2
    assert found.issues == ()


def test_another_organisations_rows_never_come(ward, session):
    theirs = Ward(session, "council")
    theirs.put("Practitioner", "dr9", name=[{"family": "Hidden"}])
    theirs.put("Observation", "x1", status="final", code=coded("8867-4"),
               subject=ref("Patient/p1"), performer=[ref("Practitioner/dr1")])  # fmt: skip
    ward.put("Observation", "o9", status="final", code=coded("1-1"), subject=ref("Patient/p1"),
             performer=[ref("Practitioner/dr9")])  # fmt: skip
    assert ward.comes("Observation", "_id=o9&_include=Observation:performer") == []
    back = ward.comes("Practitioner", "_id=dr1&_revinclude=Observation:performer")
    assert "Observation/x1" not in back
    assert len(back) == 3
    assert "Observation/x1" not in ward.comes("Patient", "_id=p1&_revinclude=*")
    assert ward.seek("Observation", "performer:Practitioner.family=hidden") == []
    assert theirs.seek("Observation", "performer:Practitioner.family=house") == []
    assert theirs.seek("Practitioner", "_has:Observation:performer:code=8867-4") == []
    assert theirs.seek("Observation", "_list=l1") == []


def test_chains_by_any_reference(ward):
    assert ward.seek("Observation", "performer:Practitioner.family=house") == ["o3", "o2", "o1"]
    assert ward.seek("Observation", "performer:Practitioner.family=who") == []
    assert ward.seek("Observation", "encounter.participant:Practitioner.family=who") == ["o2", "o1"]
    assert ward.seek("Patient", "organization.name=north") == ["p1"]
    assert ward.seek("Patient", "organization.partof.name=region") == ["p1"]
    assert ward.seek("Observation", "subject:Patient.organization.name=north") == ["o2", "o1"]
    assert ward.seek("Observation", "patient.family=smith") == ["o2", "o1"]
    assert ward.seek("Observation", "patient.family=smith&code=8867-4") == ["o2", "o1"]


def test_has_by_any_reference(ward):
    assert ward.seek("Practitioner", "_has:Observation:performer:code=8867-4") == ["dr1"]
    assert ward.seek("Practitioner", "_has:Observation:performer:patient=p2") == ["dr1"]
    assert ward.seek("Patient", "_has:Observation:patient:code=http://loinc.org|8867-4") == [
        "p2", "p1",
    ]  # fmt: skip
    assert ward.seek("Patient", "_has:Observation:patient:encounter=e1") == ["p1"]
    assert ward.seek("Encounter", "_has:Observation:encounter:patient=p1") == ["e1"]
    nested = "_has:Encounter:participant:_has:Observation:encounter:code=8867-4"
    assert ward.seek("Practitioner", nested) == ["dr2"]


def test_the_items_of_a_list_but_for_deleted_ones(ward):
    assert ward.seek("Observation", "_list=l1") == ["o1"]
    assert ward.seek("Patient", "_list=l1") == ["p2"]
    assert ward.seek("Observation", "_list=nothing") == []
    assert ward.seek("Observation", "_list=l1&patient=p2") == []


def test_a_step_through_too_many_rows_is_refused(ward, monkeypatch):
    monkeypatch.setattr(steps, "MOST_HOPS", 1)
    assert ward.seek("Observation", "performer:Practitioner.family=house")
    with pytest.raises(TooCostly, match="chain") as caught:
        ward.seek("Observation", "performer:Practitioner.family=ho,wh")
    assert caught.value.where == "Practitioner"


def test_a_page_link_follows_the_parameters_as_they_were_given(ward):
    first = ward.ask("Observation", "status=final&_count=1&_sort=-date")
    assert [row.id for row in first.rows] == ["o3"]
    found = ward.ask("Observation", f"_sort=-date&status=final&_count=2&_cursor={first.next}")
    assert [row.id for row in found.rows] == ["o2", "o1"]
    with pytest.raises(Incorrect, match="another search"):
        ward.ask("Observation", f"status=amended&_count=1&_sort=-date&_cursor={first.next}")


def test_what_needs_one_snapshot_is_told_beforehand(ward):
    def plain(type_, query):
        pairs = [tuple(part.split("=", 1)) for part in query.split("&")]
        made = keys(ward.session)
        return is_plain(parse(type_, pairs, keys=made, zone=ward.session.zone, now=NOW))

    assert plain("Observation", "patient=p1&code=8867-4")
    assert plain("Observation", "patient.family=smith")
    assert plain("Patient", "_has:Observation:patient:code=8867-4")
    assert not plain("Observation", "performer:Practitioner.family=house")
    assert not plain("Practitioner", "_has:Observation:performer:code=8867-4")
    assert not plain("Observation", "_list=l1")
    assert not plain("Observation", "_include=Observation:subject")
    assert not plain("Observation", "patient.organization.name=north")
