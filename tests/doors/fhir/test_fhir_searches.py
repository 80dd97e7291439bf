"""Searching: strict parameters, honest links, pages, includes, and nothing of anybody else."""

import re
import urllib.parse
import uuid
from typing import Any

import pytest

from tests.lib.door import ALL, BASE, Door, observation, patient, problems

FORM = "application/x-www-form-urlencoded"


def _ids(bundle: dict[str, Any], mode: str = "match") -> list[str]:
    return [
        entry["resource"]["id"]
        for entry in bundle.get("entry", ())
        if entry["search"]["mode"] == mode
    ]


def _link(bundle: dict[str, Any], relation: str) -> str | None:
    return next((one["url"] for one in bundle["link"] if one["relation"] == relation), None)


def _pages(door: Door, path: str | None, **options: Any) -> list[list[str]]:
    pages = []
    while path:
        page = door.get(path, **options).json
        pages.append(_ids(page))
        following = _link(page, "next")
        path = following and following.removeprefix(BASE)
    return pages


def test_a_search_finds_what_matches_and_says_what_was_honoured(door: Door) -> None:
    family = f"F{uuid.uuid4().hex[:8]}"
    made = door.made(patient(family))
    found = door.get(f"/Patient?family={family}&_count=5").json
    assert (found["resourceType"], found["type"]) == ("Bundle", "searchset")
    assert _ids(found) == [made["id"]]
    assert found["entry"][0]["fullUrl"] == f"{BASE}/Patient/{made['id']}"
    assert found["entry"][0]["resource"] == made
    query = urllib.parse.urlsplit(_link(found, "self") or "").query
    assert dict(urllib.parse.parse_qsl(query))["family"] == family
    assert "total" not in found


def test_links_are_addresses_that_strict_clients_take_and_keep_the_form(door: Door) -> None:
    family = f"F{uuid.uuid4().hex[:8]}"
    kept = door.made(patient(family))
    door.made(patient(family))
    asked = f"_tag:not=urn:x|a b,c&family={family}&_count=1&_format=application/fhir%2Bjson"
    quoted = asked.replace(" ", "%20").replace("|", "%7C")
    for path in (f"/Patient?{quoted}", f"/Patient/{kept['id']}/_history?_format=json&_pretty=true"):
        for link in door.get(path).json["link"]:
            assert re.fullmatch(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", link["url"])
            again = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(link["url"]).query))
            assert again["_format"] in ("application/fhir+json", "json")
            assert door.get(link["url"].removeprefix(BASE)).status_code == 200
    assert len(_pages(door, f"/Patient?{quoted}")) == 2


def test_a_search_by_post_is_the_search_by_get(door: Door) -> None:
    family = f"F{uuid.uuid4().hex[:8]}"
    made = door.made(patient(family))
    form = {"Content-Type": FORM}
    body = f"family={family}&birthdate=ge1970-01-01".encode()
    by_post = door.ask("POST", "/Patient/_search", body, headers=form)
    assert by_post.status_code == 200
    assert _ids(by_post.json) == [made["id"]]
    mixed = door.ask(
        "POST", "/Patient/_search?birthdate=ge1999", f"family={family}".encode(), headers=form
    )
    assert _ids(mixed.json) == []
    assert door.ask("POST", "/Patient/_search", {"family": family}).status_code == 415
    bare = door.ask("POST", f"/Patient/_search?family={family}")
    assert _ids(bare.json) == [made["id"]]


def test_an_absolute_reference_to_this_door_is_ours(door: Door) -> None:
    who = door.made(patient())["id"]
    seen = door.made(observation(who))["id"]
    assert _ids(door.get(f"/Observation?subject={BASE}/Patient/{who}").json) == [seen]


@pytest.mark.attack(7, 8)
def test_nothing_of_another_organisation_is_found_or_counted(door: Door) -> None:
    family = f"F{uuid.uuid4().hex[:8]}"
    mine, other = door.made(patient(family)), door.made(patient(family), by="beta")
    found = door.get(f"/Patient?family={family}&_total=accurate").json
    assert (found["total"], _ids(found)) == (1, [mine["id"]])
    counted = door.get(f"/Patient?family={family}&_summary=count").json
    assert counted["total"] == 1
    assert "entry" not in counted
    assert _ids(door.get(f"/Patient?_id={other['id']},{mine['id']}").json) == [mine["id"]]


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("frobnicate=1", "frobnicate"),
        ("name:exactly=x", "name:exactly"),
        ("birthdate=zz2020", "birthdate"),
        ("birthdate=", "birthdate"),
        ("_count=many", "_count"),
        ("_count=1&_count=2", "_count"),
        ("_sort=nothing", "_sort"),
        ("_include=Patient:nothing", "_include"),
        ("_total=maybe", "_total"),
        ("_summary=perhaps", "_summary"),
        ("_filter=name eq x", "_filter"),
        ("_text=x", "_text"),
        ("_cursor=abc", "_cursor"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(door: Door, query: str, where: str) -> None:
    answer = door.get("/Patient", query=urllib.parse.quote(query, safe="=&:"))
    assert answer.status_code == 400, answer.text
    places = [place for issue in answer.json["issue"] for place in issue.get("expression", ())]
    assert where in places, answer.text


def test_what_real_clients_ask_for_is_understood(door: Door) -> None:
    family = f"F{uuid.uuid4().hex[:8]}"
    door.made(patient(family))
    # fhirpy counts so.
    counted = door.get(f"/Patient?family={family}&_count=0&_totalMethod=count")
    assert counted.json["total"] == 1
    assert door.get("/Patient?_totalMethod=none").status_code == 400


def test_every_fault_is_an_issue_of_its_own(door: Door) -> None:
    answer = door.get("/Patient?foo=1&bar=2&birthdate=x")
    assert len(answer.json["issue"]) == 3


def test_lenient_handling_drops_faults_and_says_so(door: Door) -> None:
    who = door.made(patient())["id"]
    lenient = {"Prefer": "handling=lenient"}
    found = door.get(f"/Patient?_id={who}&frobnicate=1", headers=lenient)
    assert found.status_code == 200, found.text
    assert _ids(found.json) == [who]
    assert "frobnicate" not in (_link(found.json, "self") or "")
    notes = [entry for entry in found.json["entry"] if entry["search"]["mode"] == "outcome"]
    assert notes[0]["resource"]["issue"][0]["severity"] == "warning"
    assert notes[0]["resource"]["issue"][0]["expression"] == ["frobnicate"]
    wide = door.get("/Patient?family=x&frobnicate=1", headers=lenient)
    assert wide.status_code == 400


def test_pages_join_to_the_whole_without_gap_or_double(door: Door) -> None:
    who = door.made(patient(), by="pages")["id"]
    made = [door.made(observation(who, value=n), by="pages")["id"] for n in range(7)]
    pages = _pages(door, f"/Observation?patient={who}&_count=3", by="pages")
    assert [len(page) for page in pages] == [3, 3, 1]
    assert sorted(id_ for page in pages for id_ in page) == sorted(made)


@pytest.mark.attack(9)
def test_a_page_link_belongs_to_who_got_it_and_to_its_question(door: Door) -> None:
    who = door.made(patient())["id"]
    for n in range(3):
        door.made(observation(who, value=n))
    first = door.get(f"/Observation?patient={who}&_count=1").json
    following = (_link(first, "next") or "").removeprefix(BASE)
    assert door.get(following).status_code == 200
    assert door.get(following, by="beta").status_code in (400, 403)
    assert door.get(following.replace("_count=1", "_count=1&code=x")).status_code == 400
    broken = following[:-3] + ("AAA" if not following.endswith("AAA") else "BBB")
    assert door.get(broken).status_code == 400


@pytest.mark.attack(6)
def test_includes_bring_what_is_referred_to_and_no_more(door: Door) -> None:
    who = door.made(patient())["id"]
    seen = door.made(observation(who))["id"]
    found = door.get(f"/Observation?_id={seen}&_include=Observation:subject").json
    assert (_ids(found), _ids(found, "include")) == ([seen], [who])
    back = door.get(f"/Patient?_id={who}&_revinclude=Observation:subject").json
    assert (_ids(back), _ids(back, "include")) == ([who], [seen])


def test_a_chain_and_its_reverse_find_through_the_person(door: Door) -> None:
    family = f"F{uuid.uuid4().hex[:8]}"
    who = door.made(patient(family))["id"]
    seen = door.made(observation(who, "99999-1"))["id"]
    chained = door.get(f"/Observation?subject:Patient.family={family}&code=99999-1").json
    assert _ids(chained) == [seen]
    reverse = door.get(f"/Patient?_has:Observation:patient:code=99999-1&family={family}").json
    assert _ids(reverse) == [who]
    assert _ids(door.get(f"/Observation?subject:Patient.family={family}", by="beta").json) == []


def test_a_token_of_fewer_types_does_not_reach_others_through_a_search(door: Door) -> None:
    who = door.made(patient())["id"]
    door.made(observation(who))
    door.token("alpha/observations", scopes=frozenset({"system/Observation.rs"}), system="narrow")
    by = "alpha/observations"
    assert door.get(f"/Observation?patient={who}", by=by).status_code == 200
    for query in (
        "subject:Patient.family=x",
        "_include=Observation:subject",
        "_has:Provenance:target:agent=x",
        "_revinclude=Provenance:target",
        "_list=1",
    ):
        answer = door.get(f"/Observation?patient={who}&{query}", by=by)
        assert answer.status_code == 403, (query, answer.text)


def test_a_page_can_be_narrowed_to_elements_and_summaries(door: Door) -> None:
    who = door.made(patient(active=True, telecom=[{"system": "phone", "value": "1"}]))["id"]
    by_elements = door.get(f"/Patient?_id={who}&_elements=birthDate").json["entry"][0]["resource"]
    assert by_elements["birthDate"] == "1970-02-03"
    assert "telecom" not in by_elements
    assert "SUBSETTED" in {tag["code"] for tag in by_elements["meta"]["tag"]}
    summary = door.get(f"/Patient?_id={who}&_summary=true").json["entry"][0]["resource"]
    assert "SUBSETTED" in {tag["code"] for tag in summary["meta"]["tag"]}


def test_a_search_of_an_absent_patient_is_an_empty_page(door: Door) -> None:
    answer = door.get(f"/Patient?_id={uuid.uuid4()}")
    assert answer.status_code == 200
    assert "entry" not in answer.json


def test_an_unknown_type_is_not_found_and_said_so(door: Door) -> None:
    for path in ("/Nonsense", "/patient", "/Nonsense/1", "/Nonsense/_history"):
        answer = door.get(path)
        assert (answer.status_code, problems(answer)) == (404, [("error", "not-supported")])


def _everything_of(door: Door) -> tuple[str, set[str]]:
    maker = door.made({"resourceType": "Practitioner", "name": [{"family": "Gray"}]})["id"]
    who = door.made(patient())["id"]
    held = {who, maker}
    for n in range(5):
        more = {"performer": [{"reference": f"Practitioner/{maker}"}]}
        held.add(door.made(observation(who, value=n, **more))["id"])
    return who, held


def test_everything_is_the_whole_compartment_and_what_it_speaks_of(door: Door) -> None:
    who, held = _everything_of(door)
    other = door.made(observation(door.made(patient())["id"]))
    found = door.get(f"/Patient/{who}/$everything").json
    assert found["type"] == "searchset"
    assert set(_ids(found) + _ids(found, "include")) == held
    assert other["id"] not in str(found)
    by_post = door.ask("POST", f"/Patient/{who}/$everything").json
    assert by_post["entry"] == found["entry"]


def test_everything_comes_in_pages_and_by_type_and_time(door: Door) -> None:
    who, held = _everything_of(door)
    pages = _pages(door, f"/Patient/{who}/$everything?_count=2")
    flat = [id_ for page in pages for id_ in page]
    assert len(flat) == len(set(flat)) == 6
    assert set(flat) <= held
    typed = door.get(f"/Patient/{who}/$everything?_type=Observation").json
    assert {entry["resource"]["resourceType"] for entry in typed["entry"]} == {"Observation"}
    later = door.get(f"/Patient/{who}/$everything?_since=2999-01-01T00:00:00Z").json
    assert _ids(later) == []
    for bad in ("_type=Nonsense", "_since=x", "start=2020-01-01", "foo=1", "_count=0"):
        assert door.get(f"/Patient/{who}/$everything?{bad}").status_code == 400, bad


def test_everything_takes_its_parameters_as_a_resource_too(door: Door) -> None:
    who, _ = _everything_of(door)
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "_type", "valueCode": "Patient"}],
    }
    found = door.ask("POST", f"/Patient/{who}/$everything", body).json
    assert _ids(found) == [who]


def test_everything_of_an_absent_or_hidden_patient_is_not_found(door: Door) -> None:
    hidden, _ = _everything_of(door)
    request_id = {"X-Request-Id": str(uuid.uuid4())}
    answers = [
        door.get(f"/Patient/{id_}/$everything", by="beta", headers=request_id)
        for id_ in (hidden, str(uuid.uuid4()))
    ]
    assert {(one.status_code, one.content) for one in answers} == {(404, answers[0].content)}


def test_everything_keeps_to_the_types_of_the_token(door: Door) -> None:
    who, _ = _everything_of(door)
    scopes = frozenset({"system/Patient.rs", "system/Observation.r"})
    door.token("alpha/some", scopes=scopes, system="some")
    found = door.get(f"/Patient/{who}/$everything", by="alpha/some").json
    types = {entry["resource"]["resourceType"] for entry in found["entry"]}
    assert types == {"Patient", "Observation"}
    assert ALL


def test_a_larger_page_than_is_given_is_cut_and_said(door: Door) -> None:
    found = door.get("/Patient?_count=1000")
    assert found.status_code == 200
    assert "_count=500" in found.json["link"][0]["url"]
