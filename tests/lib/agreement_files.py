"""Small regions as files: two hospitals, a practice, a home, an office, and agreements of them."""

import copy
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from careweave.agreements import (
    Notice,
    Signer,
    World,
    checked,
    emit,
    private_pem,
    public_text,
    signed_file,
)

ROOT = Path(__file__).resolve().parents[2]
ENGLAND = (ROOT / "region/jurisdictions/england.yaml").read_bytes()
DAY = date(2026, 3, 1)
AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
SLUGS = ("acute", "practice", "home", "council", "office")
SECRETS = {slug: private_pem(bytes([at]) * 32) for at, slug in enumerate(SLUGS, start=1)}

Changes = Mapping[tuple[str | int, ...], Any]
GONE = object()


def organisations(**more: Any) -> dict[str, Any]:
    """Five organisations with a key each, and two groups."""
    kinds = ("acute", "gp", "care-home", "council", "commissioner")
    listed = [
        {
            "id": slug,
            "name": slug.title(),
            "kind": kind,
            "outwards": ["XR1"] if slug == "council" else [],
            "keys": [key(slug)],
        }
        for slug, kind in zip(SLUGS, kinds, strict=True)
    ]
    groups = [
        {"id": "practices", "name": "Practices", "members": ["practice"], "signer": "practice"},
        {"id": "homes", "name": "Homes", "members": ["home"], "signer": "home"},
    ]
    return {"careweave": "organisations/1", "organisations": listed, "groups": groups, **more}


def key(slug: str, **more: Any) -> dict[str, Any]:
    """The public half of the key of an organisation."""
    x = public_text(SECRETS[slug])
    held = {"kid": f"{slug}-1", "alg": "Ed25519", "x": x, "by": "guardian"}
    return {**held, "from": "2026-01-01", "to": "2026-12-31", **more}


def party(org: str, role: str) -> dict[str, Any]:
    assurance = {"scheme": "dspt", "result": "met", "to": "2027-06-30"}
    return {"org": org, "name": org, "role": role, "assurance": assurance}


def clause(**more: Any) -> dict[str, Any]:
    """A clause of direct care: what the hospital's nurses see of the practice's entries."""
    return {
        "id": "care",
        "from": ["group:practices"],
        "to": {"orgs": ["org:acute"], "roles": ["ED"]},
        "purpose": "TREAT",
        "headings": {"ALG": "F", "MED": {"level": "F", "months_back": 12}},
        "labels": ["S1"],
        "cohort": {"population": "region"},
        "relationship": {"test": ["encounter"]},
        "dissent": "honour",
        "break_glass": {"allowed": True, "lifts": ["relationship"]},
        "action": ["open", "read"],
        "quantity": {
            "months_back": 12,
            "people_per_request": 1,
            "rows_per_request": 200,
            "per_user_hour": {"soft": 20, "hard": 60},
            "per_day": {"soft": 200, "hard": 600},
        },
        "speed": {"freshness": "PT15M", "answer_p95": "PT1.5S"},
        "when": {"trigger": "on-demand"},
        "form": {"identifiability": "identified", "transport": ["fhir-r4"], "encryption": "tls1.3"},
        "retention": {"recipient": "view-only"},
        "duties": ["audit", "show-to-person"],
        "log_to_person": "now",
        **more,
    }


def agreement(**more: Any) -> dict[str, Any]:
    """An agreement that breaks no rule."""
    return {
        "careweave": "agreement/1",
        "id": "agr-care",
        "version": 1,
        "status": "agreed",
        "kind": "reciprocal",
        "title": "Care across the region",
        "summary": {"en": "Those who treat you see what they need."},
        "uri": "https://ig.example/agr-care/1",
        "owner": {"name": "A. Example", "role": "guardian", "org": "org:acute", "contact": "x@y.z"},
        "jurisdiction": ["england"],
        "valid": {"from": "2026-04-01", "to": "2027-03-31", "review_by": "2027-01-31"},
        "objective": {
            "outcome": "Safer care",
            "purposes": ["TREAT", "PATADMIN"],
            "measures": [
                {"id": "m1", "metric": "outputs_released", "unit": "ratio", "target": ">=0.60"}
            ],
        },
        "law": {
            "uk_gdpr": {"art6": "6.1.e", "art9": "9.2.h"},
            "confidentiality": {"basis": "implied-consent-direct-care"},
            "dpia": {"ref": "dpia-1", "residual_risk": "low", "approved": "2026-03-01"},
            "controllers": {"model": "separate", "rights_contact": "x@y.z"},
        },
        "parties": [party("org:acute", "both"), party("group:practices", "both")],
        "clauses": [clause()],
        "rights": {"access": "each", "objection": "form", "complaint": "x@y.z"},
        "security": {"measures": ["audit"], "breach_notice": "PT24H"},
        "termination": {"notice": "P90D", "on_end": "stop-and-retain-audit"},
        **more,
    }


def finding(**more: Any) -> dict[str, Any]:
    """A clause by which people are found."""
    quantity = {**clause()["quantity"], "people_per_request": 5}
    return clause(
        **{
            "id": "find",
            "purpose": "PATADMIN",
            "headings": {"DEM": {"level": "C", "fields": ["name", "born"]}},
            "labels": [],
            "relationship": {"test": "none"},
            "dissent": {"not-applicable": "identification only"},
            "break_glass": {"allowed": False},
            "action": ["find"],
            "quantity": quantity,
            **more,
        }
    )


def own_access(**more: Any) -> dict[str, Any]:
    """An agreement by which people see their own record."""
    mine = clause(
        to={"orgs": ["org:acute"], "roles": ["CI"]},
        purpose="PATRQT",
        relationship={"test": ["self"]},
        break_glass={"allowed": False},
    )
    return agreement(
        **{
            "kind": "person-access",
            "objective": {**agreement()["objective"], "purposes": ["PATRQT"]},
            "clauses": [mine],
            **more,
        }
    )


def planning(**more: Any) -> dict[str, Any]:
    """An agreement about numbers."""
    numbers = clause(
        to={"orgs": ["org:office"], "roles": ["AN"]},
        purpose="HSYSADMIN",
        headings={"PRB": "D"},
        labels=[],
        cohort={"registered_with": ["group:practices"], "project_cohort": "proj-1"},
        relationship={"test": "none"},
        opt_out={"national": "apply", "type1": "apply"},
        break_glass={"allowed": False},
        action=["aggregate"],
        form={"identifiability": "aggregate", "transport": ["console"], "encryption": "tls1.3"},
    )
    project = {
        "ref": "proj-1",
        "sponsor": "org:office",
        "approvals": [{"by": "dac", "ref": "1", "at": "2026-03-01", "until": "2027-03-31"}],
        "cohort": "region/cohorts/x.yaml",
        "headings_labels": [],
        "k": 10,
        "query_budget": 200,
        "outputs": ["aggregate"],
        "linkage": {"key_id": "k1", "scope": "project"},
        "free_text": False,
        "rerun": "snapshot",
        "end_action": "delete",
    }
    return agreement(
        **{
            "kind": "secondary-use",
            "objective": {**agreement()["objective"], "purposes": ["HSYSADMIN"]},
            "parties": [party("group:practices", "provider"), party("org:office", "recipient")],
            "clauses": [numbers],
            "project": project,
            **more,
        }
    )


def changed(document: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """A copy with values put, or taken out with GONE, at these paths."""
    made = copy.deepcopy(document)
    for path, value in changes.items():
        inner: Any = made
        for step in path[:-1]:
            inner = inner[step]
        if value is GONE:
            del inner[path[-1]]
        elif isinstance(inner, list) and path[-1] == len(inner):
            inner.append(value)
        else:
            inner[path[-1]] = value
    return made


def files(*documents: dict[str, Any], **more: bytes) -> dict[str, bytes]:
    """The files of a region with these agreements."""
    made = {
        "organisations.yaml": emit(organisations()),
        "jurisdictions/england.yaml": ENGLAND,
        "cohorts/x.yaml": b"careweave: cohort/1\n",
    }
    for at, document in enumerate(documents, start=1):
        made[f"agreements/{at}.yaml"] = emit(document)
    return made | more


def read(*documents: dict[str, Any]) -> tuple[World | None, tuple[Notice, ...]]:
    return checked(
        files(*documents), version=1, zone="Europe/London", takes_demonstration_keys=True
    )


def signed(document: dict[str, Any], *, at: date = DAY, without: str = "") -> bytes:
    """A file that all its parties have signed."""
    data = emit(document)
    for one in document["parties"]:
        slug = one["org"].partition(":")[2]
        signer = {"practices": "practice", "homes": "home"}.get(slug, slug)
        if slug != without:
            who = Signer(slug, "guardian", "A. Example", at, SECRETS[signer], f"{signer}-1")
            data = signed_file(data, "x.yaml", who)
    return data


def world_of(*bodies: bytes, **more: Any) -> World:
    """The world of signed files; it has no fault."""
    held = files() | {f"agreements/{at}.yaml": body for at, body in enumerate(bodies, start=1)}
    if "organisations" in more:
        held["organisations.yaml"] = emit(more["organisations"])
    takes = bool(more.get("takes_demonstration_keys"))
    world, notices = checked(held, version=1, zone="Europe/London", takes_demonstration_keys=takes)
    assert world is not None, [notice.text for notice in notices]
    return world
