"""A hop that the caller may not see does not exist: each kind of reference, with a control."""

import json
import uuid
from typing import Any

import pytest

from tests.lib.door import Door, patient

NOW = "2026-01-02T03:04:05Z"

# Each makes an entry that refers to a Patient, and names the parameter that follows the reference.
HOPS: dict[str, tuple[str, dict[str, Any]]] = {
    "Patient": ("link", {"link": [{"other": "REF", "type": "seealso"}]}),
    "List": ("item", {"status": "current", "mode": "working", "entry": [{"item": "REF"}]}),
    "Group": ("member", {"type": "person", "actual": True, "member": [{"entity": "REF"}]}),
    "Provenance": (
        "target",
        {"target": ["REF"], "recorded": NOW, "agent": [{"who": {"display": "x"}}]},
    ),
    "Composition": (
        "entry",
        {
            "status": "final",
            "type": {"text": "x"},
            "date": NOW,
            "author": [{"display": "x"}],
            "title": "x",
            "section": [{"title": "x", "entry": ["REF"]}],
        },
    ),
    "Observation": ("subject", {"status": "final", "code": {"text": "x"}, "subject": "REF"}),
    "Appointment": (
        "patient",
        {"status": "proposed", "participant": [{"actor": "REF", "status": "accepted"}]},
    ),
    "Task": ("patient", {"status": "ready", "intent": "order", "for": "REF"}),
    "AuditEvent": (
        "patient",
        {
            "type": {"system": "http://x", "code": "rest"},
            "recorded": NOW,
            "agent": [{"requestor": True}],
            "source": {"observer": {"display": "x"}},
            "entity": [{"what": "REF"}],
        },
    ),
}


def _referring(kind: str, who: str) -> dict[str, Any]:
    members = json.dumps(HOPS[kind][1])
    whole = members.replace('"REF"', json.dumps({"reference": f"Patient/{who}"}))
    found: dict[str, Any] = {"resourceType": kind, **json.loads(whole)}
    return found


def _ids(bundle: dict[str, Any]) -> set[str]:
    return {entry["resource"]["id"] for entry in bundle.get("entry", ())}


@pytest.mark.attack(4, 5, 6)
@pytest.mark.parametrize("kind", HOPS)
def test_a_hop_to_what_may_not_be_seen_does_not_exist(door: Door, kind: str) -> None:
    parameter = HOPS[kind][0]
    family = f"F{uuid.uuid4().hex[:8]}"
    mine, hidden = door.made(patient(family)), door.made(patient(family), by="beta")
    control = door.made(_referring(kind, mine["id"]))["id"]
    probe = door.made(_referring(kind, hidden["id"]))["id"]
    chained = door.get(f"/{kind}?{parameter}:Patient.family={family}&_total=accurate").json
    assert (_ids(chained), chained["total"]) == ({control}, 1)
    pairs = f"_id={control},{probe}&_include={kind}:{parameter}"
    assert _ids(door.get(f"/{kind}?{pairs}").json) == {control, probe, mine["id"]}
    back = door.get(f"/Patient?family={family}&_has:{kind}:{parameter}:_id={control},{probe}")
    assert _ids(back.json) == {mine["id"]}
    reverse = f"/Patient?_id={mine['id']},{hidden['id']}&_revinclude={kind}:{parameter}"
    assert _ids(door.get(reverse).json) == {mine["id"], control}
    assert _ids(door.get(reverse, by="beta").json) == {hidden["id"]}
