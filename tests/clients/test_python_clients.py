"""Clients of the Python registry, driven against a running server."""

import asyncio
import uuid
import warnings

import pytest

from tests.lib.demo import Running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
SYSTEM = "https://example.org/python-clients"


def _patient(value: str, family: str) -> dict[str, object]:
    return {
        "identifier": [{"system": SYSTEM, "value": value}],
        "name": [{"family": family, "given": ["Ada"]}],
        "birthDate": "1950-02-03",
    }


def test_fhirpy_saves_searches_pages_patches_and_deletes(running: Running) -> None:
    from fhirpy import SyncFHIRClient

    client = SyncFHIRClient(running.base, authorization=f"Bearer {running.token}")
    unique = uuid.uuid4().hex
    patient = client.resource("Patient", **_patient(unique, "Fhirpy"))
    patient.save()
    for day in range(1, 8):
        client.resource(
            "Observation",
            status="final",
            code={"coding": [{"system": SYSTEM, "code": unique}]},
            subject=patient.to_reference(),
            effectiveDateTime=f"2024-03-0{day}",
        ).save()
    found = client.resources("Observation").search(
        patient=patient.to_reference().reference, code=f"{SYSTEM}|{unique}"
    )
    assert len(found.limit(3).fetch_all()) == 7
    assert found.count() == 7
    chained = client.resources("Observation").search(
        **{"subject:Patient.identifier": f"{SYSTEM}|{unique}"}
    )
    assert len(chained.fetch_all()) == 7
    with_patient = found.include("Observation", "subject").limit(1).fetch_raw()
    assert {entry["search"]["mode"] for entry in with_patient["entry"]} == {"match", "include"}
    patient.patch(active=True)
    assert client.reference("Patient", patient.id).to_resource()["active"] is True
    patient["gender"] = "female"
    patient.save()
    again = client.reference("Patient", patient.id).to_resource()
    assert again["gender"] == "female"
    again.delete()
    assert client.resources("Patient").search(_id=patient.id).fetch_all() == []


def _transaction(reference: str, code: str, n: int) -> dict[str, object]:
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": SYSTEM, "code": code}]},
        "subject": {"reference": reference},
    }
    entry = {"resource": observation, "request": {"method": "POST", "url": "Observation"}}
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry] * n}


def test_fhirpy_transacts_and_creates_on_a_condition(running: Running) -> None:
    from fhirpy import SyncFHIRClient

    client = SyncFHIRClient(running.base, authorization=f"Bearer {running.token}")
    unique = uuid.uuid4().hex
    wanted = client.resources("Patient").search(identifier=f"{SYSTEM}|{unique}")
    made, is_new = wanted.get_or_create(client.resource("Patient", **_patient(unique, "Once")))
    again, is_new_again = wanted.get_or_create(client.resource("Patient", **_patient(unique, "X")))
    assert (is_new, is_new_again, again.id) == (True, False, made.id)
    answer = client.execute("", data=_transaction(f"Patient/{made.id}", unique, 4))
    assert [entry["response"]["status"][:3] for entry in answer["entry"]] == ["201"] * 4
    found = client.resources("Observation").search(code=unique).limit(3).fetch_all()
    assert len(found) == 4


def test_fhirpy_works_asynchronously(running: Running) -> None:
    from fhirpy import AsyncFHIRClient

    async def count() -> int:
        client = AsyncFHIRClient(running.base, authorization=f"Bearer {running.token}")
        unique = uuid.uuid4().hex
        await client.resource("Patient", **_patient(unique, "Async")).save()
        found = client.resources("Patient").search(identifier=f"{SYSTEM}|{unique}")
        return len(await found.fetch_all())

    assert asyncio.run(count()) == 1


def test_fhirclient_reads_and_searches_typed_resources(running: Running) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from fhirclient import server
        from fhirclient.models.humanname import HumanName
        from fhirclient.models.observation import Observation
        from fhirclient.models.patient import Patient

        smart = server.FHIRServer(None, base_uri=f"{running.base}/")
        smart.session.headers["Authorization"] = f"Bearer {running.token}"
        unique = uuid.uuid4().hex[:12]
        patient = Patient()
        name = HumanName()
        name.family = unique
        name.given = ["Grace"]
        patient.name = [name]
        created = patient.create(smart)
        assert created is not None
        identity = created["id"]
        assert Patient.read(identity, smart).name[0].family == unique
        found = Patient.where(struct={"family": unique}).perform_resources(smart)
        assert [one.id for one in found] == [identity]
        bundle = Patient.where(struct={"family": unique}).perform(smart)
        assert bundle.type == "searchset"
        answer = smart.post_json("", _transaction(f"Patient/{identity}", unique, 5)).json()
        assert answer["type"] == "transaction-response"
        pages = Observation.where(struct={"code": unique, "_count": "2"}).perform_iter(smart)
        assert [len(page.entry) for page in pages] == [2, 2, 1]


def test_another_organisation_s_client_sees_nothing_of_it(running: Running) -> None:
    from fhirpy import SyncFHIRClient
    from fhirpy.base.exceptions import ResourceNotFound

    mine = SyncFHIRClient(running.base, authorization=f"Bearer {running.token}")
    other = SyncFHIRClient(running.base, authorization=f"Bearer {running.other_token}")
    unique = uuid.uuid4().hex
    patient = mine.resource("Patient", **_patient(unique, "Hidden"))
    patient.save()
    with pytest.raises(ResourceNotFound):
        other.reference("Patient", patient.id).to_resource()
    assert other.resources("Patient").search(identifier=f"{SYSTEM}|{unique}").fetch_all() == []
