"""W18: the visit list and the copy that is taken along, as the server keeps its part of the bargain."""

import base64
import json
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from careweave.doors._frame import csrf_token, new_form
from careweave.doors.workspace._visits_store import Edit, keep_edit
from careweave.terms import PersonId, Role
from tests.lib.day10 import Day10
from tests.lib.logs import logged
from tests.lib.pages import Visitor, World, world_over
from tests.lib.posting import sent

CASELOAD = (
    "edna-hartley",
    "parveen-akhtar",
    "chidi-okonkwo",
)  # a few of the twelve: what holds for them holds for all


@pytest.fixture
def world(northmere10: Day10, tmp_path: Path) -> Iterator[World]:
    """A world of each test's own: what one writes must not stand in the way of another."""
    with world_over(northmere10, tmp_path) as made:
        made.hear()
        for key in CASELOAD:
            made.tie(made.person(key), Role.CN)
        yield made


def _csrf(visitor: Visitor) -> str:
    return csrf_token(visitor.world.session_of(visitor.token).secret, secrets.token_bytes)


def _hidden(html: str, form: str) -> dict[str, str]:
    part = html[html.index(form) :]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', part[: part.index("</form>")]))


def _taken(visitor: Visitor) -> dict:
    page = visitor.get("/workspace/visits")
    assert page.status_code == 200, page.text[-800:]
    (form,) = re.findall(r'data-form="([^"]+)"', page.text)
    answer = visitor.post("/workspace/visits/copy", {"csrf": _csrf(visitor), "form": form})
    assert answer.status_code == 200, answer.text[-800:]
    return answer.json


def _sealed(copy: dict, value: dict) -> dict[str, str]:
    """What a device makes of an edit: the script's sealing, written a second time."""
    once = ec.generate_private_key(ec.SECP256R1())
    server = ec.EllipticCurvePublicKey.from_encoded_point(
        ec.SECP256R1(), base64.b64decode(copy["key"])
    )
    info = b"careweave visit list " + copy["copy"].encode()
    key = HKDF(SHA256(), 32, salt=b"", info=info).derive(once.exchange(ec.ECDH(), server))
    nonce = secrets.token_bytes(12)
    text = AESGCM(key).encrypt(nonce, json.dumps(value).encode(), copy["copy"].encode())
    point = once.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    parts = {"e": point, "i": nonce, "c": text}
    return {name: base64.b64encode(raw).decode() for name, raw in parts.items()}


def _edit(copy: dict, at: int, /, **what: object) -> dict:
    person = copy["people"][at]
    edit = {"id": str(uuid4()), "ticket": person["ticket"], "kind": "note", "at": copy["made_at"]}
    return {**edit, "text": "Seen at home.", **what}


def _brought(visitor: Visitor, copy: dict, edits: list[dict]) -> dict[str, str]:
    items = [{"id": one["id"], "sealed": _sealed(copy, one)} for one in edits]
    fields = {"csrf": _csrf(visitor), "copy": copy["copy"], "items": json.dumps(items)}
    answer = visitor.post("/workspace/visits/sync", fields)
    assert answer.status_code == 200, answer.text[-500:]
    return answer.json["became"]


def _access(copy: dict, name: str) -> dict:
    return next(one["access"] for one in copy["people"] if one["name"].startswith(name))


def test_the_list_says_how_to_get_in_and_what_is_new(world: World) -> None:
    page = world.signed_in("u-cn").get("/workspace/visits").text
    assert page.count("data-visit") >= len(CASELOAD)
    assert "HARTLEY, Edna" in page
    assert "new" in page


def test_a_role_that_visits_nobody_has_no_list(world: World) -> None:
    assert world.signed_in("u-ed").get("/workspace/visits").status_code == 403


def _opened(world: World) -> set[tuple[str, UUID]]:
    """The requests by which people were opened, with whom."""
    return set(world.rows("SELECT request_id, person FROM ledger.account WHERE action = 'open'"))


def test_the_download_is_one_opening_for_each_person(world: World) -> None:
    visitor = world.signed_in("u-cn")
    assert visitor.get("/workspace/visits").status_code == 200
    before = _opened(world)
    copy = _taken(visitor)
    assert len(copy["people"]) >= len(CASELOAD)
    assert copy["expires_at"] - copy["made_at"] == 12 * 3600 * 1000
    people = [
        person
        for (person,) in world.rows(
            "SELECT person FROM workspace.visit_person WHERE copy = %(c)s", c=copy["copy"]
        )
    ]
    # The page of the list is asked for once more first: that request opens each of them too.
    opened = Counter(person for _, person in _opened(world) - before)
    assert set(opened) == set(people)
    assert len(people) == len(copy["people"])
    assert set(opened.values()) == {2}
    names = {one["name"].split(",")[0] for one in copy["people"]}
    assert "HARTLEY" in names
    held = json.dumps(copy)
    assert "/workspace/r/" not in held


@pytest.mark.attack(70)
def test_what_is_taken_along_and_brought_back_is_in_no_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    visitor = world.signed_in("u-cn")
    copy = _taken(visitor)
    said = {"text": "Asked about Zanzibar."}
    edits = [_edit(copy, 0, **said), _edit(copy, 1, kind="access", base="", **said)]
    became = _brought(visitor, copy, [*edits, _edit(copy, 0, kind="zanzibar", **said)])
    assert "filed" in became.values()
    items = json.dumps([{"id": str(uuid4()), "sealed": {"e": "Zanzibar", "i": "", "c": ""}}])
    fields = {"csrf": _csrf(visitor), "copy": copy["copy"], "items": items}
    assert visitor.post("/workspace/visits/sync", fields).status_code < 500
    world.work()
    kept = world.rows("SELECT what, reason, actor FROM ledger.account")
    assert kept
    told = logged(caplog)
    for text in (*told, *map(str, kept)):
        assert "zanzibar" not in text.casefold()
    for text in told:
        assert not any(word in text for word in ("hartley", "9990001014", "999 000 1014"))


def test_what_was_written_is_filed_once_each(world: World) -> None:
    visitor = world.signed_in("u-cn")
    copy = _taken(visitor)
    edits = [_edit(copy, n % len(copy["people"]), text=f"Note {n}") for n in range(8)]
    assert set(_brought(visitor, copy, edits).values()) == {"filed"}
    assert set(_brought(visitor, copy, edits).values()) == {"filed"}
    rows = world.rows(
        "SELECT count(*) FROM workspace.visit_edit WHERE copy = %(c)s", c=copy["copy"]
    )
    assert rows == [(8,)]
    saved = world.rows("SELECT count(*) FROM workspace.saved WHERE form = 'visit-note'")
    assert saved == [(8,)]
    world.work()
    states = world.rows(
        "SELECT DISTINCT m.state FROM intake.message AS m"
        " JOIN workspace.saved AS s ON s.message = m.id WHERE s.form = 'visit-note'"
    )
    assert len(states) == 1


def test_a_change_made_meanwhile_is_a_conflict_with_both_texts_and_nothing_is_lost(
    world: World,
) -> None:
    first, second = world.signed_in("u-cn"), world.signed_in("u-cn-b")
    copy = _taken(first)
    at = next(n for n, one in enumerate(copy["people"]) if one["name"].startswith("HARTLEY"))
    made = _edit(copy, at, kind="access", text="Key safe at the side door.", entry="", base=0)
    assert _brought(first, copy, [made]) == {made["id"]: "filed"}
    world.work()
    world.later(minutes=1)
    copy = _taken(first)
    note = _access(copy, "HARTLEY")
    assert note["text"] == "Key safe at the side door."
    assert note["version"] >= 1

    other = _taken(second)
    theirs = _edit(other, at, kind="access", text="Ring twice.", **_base(_access(other, "HARTLEY")))
    assert _brought(second, other, [theirs]) == {theirs["id"]: "filed"}
    mine = _edit(copy, at, kind="access", text="The dog is in the yard.", **_base(note))
    assert _brought(first, copy, [mine]) == {mine["id"]: "waiting"}
    world.work()
    assert _brought(first, copy, [mine]) == {mine["id"]: "conflict"}
    assert _brought(first, copy, [mine]) == {mine["id"]: "conflict"}

    world.later(minutes=1)
    page = first.get("/workspace/visits").text
    part = page[page.index('id="conflicts"') :]
    assert "The dog is in the yard." in part
    assert "Ring twice." in part
    assert "conflicts" not in re.findall(r'id="(\w+)"', second.get("/workspace/visits").text)
    fields = _hidden(part, "<form")
    kept = first.post("/workspace/visits/settle", {**fields, "keep": "mine"})
    assert kept.status_code == 303
    world.work()
    assert _access(_taken(first), "HARTLEY")["text"] == "The dog is in the yard."
    assert first.post("/workspace/visits/settle", {**fields, "keep": "mine"}).status_code == 404


def _base(note: dict) -> dict[str, object]:
    return {"entry": note["entry"], "base": note["version"]}


@pytest.mark.attack(73)
def test_a_copy_is_brought_back_by_its_own_user_alone(world: World) -> None:
    first, second = world.signed_in("u-cn"), world.signed_in("u-cn-b")
    copy = _taken(first)
    edit = _edit(copy, 0)
    items = json.dumps([{"id": edit["id"], "sealed": _sealed(copy, edit)}])
    fields = {"csrf": _csrf(second), "copy": copy["copy"], "items": items}
    assert second.post("/workspace/visits/sync", fields).status_code == 404
    told = second.post("/workspace/visits/contact", {"csrf": _csrf(second), "copy": copy["copy"]})
    assert told.json == {"tickets": [], "is_over": True}


@pytest.mark.attack(73)
def test_a_copy_is_over_after_twelve_hours_and_what_was_written_still_comes_in(
    world: World,
) -> None:
    copy = _taken(world.signed_in("u-cn"))
    edit = _edit(copy, 0, text="Written in the eleventh hour.")
    world.later(hours=13)
    world.hear()
    visitor = world.signed_in("u-cn")
    told = visitor.post("/workspace/visits/contact", {"csrf": _csrf(visitor), "copy": copy["copy"]})
    assert told.json == {"tickets": [], "is_over": True}
    assert _brought(visitor, copy, [edit]) == {edit["id"]: "filed"}


@pytest.mark.attack(73)
def test_who_left_the_caseload_leaves_the_copy_at_the_next_contact(world: World) -> None:
    gone = world.person("chidi-okonkwo")
    visitor = world.signed_in("u-cn")
    copy = _taken(visitor)
    tickets = dict(
        world.rows(
            "SELECT person, ticket FROM workspace.visit_person WHERE copy = %(c)s", c=copy["copy"]
        )
    )
    world.north.rows(
        "UPDATE record.tie SET until = %(at)s WHERE subject IN"
        " (SELECT subject FROM identity.membership WHERE person = %(p)s) RETURNING 1",
        at=world.now,
        p=gone,
    )
    world.later(minutes=1)
    told = visitor.post("/workspace/visits/contact", {"csrf": _csrf(visitor), "copy": copy["copy"]})
    assert str(tickets[gone]) not in told.json["tickets"]
    assert len(told.json["tickets"]) == len(copy["people"]) - 1


@pytest.mark.attack(73)
@pytest.mark.parametrize("what", ["other copy", "garbled", "no seal", "a stranger"])
def test_what_the_device_did_not_seal_is_refused(world: World, what: str) -> None:
    visitor = world.signed_in("u-cn")
    copy, edit = _taken(visitor), {}
    edit = _edit(copy, 0)
    if what == "other copy":
        sealed = _sealed({**_taken(visitor)}, edit)
    elif what == "garbled":
        sealed = {**_sealed(copy, edit), "c": "AAAA"}
    elif what == "no seal":
        sealed = {"e": "", "i": "", "c": "?"}
    else:
        sealed = _sealed(copy, {**edit, "ticket": str(uuid4())})
    items = json.dumps([{"id": edit["id"], "sealed": sealed}])
    fields = {"csrf": _csrf(visitor), "copy": copy["copy"], "items": items}
    answer = visitor.post("/workspace/visits/sync", fields)
    assert answer.json == {"became": {edit["id"]: "refused"}}


def test_looks_at_the_copy_become_accounts_of_their_own(world: World) -> None:
    visitor = world.signed_in("u-cn")
    copy = _taken(visitor)
    look = _edit(copy, 0, kind="look")
    assert _brought(visitor, copy, [look]) == {look["id"]: "filed"}
    assert _brought(visitor, copy, [look]) == {look["id"]: "filed"}
    rows = world.rows(
        "SELECT count(*) FROM ledger.account WHERE request_id = %(r)s", r=str(UUID(look["id"]))
    )
    assert rows[0][0] >= 1


def test_the_page_without_a_line_holds_nobody(world: World) -> None:
    visitor = world.signed_in("u-cn")
    page = visitor.get("/workspace/visits/offline")
    assert page.status_code == 200
    assert "HARTLEY" not in page.text
    worker = visitor.get("/workspace/visits-sw.js")
    assert worker.mimetype == "text/javascript"
    assert set(re.findall(r'"(/static/[\w.-]+)"', worker.text))
    for address in re.findall(r'"(/static/[\w.-]+)"', worker.text):
        assert re.search(r"\.[0-9a-f]{12}\.", address)


def test_on_line_a_standing_note_is_kept_up_by_a_form(world: World, tmp_path: Path) -> None:
    visitor = world.signed_in("u-cn")
    person = world.person("parveen-akhtar")
    page = visitor.get(visitor.record(person, "visit"))
    assert page.status_code == 200, page.text[-600:]
    forms = [one for one in page.text.split("<form ") if '/visit"' in one.partition(">")[0]][-1]
    fields = _hidden("<form " + forms, "<form")
    fields |= {"text": "Shoes off at the door."}
    answer = visitor.post(visitor.record(person, "visit"), fields)
    assert answer.status_code == 303
    world.work()
    assert "Shoes off at the door." in visitor.get("/workspace/visits").text


def test_a_note_on_how_to_get_in_is_never_written_over_an_alert(world: World) -> None:
    visitor = world.signed_in("u-cn")
    path = visitor.record(world.person("edna-hartley"), "add/alert")
    sent(visitor, path, q_category="safety", q_text="Dog loose in the yard")
    world.work()
    ((alert,),) = world.rows("SELECT entry FROM workspace.saved WHERE form = 'alert'")
    copy = _taken(visitor)
    for at in range(len(copy["people"])):
        edit = _edit(copy, at, kind="access", entry=alert, base=1, text="Key safe at the back.")
        assert _brought(visitor, copy, [edit])[edit["id"]] == "filed"
    world.work()
    assert (
        "Dog loose in the yard"
        in visitor.get(visitor.record(world.person("edna-hartley"), "s/alerts")).text
    )


def _end_ties(world: World, person: object) -> None:
    world.north.rows(
        "UPDATE record.tie SET until = %(at)s WHERE subject IN"
        " (SELECT subject FROM identity.membership WHERE person = %(p)s) RETURNING 1",
        at=world.now - timedelta(days=900),
        p=person,
    )


def _person_at(world: World, copy: dict, at: int) -> PersonId:
    rows = world.rows(
        "SELECT person FROM workspace.visit_person WHERE ticket = %(t)s",
        t=copy["people"][at]["ticket"],
    )
    return PersonId(rows[0][0])


@pytest.mark.attack(73)
def test_what_may_not_be_filed_is_held_for_its_writer_and_told_to_the_officer(
    world: World,
) -> None:
    visitor = world.signed_in("u-cn")
    copy = _taken(visitor)
    hour = 3600 * 1000
    gone = _edit(copy, 0, text="Seen after the tie had ended.")
    early = _edit(copy, 1, text="Too early.", at=copy["made_at"] - hour)
    late = _edit(copy, 1, text="Too late.", at=copy["expires_at"] + hour)
    ahead = _edit(copy, 1, text="Not yet.", at=copy["made_at"] + 3 * hour)
    absurd = [_edit(copy, 1, text="Absurd.", at=at) for at in (2**60, -1, "now", None, True)]
    good = _edit(copy, 1, text="In time.")
    _end_ties(world, _person_at(world, copy, 0))
    edits = [gone, early, late, ahead, *absurd, good]
    became = _brought(visitor, copy, edits)
    assert became == {one["id"]: "held" for one in edits} | {good["id"]: "filed"}
    assert _brought(visitor, copy, edits) == became
    saved = world.rows("SELECT count(*) FROM workspace.saved WHERE form = 'visit-note'")
    assert saved == [(1,)]
    kept = world.rows("SELECT sealed_text FROM workspace.visit_edit WHERE state = 'held'")
    assert len(kept) == len(edits) - 1
    assert not any(b"tie had ended" in bytes(text) for (text,) in kept)
    page = visitor.get("/workspace/visits").text
    assert "Seen after the tie had ended." in page
    told = world.rows(
        "SELECT count(*), min(user_name), min(organisation) FROM disclosure.alert"
        " WHERE kind = 'visit-note-held'"
    )
    assert told == [(len(edits) - 1, "u-cn", "nm-community")]
    assert "Seen after the tie" not in world.signed_in("u-cn-b").get("/workspace/visits").text


def test_what_is_held_is_put_away_by_its_writer_alone(world: World) -> None:
    visitor, other = world.signed_in("u-cn"), world.signed_in("u-cn-b")
    copy = _taken(visitor)
    edit = _edit(copy, 0, at=copy["expires_at"] + 3600 * 1000)
    assert _brought(visitor, copy, [edit]) == {edit["id"]: "held"}
    for who, status in ((other, 404), (visitor, 303), (visitor, 404)):
        form = new_form(who.world.session_of(who.token).secret, "visit/settle", "", token_bytes)
        fields = {"csrf": form.csrf, "form": form.id, "about": "", "id": edit["id"], "keep": "away"}
        assert who.post("/workspace/visits/settle", fields).status_code == status
    assert edit["id"] not in visitor.get("/workspace/visits").text


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "bell\x07"])
def test_a_note_with_signs_that_nobody_types_is_refused(world: World, text: str) -> None:
    visitor = world.signed_in("u-cn")
    copy = _taken(visitor)
    edit = _edit(copy, 0, text=text)
    assert _brought(visitor, copy, [edit]) == {edit["id"]: "refused"}


@pytest.mark.attack(73)
def test_what_is_in_conflict_is_not_put_in_by_who_may_not_write_any_more(world: World) -> None:
    visitor = world.signed_in("u-cn")
    copy = _taken(visitor)
    person = _person_at(world, copy, 0)
    edit = Edit(uuid4(), person, "access", "The old key.", world.now, entry="ws-x", base=1)
    with world.database.session() as session:
        keep_edit(session, world.session_of(visitor.token), edit, "conflict", world.now)
    _end_ties(world, person)
    form = new_form(world.session_of(visitor.token).secret, "visit/settle", "", token_bytes)
    fields = {"csrf": form.csrf, "form": form.id, "about": "", "id": str(edit.id), "base": "1"}
    answer = visitor.post("/workspace/visits/settle", fields | {"keep": "mine"})
    assert answer.status_code == 403
    assert world.rows("SELECT count(*) FROM workspace.saved") == [(0,)]
    assert world.rows("SELECT state FROM workspace.visit_edit") == [("conflict",)]
