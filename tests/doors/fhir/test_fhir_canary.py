"""Law 12, by sweep: what somebody sends comes back in no refusal, and is in no log, figure, account.

A canary is put into every place of many resources, and into every value that a search, a header, a
patch or a bundle can hold. It may stand only where it must: in what was stored and is read again.
"""

import copy
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from careweave.disclosure import parameters
from careweave.formats import read_json, to_xml
from tests.lib.door import XML, Door, observation, patient
from tests.lib.worlds import N_OF, World

CANARY = "Canaryzyx"
NUMBER = "4857773456"
pytestmark = pytest.mark.attack(70)

Path = tuple[str | int, ...]


def _leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _leaves(inner, (*path, place))
    elif path != ("resourceType",):
        yield path


def _with(value: Any, path: Path, put: object) -> Any:
    made = copy.deepcopy(value)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = put
    return made


def _no_canary(*texts: str) -> None:
    for text in texts:
        for canary in (CANARY, NUMBER):
            assert canary.lower() not in text.lower(), text


@pytest.fixture
def quiet(door: Door, caplog: pytest.LogCaptureFixture) -> Iterator[Door]:
    """The door; at the end neither log nor figures nor ledger hold the canary."""
    with caplog.at_level(logging.DEBUG):
        yield door
    _no_canary("\n".join(record.getMessage() for record in caplog.records))
    _no_canary("\n".join(str(vars(record)) for record in caplog.records))
    _no_canary(door.client.simulate_get("/metrics", remote_addr="127.0.0.1").text)
    with psycopg.connect(door.database.url) as connection:
        for (account,) in connection.execute("SELECT a::text FROM ledger.account AS a"):
            _no_canary(account)


def _resources(name: str) -> list[dict[str, Any]]:
    return [value for value in World(7).values if value["resourceType"] == name]


@pytest.mark.parametrize("name", sorted(N_OF))
def test_no_refusal_of_a_resource_repeats_a_value_of_it(quiet: Door, name: str) -> None:
    seen: set[Path] = set()
    only = {"Prefer": "return=OperationOutcome"}
    for value in _resources(name):
        for path in _leaves(value):
            shape = tuple(step for step in path if isinstance(step, str))
            if shape in seen:
                continue
            seen.add(shape)
            for put in (CANARY, f"{CANARY} {NUMBER}\x01", [CANARY], {"value": CANARY}, int(NUMBER)):
                sent = _with(value, path, put)
                checked = quiet.ask("POST", f"/{name}/$validate", sent)
                _no_canary(checked.text)
                assert checked.status_code in (200, 400), checked.text
            stored = quiet.ask("POST", f"/{name}", _with(value, path, CANARY), headers=only)
            assert stored.status_code < 500
            _no_canary(stored.text)
    assert seen


def _forms(kind: str) -> list[str]:
    plain = [CANARY, NUMBER, f"gt{CANARY}", f"{CANARY}|", f"|{CANARY}", f"{CANARY}|{CANARY}"]
    if kind == "composite":
        return [*plain, f"{CANARY}${CANARY}", f"{CANARY}$gt{CANARY}", f"${CANARY}"]
    if kind == "quantity":
        return [*plain, f"{NUMBER}|{CANARY}|{CANARY}", f"gt5|{CANARY}"]
    if kind == "reference":
        return [*plain, f"Patient/{CANARY}", f"{CANARY}/1", f"http://{CANARY}/Patient/1"]
    return plain


MODIFIERS = (
    "",
    *(":exact", ":contains", ":missing", ":not", ":identifier", ":of-type", ":above", ":text"),
)


def _refusals(answer: Any) -> str:
    """What of an answer is not the honoured query or what is held: all of a refusal."""
    if answer.status_code >= 400:
        return str(answer.text)
    entries = answer.json.get("entry", []) if answer.json else []
    outcomes = [e["resource"] for e in entries if e.get("search", {}).get("mode") == "outcome"]
    return json.dumps(outcomes)


@pytest.mark.parametrize(
    "name", ["Patient", "Observation", "Encounter", "ValueSet", "RiskAssessment"]
)
def test_no_refusal_of_a_search_repeats_a_value_of_it(quiet: Door, name: str) -> None:
    for parameter in parameters(name).values():
        for modifier in MODIFIERS:
            for form in _forms(str(parameter.kind)) if not modifier else (CANARY, f"|{CANARY}"):
                query = f"{parameter.name}{modifier}={quote(form)}"
                answer = quiet.get(f"/{name}?{query}")
                assert answer.status_code < 500, query
                _no_canary(_refusals(answer))


@pytest.mark.parametrize(
    "query",
    [
        f"{name}={quote(value)}"
        for name in (
            *("_count", "_sort", "_elements", "_summary", "_total", "_include", "_revinclude"),
            *("_cursor", "_format", "_since", "_at", "_has:Observation:patient:code", "_list"),
            *("general-practitioner:Practitioner.name", "_include:iterate", "_lastUpdated"),
            *("organization.name", "birthdate", "_has:Observation:patient:date"),
        )
        for value in (CANARY, f"{CANARY}:{CANARY}", f"Patient:{CANARY}", f"-{CANARY}", NUMBER)
    ],
)
def test_no_refusal_of_a_control_repeats_its_value(quiet: Door, query: str) -> None:
    for place in ("/Patient", "/Patient/_history", "/Patient/x/$everything"):
        for headers in ({}, {"Prefer": "handling=lenient"}):
            answer = quiet.get(f"{place}?{query}", headers=headers)
            assert answer.status_code < 500
            _no_canary(_refusals(answer))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = quiet.ask("POST", "/Patient/_search", query.encode(), headers=form)
    _no_canary(_refusals(answer))


HEADERS = (
    *("If-Match", "If-None-Match", "If-Modified-Since", "If-None-Exist", "Prefer", "Accept"),
    *("X-Request-Id", "Content-Type", "Authorization", "Idempotency-Key", "Content-Encoding"),
    *("X-Forwarded-For", "User-Agent", "Origin", "Accept-Encoding", "Cookie", "traceparent"),
)


@pytest.mark.parametrize("header", HEADERS)
def test_no_answer_repeats_a_header(quiet: Door, header: str) -> None:
    held = quiet.made(patient())["id"]
    only = {"Prefer": "return=OperationOutcome"}
    for value in (CANARY, f"Bearer {CANARY}", f'W/"{CANARY}"', f"birthdate={CANARY}"):
        if header == "If-None-Exist" and "=" not in value:
            continue  # the name of a parameter, and names are told
        for method, path, body in (
            ("GET", f"/Patient/{held}", None),
            ("POST", "/Patient", patient()),
            ("PUT", f"/Patient/{held}", {**patient(), "id": held}),
        ):
            answer = quiet.ask(method, path, body, headers={**only, header: value})
            assert answer.status_code < 500
            _no_canary(answer.text, str(dict(answer.headers)))


def _bundle(**entry: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}


def _request(method: str, url: str, **more: str) -> dict[str, Any]:
    return {"request": {"method": method, "url": url, **more}}


BODIES: tuple[tuple[str, str, str, bytes | object], ...] = (
    ("POST", "/Patient", "application/fhir+json", f'{{"{CANARY}'.encode()),
    ("POST", "/Patient", "application/fhir+json", f'{{"resourceType":"Patient","x":{CANARY}}}'.encode()),
    ("POST", "/Patient", "application/fhir+json", f'{{"resourceType":"{CANARY}"}}'.encode()),
    ("POST", "/Patient", "application/fhir+json", f'"{CANARY}"'.encode()),
    ("POST", "/Patient", XML, f"<Patient><{CANARY}".encode()),
    ("POST", "/Patient", XML, f'<!DOCTYPE x [<!ENTITY e "{CANARY}">]><Patient>&e;</Patient>'.encode()),
    ("POST", "/Patient", XML, f'<Patient xmlns="http://hl7.org/fhir"><birthDate value="{CANARY}"/></Patient>'.encode()),
    ("POST", "/Patient", XML, f'<Patient xmlns="http://hl7.org/fhir">{CANARY}</Patient>'.encode()),
    ("PATCH", "/Patient/{id}", "application/json-patch+json", [{"op": CANARY, "path": "/gender"}]),
    ("PATCH", "/Patient/{id}", "application/json-patch+json", [{"op": "test", "path": "/gender", "value": CANARY}]),
    ("PATCH", "/Patient/{id}", "application/json-patch+json", [{"op": "add", "path": "/gender", "value": CANARY}]),
    ("PATCH", "/Patient/{id}", "application/json-patch+json", [{"op": "remove", "path": f"/{CANARY}"}]),
    ("PATCH", "/Patient/{id}", "application/json-patch+json", [{"op": "move", "from": f"/{CANARY}", "path": "/x"}]),
    ("PATCH", "/Patient/{id}", "application/merge-patch+json", {"gender": CANARY}),
    ("PATCH", "/Patient/{id}", "application/merge-patch+json", {"birthDate": [CANARY]}),
    ("POST", "", "application/fhir+json", _bundle(**_request("GET", f"Patient?birthdate={CANARY}"))),
    ("POST", "", "application/fhir+json", _bundle(**_request("GET", f"{CANARY}/1"))),
    ("POST", "", "application/fhir+json", _bundle(**_request(CANARY, "Patient"))),
    ("POST", "", "application/fhir+json", _bundle(**_request("DELETE", f"Patient?identifier={CANARY}|"))),
    ("POST", "", "application/fhir+json", _bundle(fullUrl=CANARY, resource={"resourceType": "Observation"}, **_request("POST", "Observation"))),
    ("POST", "", "application/fhir+json", _bundle(resource=patient(birthDate=CANARY), **_request("POST", "Patient"))),
    ("POST", "", "application/fhir+json", _bundle(resource=patient(), **_request("POST", "Patient", ifNoneExist=f"birthdate={CANARY}"))),
    ("POST", "", "application/fhir+json", _bundle(resource={**patient(), "id": CANARY}, **_request("PUT", f"Patient/{CANARY}", ifMatch=CANARY))),
    ("POST", "", "application/fhir+json", _bundle(resource={**observation("x"), "subject": {"reference": f"Patient?identifier={CANARY}"}}, **_request("POST", "Observation"))),
    ("PUT", f"/Patient/{CANARY}", "application/fhir+json", {**patient(), "id": CANARY}),
    ("GET", f"/Patient/{CANARY}", "application/fhir+json", None),
    ("GET", f"/{CANARY}/1", "application/fhir+json", None),
    ("GET", f"/Patient/x/_history/{CANARY}", "application/fhir+json", None),
    ("GET", f"/Patient/x/{CANARY}/{CANARY}", "application/fhir+json", None),
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_no_refusal_of_a_body_or_an_address_repeats_it(quiet: Door, number: int) -> None:
    method, path, kind, body = BODIES[number]
    path = path.replace("{id}", quiet.made(patient())["id"])
    sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    kinds = {"Content-Type": kind, "Prefer": "return=OperationOutcome"}
    answer = quiet.ask(method, path, sent, headers=kinds)
    assert answer.status_code < 500, answer.text
    _no_canary(answer.text)


EXPRESSIONS = (
    f"Patient.{CANARY}",
    f"Patient.name.where(family = '{CANARY}')",
    f"Patient.{CANARY}()",
    f"Patient.name.{CANARY}('x')",
    f"'{CANARY}' + ",
    f"Patient.gender.is({CANARY})",
)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_no_refusal_of_an_expression_repeats_it(quiet: Door, expression: str) -> None:
    held = quiet.made(patient())["id"]
    part = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": expression},
        {"name": "value", "valueCode": CANARY},
    ]
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": part}]}
    answer = quiet.ask("PATCH", f"/Patient/{held}", patch)
    assert 400 <= answer.status_code < 500, answer.text
    _no_canary(answer.text)


def test_no_refusal_of_xml_repeats_a_value_of_it(quiet: Door) -> None:
    for name in ("Patient", "Observation", "Encounter"):
        (value, *_) = _resources(name)
        plain = to_xml(read_json(json.dumps(value).encode()).value).decode()
        parts = plain.split('value="')
        for place in range(1, len(parts)):
            _, end, rest = parts[place].partition('"')
            sent = [*parts[:place], CANARY + end + rest, *parts[place + 1 :]]
            body = 'value="'.join(sent).encode()
            answer = quiet.ask("POST", f"/{name}/$validate", body, headers={"Content-Type": XML})
            assert answer.status_code in (200, 400), answer.text
            _no_canary(answer.text)
