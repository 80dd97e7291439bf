"""Sources whose messages say in JSON what a mapping would make of them: for tests of the way in."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from careweave.formats import read_value
from careweave.intake import Arrival
from careweave.sources import (
    Channel,
    Coverage,
    Failure,
    Head,
    Input,
    ListMode,
    Mapped,
    Order,
    Reading,
    Reason,
    Source,
    SourceMapping,
    Sources,
    Transport,
    Write,
)
from careweave.terms import Finding, Heading, Label, Severity, keyed_id

SECRET = b"toy"
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
MRN = "urn:careweave:test:mrn"


def key(type_name: str, *parts: str, authority: str = "nm-acute") -> str:
    """Returns the public id of an entry."""
    return keyed_id(SECRET, authority, type_name, *parts)


def at(minutes: float) -> str:
    """Returns a time so many minutes after the start."""
    return (START + timedelta(minutes=minutes)).isoformat()


def source(name: str = "nm-acute-pas", version: int = 1, **more) -> Source:
    """Returns a source whose messages carry their own mapping."""
    made = SourceMapping(
        id="toy",
        version=version,
        input=Input.JSON,
        accept=frozenset({"*"}),
        digest="",
        body=b"",
        read=_read,
        peek=_peek,
    )
    organisation = more.pop("organisation", "nm-acute")
    return Source(
        **{
            "name": name,
            "organisation": organisation,
            "system": name.rpartition("-")[2],
            "transport": Transport(Channel.MLLP),
            "feed": "adt",
            "authority": organisation,
            "mapping": made,
            "order": Order(),
            "entitled": frozenset({"merge"}),
        }
        | more
    )


def sources(*all_: Source) -> Sources:
    """Returns sources by their names."""
    return Sources({one.name: one for one in all_ or (source(),)})


def remapped(given: Source, change, version: int = 2) -> Source:
    """Returns the source with a mended mapping: `change` gets and gives what a message says."""

    def read(body: bytes, head: Head) -> Reading:
        return _reading(change(json.loads(body)))

    mapping = replace(given.mapping, read=read, version=version)
    return replace(given, mapping=mapping)


def message(*resources, control="1", event=0.0, sent=None, patient="P1", **more) -> bytes:
    """Returns the bytes of a message that gives these resources."""
    said = {
        "control": control,
        "kind": "ADT^A08",
        "at": None if event is None else at(event),
        "sent": at(sent if sent is not None else event or 0),
        "lanes": [f"nm-acute-pas:{patient}"],
        "patients": [f"{MRN}|{patient}"],
        "resources": list(resources),
    }
    return json.dumps(said | more).encode()


def patient(number="P1", /, write="merge", **value) -> dict:
    """Returns a Patient as a message gives it."""
    plain = {"identifier": [{"system": MRN, "value": number}]}
    return resource("Patient", number, {**plain, **value}, write=write)


def resource(type_name, number, value, **more) -> dict:
    """Returns a resource as a message gives it."""
    return {"type": type_name, "id": key(type_name, number), "value": value} | more


def encounter(number="V1", patient="P1", **more) -> dict:
    """Returns an Encounter as a message gives it; what is no element says how it is written."""
    ways = {
        k: more.pop(k)
        for k in ("write", "lists", "nulls", "force", "labels", "clears")
        if k in more
    }
    value = {
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": {"reference": f"Patient/{key('Patient', patient)}"},
        **more,
    }
    return resource("Encounter", number, value, **{"write": "merge", **ways})


def arrival(body: bytes, of: str = "nm-acute-pas", **more) -> Arrival:
    """Returns an arrival of these bytes."""
    return Arrival(**{"source": of, "channel": "mllp", "body": body, "received_at": START} | more)


def _peek(body: bytes) -> Head:
    try:
        said = json.loads(body)
    except ValueError:
        finding = Finding("truncated", Severity.ERROR, "byte 0")
        return Head(lanes=("nm-acute-pas:*unknown*",), quarantine=finding)
    return Head(
        control_id=said["control"],
        kind=said["kind"],
        version="2.4",
        event_at=said["at"] and datetime.fromisoformat(said["at"]),
        sent_at=said["sent"] and datetime.fromisoformat(said["sent"]),
        lanes=tuple(said["lanes"]),
        patients=tuple(said["patients"]),
        refusal=Finding("processing-id", Severity.ERROR, "MSH-11") if said.get("refuse") else None,
    )


def _read(body: bytes, _head: Head) -> Reading:
    value = read_value(body)
    assert isinstance(value, dict)
    return _reading(value)


def _reading(said: Mapping) -> Reading:
    if said.get("raise"):
        raise RuntimeError
    if said.get("fail"):
        return Reading(failure=Failure(Reason(said["fail"]), "PID-3", "Ask the sender."))
    return Reading(
        resources=tuple(map(_mapped, said["resources"])),
        coverage=Coverage(frozenset({"PID-3"})),
        snapshots=tuple((name, frozenset(ids)) for name, ids in said.get("snapshots", ())),
    )


def _mapped(said: Mapping) -> Mapped:
    return Mapped(
        type=said["type"],
        id=said["id"],
        value={"resourceType": said["type"], **said["value"]},
        write=Write(said.get("write", "replace")),
        lists={name: ListMode(mode) for name, mode in said.get("lists", {}).items()},
        nulls=tuple(said.get("nulls", ())),
        forces_status=bool(said.get("force")),
        heading=Heading(said["heading"]) if said.get("heading") else None,
        labels=frozenset(map(Label, said.get("labels", ()))),
        clears=frozenset(map(Label, said.get("clears", ()))),
        snapshot=said.get("snapshot"),
    )
