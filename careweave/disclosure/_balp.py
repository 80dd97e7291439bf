"""Accounts as AuditEvents, in the shapes of IHE's basic audit log patterns. Pure.

An AuditEvent names people at work, systems and the person by ids alone, and holds no entry.
Source: FHIR R4 4.0.1, AuditEvent; IHE BALP 1.1; `reference/security.md` 5.2.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import UTC
from uuid import uuid5

from careweave.disclosure._balp_codes import (
    BALP_CODES,
    PROFILES,
    Pattern,
    coding,
    concept,
    disclosed,
    pattern_of,
    role_of,
)
from careweave.disclosure._episode_accounts import BREAK_GLASS
from careweave.ledger import Account, Outcome
from careweave.terms import CANONICAL, Json

_SERVER = "careweave"
_URI = "5"
"""A network address that is a URI. Source: FHIR R4 4.0.1, value set network-type."""

Addresses = Mapping[str, str]
"""Where each agreement is published, by "id@version"."""


def audit_events(account: Account, addresses: Addresses) -> Iterator[dict[str, Json]]:
    """Yields one account as an AuditEvent, and another where data left its organisation.

    With `addresses`, a third party can audit a flow by its clause.
    """
    yield _event(account, pattern_of(account), addresses)
    if account.outcome is Outcome.PERMIT and any(map(_is_agreed, _clauses(account))):
        yield _event(account, disclosed(), addresses) | {"id": str(uuid5(account.id, "disclosed"))}


def _is_agreed(clause: str) -> bool:
    """Says whether a clause is of an agreement, and so of data of another organisation."""
    return "@" in clause


def _event(account: Account, pattern: Pattern, addresses: Addresses) -> dict[str, Json]:
    is_refused = account.outcome is Outcome.REFUSED
    profile = pattern.profile if _names_patient(account) else pattern.alone
    event: dict[str, Json] = {
        "resourceType": "AuditEvent",
        "id": str(account.id),
        "meta": {"profile": [PROFILES + profile]} if profile else None,
        "type": pattern.type,
        "subtype": [pattern.subtype],
        "action": pattern.action,
        "recorded": account.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "outcome": "8" if is_refused else "0",
        "outcomeDesc": account.reason if is_refused else None,
        "purposeOfEvent": _purposes(account),
        "agent": list(_agents(account, pattern, addresses)),
        "source": {
            "site": _SERVER,
            "observer": _named("server", _SERVER),
            "type": [coding("security-source-type", "4")],
        },
        "entity": list(_entities(account, pattern)),
    }
    return {name: value for name, value in event.items() if value}


def _names_patient(account: Account) -> bool:
    return account.person is not None or bool(account.subjects)


def _purposes(account: Account) -> list[Json]:
    codes = [account.purpose, *([BREAK_GLASS] if account.second_purpose == BREAK_GLASS else [])]
    return [concept("v3-ActReason", code) for code in codes]


def _agents(account: Account, pattern: Pattern, addresses: Addresses) -> Iterator[Json]:
    """Yields who took part: the client, the user at work, the organisation and this server."""
    client = _agent(role_of(pattern.client), _named("client", account.actor))
    yield client | _network(f"urn:{_SERVER}:door:{account.door}")
    yield _user(account, addresses)
    yield _agent(concept("v3-RoleClass", "PROV"), _named("organisation", account.organisation))
    if pattern.is_decision:
        kind = concept("extra-security-role-type", "authserver")
        yield _agent(kind, _named("server", _SERVER))
    else:
        server = _agent(role_of(pattern.server), _named("server", _SERVER))
        yield server | _network(f"urn:{_SERVER}:server")


def _agent(kind: Json, who: Json) -> dict[str, Json]:
    return {"type": kind, "who": who, "requestor": False}


def _network(address: str) -> dict[str, Json]:
    """Returns where an agent stood, as far as it is kept: the door, no address of a machine."""
    return {"network": {"address": address, "type": _URI}}


def _user(account: Account, addresses: Addresses) -> Json:
    user: dict[str, Json] = {
        "type": concept("v3-ParticipationType", "IRCP"),
        "who": _named(f"user/{account.organisation}", account.user_name or account.actor),
        "requestor": True,
        "purposeOfUse": _purposes(account),
    }
    if account.role:
        user["role"] = [concept(f"{CANONICAL}/CodeSystem/role", account.role)]
    if clauses := _clauses(account):
        user["policy"] = [_address(clause, addresses) for clause in clauses]
    return user


def _address(clause: str, addresses: Addresses) -> str:
    name, _, part = clause.partition("/")
    address = addresses.get(name)
    return f"{address}#{part}" if address else f"urn:{_SERVER}:clause:{clause}"


def _clauses(account: Account) -> list[str]:
    """Returns the clauses that let something be seen, each once; older accounts name a rule."""
    if not account.clauses.startswith("["):
        return [account.clauses] if account.clauses else []
    return sorted({str(one["clause"]) for one in json.loads(account.clauses) if one.get("clause")})


def _entities(account: Account, pattern: Pattern) -> Iterator[Json]:
    """Yields whom and what it was about, and the number of the request."""
    if _names_patient(account):
        yield _patient(account)
    if pattern.is_decision:
        yield from (_consent(clause) for clause in _clauses(account))
        return
    yield _asked(account, pattern)
    if account.request_id:
        kind = coding(f"{BALP_CODES}BasicAuditEntityType", "XrequestId")
        yield {"type": kind, "what": {"identifier": {"value": account.request_id}}}


def _patient(account: Account) -> Json:
    if account.person is not None:
        what: Json = {"reference": f"Patient/{account.person}"}
    else:
        what = _named("subject", str(account.subjects[0])) | {"type": "Patient"}
    role = coding("object-role", "1")
    return {"type": coding("audit-entity-type", "1"), "role": role, "what": what}


def _consent(clause: str) -> Json:
    kind = coding("http://hl7.org/fhir/resource-types", "Consent")
    return {"type": kind, "what": _named("clause", clause)}


def _asked(account: Account, pattern: Pattern) -> Json:
    kind, what = coding("audit-entity-type", "2"), account.what or account.action
    if pattern.is_query:
        query = base64.b64encode(what.encode()).decode()
        return {"type": kind, "role": coding("object-role", "24"), "query": query}
    return {"type": kind, "role": coding("object-role", "4"), "what": {"display": what}}


def _named(kind: str, name: str) -> dict[str, Json]:
    return {"identifier": {"system": f"{CANONICAL}/NamingSystem/{kind}", "value": name}}
